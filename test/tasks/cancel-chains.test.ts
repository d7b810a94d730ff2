/** Cancelling long chains of tasks, and what a cancel() method that fails or leads back leaves behind. */

import type { Task } from 'selectloop';
import { CancelledError, Future, type Steps, createTask, currentTask, gather, run, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, inBothFlavours, outcomeOf, turns } from './both-flavours.js';

/** As many calls do not fit on the stack; test/scaling checks that the time is linear. */
const LINKS = 30_000;

/** Starts a chain of tasks, each of which waits for the one before it. */
function chain(first: Future, length: number, link: (previous: Future) => Task): Task[] {
  const tasks: Task[] = [];
  let previous = first;
  for (let i = 0; i < length; i += 1) {
    const task = link(previous);
    tasks.push(task);
    previous = task;
  }
  return tasks;
}

function expectCancelledOnce(tasks: readonly Task[]): void {
  expect(tasks.every((task) => task.cancelled())).toBe(true);
  expect(tasks.every((task) => task.cancelling() === 1)).toBe(true);
}

describe('cancel: a chain of 30,000 tasks', () => {
  it('is cancelled from its end, each task once', () => {
    runSync(function* () {
      const first = new Future();
      const tasks = chain(first, LINKS, (previous) =>
        createTask(function* () {
          return yield* previous;
        }),
      );
      yield* turns();
      expect(tasks.at(-1)?.cancel('all')).toBe(true);
      expect(first.cancelled()).toBe(true);
      expect(tasks.every((task) => task.cancelling() === 1)).toBe(true);
    });
  });

  it('that is left at the end of a run is cancelled, each task once', () => {
    const ended: number[] = [];
    runSync(function* () {
      chain(new Future(), LINKS, (previous) =>
        createTask(function* () {
          try {
            yield* previous;
          } finally {
            ended.push(currentTask()?.cancelling() ?? -1);
          }
        }),
      );
      yield* turns();
    });
    expect(ended).toHaveLength(LINKS);
    expect(new Set(ended)).toEqual(new Set([1]));
  });

  it('with a gather between any two of them', () => {
    runSync(function* () {
      const tasks = chain(new Future(), LINKS / 15, (previous) =>
        createTask(function* () {
          return yield* gather([previous, sleep(1e6)]);
        }),
      );
      const last = tasks.at(-1) as Task;
      yield* turns();
      last.cancel('all');
      expect(yield* outcomeOf(last)).toEqual(cancelledWith('all'));
      expectCancelledOnce(tasks);
    });
  });

  it('that is a circle is also cancelled', () => {
    runSync(function* () {
      const tasks: Task[] = [];
      const gate = new Future<void>();
      tasks.push(
        createTask(function* () {
          yield* gate;
          yield* tasks.at(-1) as Task;
        }),
      );
      tasks.push(
        ...chain(tasks[0] as Task, LINKS / 3, (previous) =>
          createTask(function* () {
            return yield* previous;
          }),
        ),
      );
      yield* turns();
      gate.setResult();
      yield* turns();
      tasks[5]?.cancel('round');
      const outcomes: unknown[] = [];
      for (const task of tasks) outcomes.push(yield* outcomeOf(task));
      expect(outcomes).toEqual(tasks.map(() => cancelledWith('round')));
      expectCancelledOnce(tasks);
    });
  });
});

describe('cancel: a chain of 2,000 tasks', () => {
  inBothFlavours<unknown, [Future]>(
    'ends from its first to its last task',
    {
      *generator(_, previous) {
        return yield* previous;
      },
      async async(_, previous) {
        return await previous;
      },
    },
    function* (start) {
      const tasks = chain(new Future(), 2_000, start);
      const last = tasks.at(-1) as Task;
      yield* turns();
      last.cancel('all');
      expect(yield* outcomeOf(last)).toEqual(cancelledWith('all'));
      expectCancelledOnce(tasks);
    },
  );
});

describe('cancel: tasks in a circle through a gather', () => {
  inBothFlavours<unknown, [Task[]]>(
    'end, whichever of them is cancelled',
    {
      *generator(_, circle) {
        return yield* circle[0] as Task;
      },
      async async(_, circle) {
        return await circle[0];
      },
    },
    function* (start) {
      for (const which of [0, 1]) {
        const circle: Task[] = [];
        circle.push(
          createTask(function* () {
            return yield* gather([circle[1] as Task]);
          }),
        );
        circle.push(start(circle));
        yield* turns();
        circle[which]?.cancel('round');
        for (const task of circle) expect(yield* outcomeOf(task)).toEqual(cancelledWith('round'));
      }
    },
  );

  it('end when the gather itself is cancelled', () => {
    runSync(function* () {
      let all: Future | null = null;
      const task = createTask(function* () {
        yield* all as Future;
      });
      all = gather([task]);
      yield* turns();
      all.cancel('round');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('round'));
      expect(() => all?.result()).toThrow(CancelledError);
    });
  });
});

describe('cancel: a future whose class overrides cancel()', () => {
  it('that throws leaves its task cancellable', () => {
    class Stubborn extends Future<void> {
      refusals = 1;
      override cancel(reason?: unknown): boolean {
        if (this.refusals === 0) return super.cancel(reason);
        this.refusals -= 1;
        throw new Error('not now');
      }
    }
    runSync(function* () {
      const waits = function* (awaited: Future): Steps<void> {
        yield* awaited as Future<void>;
      };
      const inner = createTask(waits(new Stubborn()));
      const outer = createTask(waits(inner));
      yield* turns();
      expect(() => outer.cancel('first')).toThrow('not now');
      expect([inner.cancelling(), outer.cancelling()]).toEqual([1, 1]);
      expect(outer.cancel('second')).toBe(true);
      expect(yield* outcomeOf(outer)).toEqual(cancelledWith('second'));
      expect([inner.cancelled(), inner.cancelling(), outer.cancelling()]).toEqual([true, 2, 2]);
    });
  });

  it('that leads back to the task has it interrupted', async () => {
    class Echo extends Future<void> {
      task: Task | null = null;
      override cancel(reason?: unknown): boolean {
        return this.task?.cancel(reason) ?? false;
      }
    }
    await run(function* () {
      for (const flavour of ['generator', 'async']) {
        const echo = new Echo();
        const task = createTask<unknown>(
          flavour === 'async'
            ? async () => await echo
            : function* () {
                yield* echo;
              },
        );
        echo.task = task;
        yield* turns();
        task.cancel('echo');
        expect(yield* outcomeOf(task)).toEqual(cancelledWith('echo'));
        expect(task.cancelling()).toBe(1);
      }
    });
  });
});

describe('a long wait list', () => {
  it('is shortened in the description of a task', async () => {
    await run(async () => {
      const futures = Array.from({ length: 50_000 }, () => new Future<void>());
      const task = createTask(async () => {
        await Promise.all(futures);
      });
      await sleep(0);
      expect(String(task)).toMatch(/wait_for=(<Future pending>,){10}\.\.\. \(49990 more\)>$/);
      for (const future of futures) future.setResult();
      await task;
    });
  });
});
