/** Streams of ended connections are freed by the next minor garbage collection and do not wait for a full one. */

import { type Steps, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop, waiting } from '../support/every-loop.js';
import { until } from '../support/protocols.js';
import { closeAll, connect, serve, shout } from './serving.js';

const CONNECTIONS = 100;
const ROUNDS = 3;
const BALLAST = 10; // arrays of 8 KB for each part of a connection: 8 MB if all of a kind stayed

/** The heap size after a collection of the young generation. */
function heapMiB(): number {
  const collect = (globalThis as unknown as { gc: (options: { type: 'minor' }) => void }).gc;
  for (let i = 0; i < 3; i += 1) collect({ type: 'minor' });
  return process.memoryUsage().heapUsed / 2 ** 20;
}

describe.each(everyLoop)('$name', ({ run }) => {
  it('a server of short connections leaves no work for the full collection', async () => {
    const growth = await run(function* (): Steps<number> {
      const serving = yield* serve(shout);
      const { readers } = waiting(); // the listening socket alone
      const connectOnce = function* (): Steps<void> {
        const { writer } = yield* connect(serving);
        for (const part of [writer, writer.transport, writer.getExtraInfo('socket')!]) {
          Object.assign(part, { ballast: Array.from({ length: BALLAST }, () => new Array<number>(1000).fill(0.5)) });
        }
        writer.close();
        yield* writer.waitClosed();
      };
      yield* connectOnce();
      let least = Infinity; // a leak grows the heap in every round; something else of the process in one at most
      for (let round = 0; round < ROUNDS; round += 1) {
        const before = heapMiB();
        for (let i = 0; i < CONNECTIONS; i += 1) yield* connectOnce();
        yield* until(() => waiting().readers === readers);
        yield* sleep(1); // the job in which they ended is over
        least = Math.min(least, heapMiB() - before);
      }
      yield* closeAll(serving);
      return least;
    });
    expect(growth).toBeLessThan(4);
  });
});
