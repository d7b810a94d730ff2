import { Future, type ReturnWhen, type Steps, type Task, coroutine, createTask, sleep, wait } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';
import { blocking, hosted } from './in-virtual-time.js';

const failing = coroutine(function* (delayMs: number): Steps<never> {
  yield* sleep(delayMs);
  throw new RangeError('mine');
});

type Options = Parameters<typeof wait>[1];

/** The indices of the done and of the pending futures. */
const indices = (futures: readonly Future[], done: Set<Future>, pending: Set<Future>): [number[], number[]] => [
  [...done].map((each) => futures.indexOf(each)).sort(),
  [...pending].map((each) => futures.indexOf(each)).sort(),
];

const waiting = {
  *generator(_: unknown, futures: readonly Future[], options?: Options): Steps<[number[], number[]]> {
    const { done, pending } = yield* wait(futures, options);
    return indices(futures, done, pending);
  },
  async async(_: unknown, futures: readonly Future[], options?: Options): Promise<[number[], number[]]> {
    const { done, pending } = await wait(futures, options);
    return indices(futures, done, pending);
  },
};

/** Tasks that sleep for the given times; a negative number fails after that time. */
const sleepers = (...delays: number[]): Task[] =>
  delays.map((delayMs) => createTask<unknown>(delayMs < 0 ? failing(-delayMs) : sleep(delayMs)));

/** Cancels the tasks and waits for them, so that nothing is left. */
function* retire(tasks: readonly Task[]): Steps<void> {
  for (const task of tasks) {
    task.cancel();
    yield* outcomeOf(task);
  }
}

