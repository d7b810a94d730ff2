import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises';

import {
  Future,
  type Steps,
  type Task,
  allTasks,
  coroutine,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { inBothFlavours, outcomeOf, turns } from './both-flavours.js';

const failing = coroutine(function* (): Steps<void> {
  yield* sleep(0);
  throw new Error('expected');
});

describe('currentTask', () => {
  it("is null outside tasks: without a loop, in callbacks, in Node's timers", async () => {
    expect(currentTask()).toBeNull();
    const seen: unknown[] = [];
    await run(function* () {
      getRunningLoop().callSoon(() => seen.push(currentTask()));
      const future = new Future<void>();
      future.addDoneCallback(() => seen.push(currentTask()));
      setTimeout(() => {
        seen.push(currentTask());
        future.setResult();
      }, 1);
      yield* future;
      yield;
    });
    expect(seen).toEqual([null, null, null]);
    expect(currentTask()).toBeNull();
  });

  inBothFlavours<Array<Task | null>, []>(
    'is the running task at its beginning, after each wait, after an error, and in finally',
    {
      *generator() {
        const seen = [currentTask()];
        yield* sleep(0);
        seen.push(currentTask());
        yield* sleep(5);
        seen.push(currentTask());
        try {
          yield* failing();
        } catch {
          seen.push(currentTask());
        } finally {
          seen.push(currentTask());
        }
        return seen;
      },
      async async() {
        const seen = [currentTask()];
        await sleep(0);
        seen.push(currentTask());
        await sleep(5);
        seen.push(currentTask());
        try {
          await failing();
        } catch {
          seen.push(currentTask());
        } finally {
          seen.push(currentTask());
        }
        return seen;
      },
    },
    function* (start) {
      const me = currentTask();
      const tasks = [start(), start(), start()];
      for (const task of tasks) {
        const seen = yield* task;
        expect(seen).toHaveLength(5);
        expect(seen.every((each) => each === task)).toBe(true);
        expect(currentTask() === me).toBe(true);
      }
    },
  );

  it('is kept by nested async functions and across foreign promises', async () => {
    await run(async () => {
      const nested = async (): Promise<Array<Task | null>> => {
        const seen = [currentTask()];
        await delay(2);
        seen.push(currentTask());
        await immediate();
        seen.push(currentTask());
        await Promise.all([sleep(1), immediate()]);
        seen.push(currentTask());
        return seen;
      };
      const tasks = [createTask(nested), createTask(nested)];
      for (const task of tasks) expect((await task).every((each) => each === task)).toBe(true);
    });
  });

  it("in a coroutine that an async function awaits is the function's task, in every step", async () => {
    await run(async () => {
      const op = coroutine(function* (): Steps<Array<Task | null>> {
        const seen = [currentTask()];
        yield* sleep(0);
        seen.push(currentTask());
        yield* sleep(1);
        seen.push(currentTask());
        return seen;
      });
      const me = currentTask();
      const [first, second] = await Promise.all([op(), op()]);
      expect([...first, ...second]).toHaveLength(6);
      expect([...first, ...second].every((each) => each === me && me !== null)).toBe(true);
      expect(allTasks().size).toBe(1); // the internal task that drives a coroutine is not visible
    });
  });

  it('is null in code that a task left running when it ended', async () => {
    await run(async () => {
      const seen = new Future<Task | null>();
      const owner = createTask(async () => {
        void (async () => {
          await delay(5);
          seen.setResult(currentTask());
        })();
      });
      await owner;
      expect(await seen).toBeNull();
    });
  });

  it('is right in an interleaving of both flavours', async () => {
    const mistakes: string[] = [];
    const check = (name: string): void => {
      if (currentTask()?.getName() !== name) mistakes.push(name);
    };
    await run(async () => {
      const tasks = Array.from({ length: 40 }, (_, i) => {
        const name = `t${i}`;
        const pause = (): ReturnType<typeof sleep> => sleep(i % 3);
        return i % 2 === 0
          ? createTask(
              function* () {
                for (let step = 0; step < 10; step += 1) {
                  check(name);
                  yield* pause();
                }
              },
              { name },
            )
          : createTask(
              async () => {
                for (let step = 0; step < 10; step += 1) {
                  check(name);
                  await (step % 2 === 0 ? pause() : immediate());
                }
              },
              { name },
            );
      });
      await gather(tasks);
    });
    expect(mistakes).toEqual([]);
  });
});

describe('allTasks', () => {
  inBothFlavours<void, []>(
    'contains the tasks that have not begun and those that wait, but none that is done',
    {
      *generator() {
        yield* sleep(1);
      },
      async async() {
        await sleep(1);
      },
    },
    function* (start) {
      const me = currentTask() as Task;
      const fresh = start();
      expect([...allTasks()].length).toBe(2);
      expect(allTasks().has(fresh) && allTasks().has(me)).toBe(true);
      yield* turns();
      const cancelled = start();
      const failed = createTask(function* () {
        throw new Error('e');
      });
      expect(allTasks().size).toBe(4);
      cancelled.cancel();
      yield* outcomeOf(failed);
      yield* outcomeOf(cancelled);
      yield* fresh;
      expect([...allTasks()]).toHaveLength(1);
      allTasks().clear(); // a copy
      expect(allTasks().size).toBe(1);
    },
  );

  it('needs a running loop', () => {
    expect(() => allTasks()).toThrow(expect.objectContaining({ code: 'ERR_NO_RUNNING_LOOP' }) as Error);
    expect(
      runSync(function* () {
        return allTasks().size;
      }),
    ).toBe(1);
  });
});

describe('await outside any task, while a hosted loop runs', () => {
  it('works for futures, tasks and coroutines', async () => {
    let outside: Promise<unknown[]> | undefined;
    await run(function* () {
      const future = new Future<string>();
      const done = new Future<void>();
      setTimeout(() => {
        outside = (async () => {
          try {
            return [await sleep(1, 'coroutine'), await future, await createTask(sleep(1, 'task')), currentTask()];
          } finally {
            done.setResult();
          }
        })();
        setTimeout(() => future.setResult('future'), 2);
      }, 1);
      yield* done;
    });
    expect(await outside).toEqual(['coroutine', 'future', 'task', null]);
  });
});
