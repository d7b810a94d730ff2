/** Memory: done tasks and futures are released. (A million tasks of each flavour: test/testing/flat-memory.test.ts.) */

import { Future, createTask, currentTask, gather, run, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

const BATCH = 5_000;
const MIB = 1024 * 1024;
/** A retained task would take some 300 bytes or more, with its promises a kilobyte. */
const BOUND = 8 * MIB;

function heapAfterCollection(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

describe('memory does not grow', () => {
  it('with async tasks that end, fail or are cancelled', async () => {
    let ended = 0;
    const growth = await run(async () => {
      const batch = async (): Promise<void> => {
        const tasks = Array.from({ length: BATCH }, (_, i) =>
          createTask(async () => {
            try {
              if (i % 3 === 0) await sleep(0);
              else if (i % 3 === 1) await sleep(1e6);
              else throw null;
            } finally {
              ended += 1;
            }
          }),
        );
        await sleep(0);
        for (const [i, task] of tasks.entries()) if (i % 3 === 1) task.cancel();
        await gather(tasks, { returnExceptions: true });
      };
      await batch();
      const before = heapAfterCollection();
      for (let round = 0; round < 6; round += 1) await batch();
      return heapAfterCollection() - before;
    });
    expect(ended).toBe(7 * BATCH);
    expect(growth).toBeLessThan(BOUND / 2);
  });

  it('with one task that waits a hundred thousand times', async () => {
    const waitOften = async (): Promise<number> => {
      const before = heapAfterCollection();
      for (let i = 0; i < 100_000; i += 1) {
        const future = new Future<void>();
        future.setResult();
        await Promise.all([future, i % 10 === 0 ? sleep(0) : null]);
      }
      return heapAfterCollection() - before;
    };
    expect(await run(waitOften)).toBeLessThan(BOUND / 2);
  });

  it('with a long-lived future whose waiters come and go', async () => {
    await run(async () => {
      const server = createTask(async () => {
        await sleep(1e6);
      });
      const me = currentTask();
      const before = heapAfterCollection();
      for (let i = 0; i < 50_000; i += 1) {
        const callback = (): unknown => me;
        server.addDoneCallback(callback);
        server.removeDoneCallback(callback);
      }
      expect(heapAfterCollection() - before).toBeLessThan(BOUND / 8);
      server.cancel();
    });
  });
});
