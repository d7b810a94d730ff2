/** With random sizes and random cancellations, the bytes arrive complete and in order. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Steps, createTask, isCancelled, sockRecv, sockRecvInto, sockSendAll } from 'selectloop';
import type { Socket } from 'selectloop/sockets';

import { everyLoop, turns } from '../support/every-loop.js';
import { Opened, patterned } from '../support/sockets.js';

/** The receiver's next action: how much it asks for, into what, and after how many iterations it is cancelled if it still waits. */
interface Attempt {
  readonly size: number;
  readonly into: boolean;
  readonly patience: number;
}

const attempts = fc.array(
  fc.record({ size: fc.integer({ min: 50, max: 9000 }), into: fc.boolean(), patience: fc.integer({ min: 0, max: 4 }) }),
  { minLength: 1, maxLength: 20 },
);
const chunkSizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 12_000 }), fc.integer({ min: 0, max: 3 })), {
  minLength: 1,
  maxLength: 12,
});

function* send(socket: Socket, data: Buffer, sizes: ReadonlyArray<readonly [number, number]>): Steps<void> {
  let at = 0;
  for (const [size, pause] of sizes) {
    yield* sockSendAll(socket, data.subarray(at, at + size));
    at += size;
    yield* turns(pause);
  }
  socket.shutdown('write');
}

/** One receive; null if it was cancelled before any byte arrived. */
function* attempt(socket: Socket, { size, into, patience }: Attempt): Steps<Buffer | null> {
  const receiving = createTask(function* () {
    if (!into) return yield* sockRecv(socket, size);
    const buffer = Buffer.alloc(size);
    return buffer.subarray(0, yield* sockRecvInto(socket, buffer));
  });
  yield* turns(patience);
  receiving.cancel(); // no effect when it is done
  try {
    return yield* receiving;
  } catch (error) {
    if (!isCancelled(error)) throw error;
    return null;
  }
}

describe.each(everyLoop)('chunks of random sizes ($name)', ({ run }) => {
  it('arrive complete and in order, however often a receive is cancelled', () =>
    fc.assert(
      fc.asyncProperty(chunkSizes, attempts, async (sizes, plan) => {
        await run(function* () {
          using opened = new Opened();
          const [a, b] = opened.narrowPair();
          const data = patterned(sizes.reduce((sum, [size]) => sum + size, 0));
          const sending = createTask(send(a, data, sizes));
          const received: Buffer[] = [];
          for (let i = 0; ; i += 1) {
            // Patience grows, otherwise a plan without any would never end.
            const { size, into, patience } = plan[i % plan.length]!;
            const chunk = yield* attempt(b, {
              size,
              into,
              patience: patience + Math.min(Math.floor(i / plan.length), 4),
            });
            if (chunk === null) continue;
            if (chunk.length === 0) break;
            received.push(chunk);
          }
          yield* sending;
          expect(Buffer.concat(received).equals(data)).toBe(true);
        });
      }),
      { numRuns: 25 },
    ));
});