describe('wait', () => {
  const table: ReadonlyArray<[ReturnWhen | undefined, number[], number[], number[], number]> = [
    [undefined, [10, 30, -20], [0, 1, 2], [], 30],
    ['ALL_COMPLETED', [10, 30, 20], [0, 1, 2], [], 30],
    ['FIRST_COMPLETED', [10, 30, 20], [0], [1, 2], 10],
    ['FIRST_COMPLETED', [30, 20, 20], [1, 2], [0], 20],
    ['FIRST_EXCEPTION', [10, 30, -20], [0, 2], [1], 20],
    ['FIRST_EXCEPTION', [10, 30, 20], [0, 1, 2], [], 30],
  ];
  for (const [returnWhen, delays, done, pending, elapsed] of table) {
    inBothFlavours(
      `returns ${returnWhen ?? 'ALL_COMPLETED by default'} for tasks that take ${delays.join(', ')} ms`,
      waiting,
      function* (start, { loop }) {
        const tasks = sleepers(...delays);
        const before = loop.time();
        const result = yield* start(tasks, returnWhen === undefined ? undefined : { returnWhen });
        expect(result).toEqual([done, pending]);
        expect(loop.time() - before).toBe(elapsed);
        yield* retire(tasks);
        expectQuiet(loop);
      },
    );
  }

  inBothFlavours(
    'counts everything that is done when the waiting task resumes, also what completed after the first',
    waiting,
    function* (start) {
      const [a, b] = [new Future<void>(), new Future<void>()];
      const task = start([a, b], { returnWhen: 'FIRST_COMPLETED' });
      yield* turns();
      a.setResult();
      yield; // the callback of `a` has woken the task, which has not run yet
      b.setResult();
      expect(yield* task).toEqual([[0, 1], []]);
    },
  );

  inBothFlavours(
    'FIRST_EXCEPTION returns immediately when a task has already failed',
    waiting,
    function* (start, { loop }) {
      const failed = createTask(failing(0));
      const [sleeper] = sleepers(1000) as [Task];
      yield* turns();
      const before = loop.time();
      expect(yield* start([failed, sleeper], { returnWhen: 'FIRST_EXCEPTION' })).toEqual([[0], [1]]);
      expect(loop.time()).toBe(before);
      yield* retire([sleeper]);
    },
  );

  inBothFlavours(
    'FIRST_EXCEPTION does not count a cancelled task as an exception',
    waiting,
    function* (start, { loop }) {
      const tasks = sleepers(1000, 20);
      const before = loop.time();
      loop.callLater(10, () => tasks[0]?.cancel());
      expect(yield* start(tasks, { returnWhen: 'FIRST_EXCEPTION' })).toEqual([[0, 1], []]);
      expect(loop.time() - before).toBe(20);
    },
  );

  inBothFlavours('returns the sets as they are at the timeout', waiting, function* (start, { loop }) {
    const tasks = sleepers(100, 150);
    expect(yield* start(tasks, { timeoutMs: 100 })).toEqual([[0], [1]]);
    expect(tasks[1]?.cancelling()).toBe(0);
    yield* retire(tasks);
    expectQuiet(loop);
  });

  inBothFlavours('with a timeout of zero, returns the tasks that are done already', waiting, function* (start) {
    const tasks = sleepers(0, 10_000);
    yield* turns(2);
    expect(yield* start(tasks, { timeoutMs: 0 })).toEqual([[0], [1]]);
    yield* retire(tasks);
  });

  inBothFlavours(
    'cancelling it leaves the futures running and removes its callbacks',
    waiting,
    function* (start, { loop }) {
      const future = new Future<void>();
      const tasks = sleepers(10, 20);
      let callbacks = 0;
      const { addDoneCallback, removeDoneCallback } = future;
      future.addDoneCallback = (callback) => {
        callbacks += 1;
        addDoneCallback.call(future, callback);
      };
      future.removeDoneCallback = (callback) => {
        const removed = removeDoneCallback.call(future, callback);
        callbacks -= removed;
        return removed;
      };
      const task = start([future, ...tasks], { timeoutMs: 1000 });
      yield* turns();
      expect(callbacks).toBe(1);
      task.cancel('outside');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
      expect(callbacks).toBe(0);
      expect(tasks.map((each) => [each.done(), each.cancelling()])).toEqual([
        [false, 0],
        [false, 0],
      ]);
      for (const each of tasks) yield* each;
      expectQuiet(loop);
    },
  );

  it('counts duplicates once, and accepts sets, iterators and generators', () => {
    blocking(function* () {
      const tasks = sleepers(1, 2) as [Task, Task];
      const twice = [tasks[0], tasks[1], tasks[0]];
      const inGenerator = (function* (): Generator<Task> {
        yield* twice;
      })();
      for (const futures of [twice, new Set(twice), twice.values(), inGenerator]) {
        const { done, pending } = yield* wait(futures);
        expect([[...done], [...pending]]).toEqual([tasks, []]);
      }
    });
  });

  it('rejects misuse at the call', () => {
    blocking(function* () {
      const future = new Future<void>();
      const nap = coroutine(function* (): Steps<void> {
        yield* sleep(1);
      });
      const single = /wait: expected an iterable of awaitables, not a single one/;
      expect(() => wait([])).toThrow(RangeError);
      expect(() => wait([future], { returnWhen: 'NEVER' as never })).toThrow(RangeError);
      expect(() => wait([future], { timeoutMs: NaN })).toThrow(RangeError);
      expect(() => wait([future], { timeoutMs: '1' as never })).toThrow(TypeError);
      expect(() => wait(future as never)).toThrow(single);
      expect(() => wait(sleep(1) as never)).toThrow(single);
      expect(() => wait(nap()[Symbol.iterator]() as never)).toThrow(single);
      expect(() =>
        wait(
          (function* () {
            yield;
          })() as never,
        ),
      ).toThrow(single);
      for (const bad of [5, 'text', null, undefined, {}]) {
        expect(() => wait(bad as never)).toThrow(/wait: expected an iterable of awaitables/);
        expect(() => wait([bad] as never)).toThrow(TypeError);
      }
      for (const forbidden of [sleep(1), nap(), (function* () {})()]) {
        expect(() => wait([forbidden] as never)).toThrow(/passing coroutines is forbidden/);
      }
      future.setResult();
      expect((yield* wait([future])).done.size).toBe(1); // the refused calls have not affected it
      expect(future._yielded).toBe(false);
    });
  });

  it('rejects promises: they are not futures', async () => {
    await hosted(async () => {
      expect(() => wait([Promise.resolve()] as never)).toThrow(/wait: expected futures and tasks/);
    });
  });
});
