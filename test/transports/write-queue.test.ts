/** The write queue, compared with a plain list of bytes. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { WriteQueue } from '../../lib/transports/write-queue.js';
import { patterned } from '../support/sockets.js';

const BLOCK = 16 * 1024;

/** Sizes around the size of a block, where errors are likely. */
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: BLOCK - 2, max: BLOCK + 2 }),
  fc.integer({ min: 0, max: 4 * BLOCK }),
);

/** An operation on one of two queues: push bytes without the first few, drop a part (in thousandths), or remove everything. */
const steps = fc.array(
  fc.record({
    which: fc.nat(1),
    step: fc.oneof(
      { weight: 3, arbitrary: fc.record({ push: lengths, skip: lengths }) },
      { weight: 3, arbitrary: fc.record({ drop: fc.nat(1000) }) },
      fc.constant('clear' as const),
    ),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('WriteQueue', () => {
  it('keeps its bytes in order, and never mixes them with those of another queue', () => {
    let number = 0;
    fc.assert(
      fc.property(steps, (list) => {
        const queues = [new WriteQueue(), new WriteQueue()];
        const expected = [Buffer.alloc(0), Buffer.alloc(0)];
        for (const { which, step } of list) {
          const queue = queues[which]!;
          if (step === 'clear') {
            queue.clear();
            expected[which] = Buffer.alloc(0);
          } else if ('push' in step) {
            const data = patterned(step.push, (number += 1));
            queue.push(data, step.skip);
            expected[which] = Buffer.concat([expected[which]!, data.subarray(step.skip)]);
            data.fill(0); // the queue has copies
          } else {
            const count = Math.floor((expected[which]!.length * step.drop) / 1000);
            queue.drop(count);
            expected[which] = expected[which]!.subarray(count);
          }
          for (const i of [0, 1]) {
            const parts = queues[i]!.parts();
            expect(queues[i]!.size).toBe(expected[i]!.length);
            expect(parts.every((part) => part.length > 0)).toBe(true);
            expect(Buffer.concat(parts).equals(expected[i]!)).toBe(true);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('offers a send at most 2 MiB of a longer queue, and eventually all of it', () => {
    const queue = new WriteQueue();
    const data = patterned(5_000_000);
    queue.push(data);
    const sent: Uint8Array[] = [];
    while (queue.size > 0) {
      const parts = queue.parts();
      const count = Math.min(queue.size, 1_500_001);
      expect(Buffer.concat(parts).length).toBeGreaterThanOrEqual(count);
      expect(Buffer.concat(parts).length).toBeLessThanOrEqual(2 << 20);
      sent.push(Buffer.from(Buffer.concat(parts).subarray(0, count)));
      queue.drop(count);
    }
    expect(Buffer.concat(sent).equals(data)).toBe(true);
  });

  it('leaves no garbage outside the heap, because blocks are recycled', () => {
    const queue = new WriteQueue();
    const data = Buffer.alloc(256 * 1024);
    const cycle = (): void => {
      queue.push(data);
      queue.drop(100_000);
      queue.push(data, 200_000);
      queue.clear();
    };
    cycle();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 200; i += 1) cycle(); // 60 MB
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });
});
