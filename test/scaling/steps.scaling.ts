/** The cost of every primitive, combinator, queue, buffer and parser grows with the work, not with its square. */

import {
  Barrier,
  Condition,
  Event,
  Future,
  Lock,
  Queue,
  Semaphore,
  type Task,
  asCompleted,
  createTask,
  gather,
  run,
  sleep,
  wait,
} from 'selectloop';
import { Sequencer } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { countSteps, countingSteps } from './count-steps.js';
import { type Program, almostLinear, linear, startAll, times } from './programs.js';

/** Enough for a square to dominate; 4 times as much must take less than 6 times the steps. */
const N = 200;

countingSteps();

function scales(programs: Record<string, Program>): void {
  it.each(Object.entries(programs))('%s', async (_, program) => {
    await program(10); // what happens once must not count
    const few = await countSteps(() => program(N));
    const many = await countSteps(() => program(4 * N));
    expect(few).toBeGreaterThanOrEqual(N);
    expect(many / few).toBeLessThan(6);
  });
}

/** Runs `wake` while `n` cancelled waiters have not run yet, and `n` others wait behind them. */
function afterCancelling(
  make: () => { park: (i: number) => PromiseLike<unknown>; wake: (n: number) => unknown },
): Program {
  return (n) =>
    run(async () => {
      const { park, wake } = make();
      const cancelled = await startAll(n, park);
      const others = await startAll(n, park);
      for (const task of cancelled) task.cancel();
      await wake(n);
      await sleep(1);
      for (const task of others) task.cancel();
      await wait([...cancelled, ...others]);
    });
}

describe('n cancelled waiters cost n', () => {
  scales({
    'of a Lock': afterCancelling(() => {
      const lock = new Lock();
      void createTask(lock.acquire());
      return {
        park: async () => {
          await lock.acquire();
          lock.release();
        },
        wake: async (n) => {
          lock.release();
          await startAll(n, async () => {
            await lock.acquire();
            lock.release();
          });
        },
      };
    }),
    'of a Semaphore': afterCancelling(() => {
      const semaphore = new Semaphore(0);
      return {
        park: () => semaphore.acquire(),
        wake: (n) => {
          times(n).forEach(() => {
            semaphore.release();
          });
        },
      };
    }),
    'of a Semaphore that is asked whether it is locked': afterCancelling(() => {
      const semaphore = new Semaphore(1);
      void createTask(semaphore.acquire());
      return {
        park: () => semaphore.acquire(),
        wake: (n) => {
          semaphore.release();
          times(n).forEach(() => semaphore.locked());
        },
      };
    }),
    'of an Event': afterCancelling(() => {
      const event = new Event();
      return {
        park: () => event.wait(),
        wake: (n) => {
          times(n).forEach(() => {
            event.set();
            event.clear();
          });
        },
      };
    }),
    'of a Condition': afterCancelling(() => {
      const condition = new Condition();
      return {
        park: async () => {
          await condition.acquire();
          try {
            await condition.wait();
          } finally {
            condition.release();
          }
        },
        wake: async (n) => {
          await condition.acquire();
          times(n).forEach(() => {
            condition.notify();
          });
          condition.release();
        },
      };
    }),
    'of Queue.get': afterCancelling(() => {
      const queue = new Queue<number>();
      return {
        park: () => queue.get(),
        wake: (n) => {
          for (const i of times(n)) queue.putNowait(i);
        },
      };
    }),
    'of Queue.put': afterCancelling(() => {
      const queue = new Queue<number>(1);
      queue.putNowait(0);
      return {
        park: (i) => queue.put(i),
        wake: (n) => {
          times(n).forEach(() => {
            queue.getNowait();
            queue.putNowait(0);
          });
        },
      };
    }),
    'of Queue.join': afterCancelling(() => {
      const queue = new Queue<number>();
      queue.putNowait(0);
      return {
        park: () => queue.join(),
        wake: (n) => {
          times(n).forEach((i) => {
            queue.putNowait(i);
            queue.taskDone();
          });
        },
      };
    }),
    'of a Barrier': (n) =>
      run(async () => {
        const barrier = new Barrier(n + 1);
        const cancelled = await startAll(n, () => barrier.wait());
        for (const task of cancelled) task.cancel();
        const others = times(n).map(() => createTask(barrier.wait()));
        times(n).forEach(() => barrier.nWaiting);
        await sleep(1);
        await barrier.wait();
        await wait([...cancelled, ...others]);
      }),
    'of asCompleted': (n) =>
      run(async () => {
        const tasks = times(n).map((i) => createTask(sleep(10 + (i % 5))));
        const cancelled: Array<Task> = [];
        for (const next of asCompleted(tasks)) cancelled.push(createTask(next));
        await sleep(1);
        for (const task of cancelled) task.cancel();
        await wait([...tasks, ...cancelled]);
      }),
    'of a Sequencer, the last step first': (n) =>
      run(async () => {
        const sequencer = new Sequencer();
        const tasks = await startAll(4 * n, (i) => sequencer.step(i + 1));
        for (const task of tasks.reverse()) {
          task.cancel();
          await sleep(0);
        }
        await wait(tasks);
      }),
  });
});

describe('n wake-ups in one iteration cost n', () => {
  scales({
    'of a Semaphore': (n) =>
      run(async () => {
        const semaphore = new Semaphore(0);
        const tasks = await startAll(n, () => semaphore.acquire());
        times(n).forEach(() => {
          semaphore.release();
        });
        await gather(tasks);
      }),
    'of an Event': (n) =>
      run(async () => {
        const event = new Event();
        const tasks = await startAll(n, () => event.wait());
        event.set();
        await gather(tasks);
      }),
    'of a Condition': (n) =>
      run(async () => {
        const condition = new Condition();
        const tasks = await startAll(n, async () => {
          await condition.acquire();
          await condition.wait();
          condition.release();
        });
        await condition.acquire();
        times(n).forEach(() => {
          condition.notify();
        });
        condition.release();
        await gather(tasks);
      }),
    'of a Barrier': (n) =>
      run(async () => {
        const barrier = new Barrier(n);
        await gather(times(3 * n).map(() => barrier.wait()));
      }),
    'of a Queue that shuts down': (n) =>
      run(async () => {
        const queue = new Queue();
        const tasks = await startAll(n, () => queue.get());
        queue.shutdown();
        await wait(tasks);
        for (const task of tasks) task.exception();
      }),
    'of asCompleted': (n) =>
      run(async () => {
        const tasks = times(n).map((i) => createTask(sleep(i % 3)));
        await gather([...asCompleted(tasks)]);
      }),
    'of asCompleted, one in each iteration': (n) =>
      run(async () => {
        const futures = times(n).map(() => new Future<void>());
        const waiting = [...asCompleted(futures)].map((next) => createTask(next));
        for (const future of futures) {
          await sleep(0);
          future.setResult();
        }
        await gather(waiting);
      }),
  });
});

describe('n elements cost n', () => {
  scales(linear);
});

describe('n elements cost n log n', () => {
  scales(almostLinear);
});
