/** `then`, `catch` and `finally` of futures, tasks and coroutines: those of promises, whose results are promises. */

import { Future, coroutine, createTask, currentTask, isCancelled, run, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

const failure = new Error('boom');

/** Makes one of each that fails; a generator, because the error is thrown after a step. */
const failing = {
  future: () => {
    const future = new Future<number>();
    future.setException(failure);
    return future;
  },
  task: () =>
    createTask(async (): Promise<number> => {
      await sleep(0);
      throw failure;
    }),
  coroutine: coroutine(function* () {
    yield* sleep(0);
    throw failure;
  }),
} as const;

/** Makes one of each whose result is 7. */
const succeeding = {
  future: () => {
    const future = new Future<number>();
    future.setResult(7);
    return future;
  },
  task: () => createTask(() => sleep(0, 7)),
  coroutine: () => sleep(0, 7),
} as const;

describe.each(['future', 'task', 'coroutine'] as const)('the promise methods of a %s', (kind) => {
  it('return promises', () =>
    run(async () => {
      const results = [succeeding[kind]().then(), succeeding[kind]().catch(), succeeding[kind]().finally()];
      for (const result of results) expect(result).toBeInstanceOf(Promise);
      expect(await Promise.all(results)).toEqual([7, 7, 7]);
    }));

  it('catch receives the error, and its result replaces it', () =>
    run(async () => {
      expect(await failing[kind]().catch((error) => [error])).toEqual([failure]);
      expect(await succeeding[kind]().catch(() => 'not called')).toBe(7);
      await expect(failing[kind]().catch(null)).rejects.toBe(failure);
    }));

  it('finally runs its callback without arguments, waits for it, and keeps the outcome unless it fails', () =>
    run(async () => {
      const calls: unknown[] = [];
      const note = async (...args: unknown[]): Promise<void> => {
        await sleep(0);
        calls.push(args);
      };
      expect(await succeeding[kind]().finally(note)).toBe(7);
      await expect(failing[kind]().finally(note)).rejects.toBe(failure);
      expect(calls).toEqual([[], []]);
      const worse = new Error('worse');
      const fail = (): never => {
        throw worse;
      };
      await expect(succeeding[kind]().finally(fail)).rejects.toBe(worse);
      await expect(failing[kind]().finally(null)).rejects.toBe(failure);
    }));
});

it('cancelling a task that awaits one of these promises cancels what it waits for', () =>
  run(async () => {
    const waits = {
      then: () => sleep(60_000).then(),
      catch: () => sleep(60_000).catch(),
      finally: () => sleep(60_000).finally(),
    };
    for (const [method, wait] of Object.entries(waits)) {
      const ends: unknown[] = [];
      const task = createTask(async () => {
        try {
          await wait();
        } catch (error) {
          ends.push(isCancelled(error), currentTask() === task);
          throw error;
        }
      });
      await sleep(0);
      task.cancel();
      await sleep(0);
      await sleep(0);
      await sleep(0);
      expect([method, ...ends, task.done()]).toEqual([method, true, true, true]);
    }
  }));
