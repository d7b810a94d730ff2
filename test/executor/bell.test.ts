/** The descriptors of worker threads, which must not wait for events of libuv to be closed. */

import { readdirSync, readlinkSync } from 'node:fs';

import { type Steps, WorkerPool, createTask, run, runSync, sleep, toThread, waitFor } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { errorOf, everyLoop } from '../support/every-loop.js';

const spin = (): never => {
  for (;;);
};

/** The number of ends of pipes that this process has open. */
function pipeEnds(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');
    } catch {
      return false; // the descriptor of the listing
    }
  }).length;
}

/** Waits until libuv has reported the end of earlier threads, and returns the number of ends then. */
async function settled(most: number): Promise<number> {
  for (let i = 0; i < 200 && pipeEnds() > most; i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  return pipeEnds();
}

describe.each(everyLoop)('cancelled threads ($name)', (loop) => {
  it('keep no descriptors open while the loop runs', () =>
    loop.run(function* (): Steps<void> {
      yield* toThread(() => 1);
      const before = pipeEnds();
      // Three that were left open would be six ends.
      for (let i = 0; i < 3; i += 1) {
        expect(yield* errorOf(createTask(() => waitFor(toThread(spin), 1)))).toMatchObject({ name: 'TimeoutError' });
      }
      expect(yield* toThread((x: number) => x + 1, 1)).toBe(2);
      // Hosted, a thread's bell is closed a while after it was cancelled.
      for (let i = 0; i < 200 && pipeEnds() > before + 2; i += 1) yield* sleep(10);
      expect(pipeEnds()).toBeLessThanOrEqual(before + 2);
    }));
});

it('successive blocking loops reuse the pipes of their threads, and libuv closes them afterwards', async () => {
  const before = pipeEnds();
  const once = (): number =>
    runSync(function* (): Steps<number> {
      return yield* toThread((x: number) => x * 2, 21);
    });
  expect(once()).toBe(42);
  const afterOne = pipeEnds();
  for (let i = 0; i < 4; i += 1) expect(once()).toBe(42);
  expect(pipeEnds()).toBeLessThanOrEqual(afterOne);
  expect(await settled(before)).toBeLessThanOrEqual(before);
});

it('a pool that is shut down in a blocking loop leaves its pipes to the next one', () => {
  runSync(function* (): Steps<void> {
    const usePool = function* (): Steps<number> {
      using pool = new WorkerPool({ maxWorkers: 2 });
      const jobs = [pool.submit(spin), pool.submit(() => 1)] as const;
      const value = yield* jobs[1];
      return value;
    };
    yield* usePool();
    const after = pipeEnds();
    for (let i = 0; i < 4; i += 1) expect(yield* usePool()).toBe(1);
    expect(pipeEnds()).toBeLessThanOrEqual(after);
  });
});

it('a thread that answers and exits in one step is replaced in a blocking loop', () => {
  runSync(function* (): Steps<void> {
    using pool = new WorkerPool({ maxWorkers: 1 });
    const answerAndExit = (cells: Int32Array): string => {
      setImmediate(() => {
        process.on('exit', () => Atomics.store(cells, 0, 1));
        process.exit(0);
      });
      return 'answered';
    };
    const cells = new Int32Array(new SharedArrayBuffer(4));
    const first = pool.submit(answerAndExit, cells);
    while (Atomics.load(cells, 0) === 0); // the loop finds the answer and the end together
    Atomics.wait(cells, 0, 1, 50);
    expect(yield* first).toBe('answered');
    expect(
      yield* waitFor(
        pool.submit(() => 'next'),
        10_000,
      ),
    ).toBe('next');
  });
});

it('a hosted loop closes the pipe of a thread that has ended', async () => {
  const before = pipeEnds();
  await run(async () => {
    expect(await toThread(() => 1)).toBe(1);
  });
  expect(await settled(before)).toBeLessThanOrEqual(before);
});
