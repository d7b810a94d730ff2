import {
  type Coroutine,
  Future,
  type Steps,
  type Task,
  TimeoutError,
  allTasks,
  asCompleted,
  coroutine,
  createTask,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';
import { blocking, hosted } from './in-virtual-time.js';

const late = coroutine(function* (delayMs: number): Steps<number> {
  yield* sleep(delayMs);
  return delayMs;
});

describe('asCompleted as an iterable of awaitables', () => {
  inBothFlavours(
    'yields results in the order of completion',
    {
      *generator() {
        const results: number[] = [];
        for (const next of asCompleted([late(30), late(10), createTask(late(20))])) results.push(yield* next);
        return results;
      },
      async async() {
        const results: number[] = [];
        for (const next of asCompleted([late(30), late(10), createTask(late(20))])) results.push(await next);
        return results;
      },
    },
    function* (start, { loop }) {
      expect(yield* start()).toEqual([10, 20, 30]);
      expectQuiet(loop);
    },
  );

  it('the awaitable that is awaited first gets the first result, whatever its position', () => {
    blocking(function* () {
      const [first, second] = [...asCompleted([late(20), late(10)])] as [Coroutine<number>, Coroutine<number>];
      expect(yield* second).toBe(10);
      expect(yield* first).toBe(20);
    });
  });

  inBothFlavours(
    'throws each error in order of completion, and the remaining results follow',
    {
      *generator() {
        const seen: unknown[] = [];
        const bad = coroutine(function* (): Steps<number> {
          yield* sleep(5);
          throw new RangeError('mine');
        });
        for (const next of asCompleted([late(10), bad(), late(1)])) {
          try {
            seen.push(yield* next);
          } catch (error) {
            seen.push(error);
          }
        }
        return seen;
      },
      async async() {
        const seen: unknown[] = [];
        const bad = coroutine(function* (): Steps<number> {
          yield* sleep(5);
          throw new RangeError('mine');
        });
        for (const next of asCompleted([late(10), bad(), late(1)])) seen.push(await next.then(null, (e: unknown) => e));
        return seen;
      },
    },
    function* (start) {
      expect(yield* start()).toEqual([1, new RangeError('mine'), 10]);
    },
  );

  inBothFlavours(
    'at the timeout it has yielded the completed results, and throws TimeoutError for each of the rest',
    {
      *generator() {
        const seen: unknown[] = [];
        const tasks = [10, 50, 60].map((delayMs) => createTask(late(delayMs)));
        for (const next of asCompleted(tasks, { timeoutMs: 20 })) {
          try {
            seen.push(yield* next);
          } catch (error) {
            seen.push(error);
          }
        }
        for (const task of tasks) seen.push(yield* task);
        return seen;
      },
      async async() {
        const seen: unknown[] = [];
        const tasks = [10, 50, 60].map((delayMs) => createTask(late(delayMs)));
        for (const next of asCompleted(tasks, { timeoutMs: 20 })) {
          try {
            seen.push(await next);
          } catch (error) {
            seen.push(error);
          }
        }
        for (const task of tasks) seen.push(await task);
        return seen;
      },
    },
    function* (start, { loop }) {
      const timedOut: unknown = expect.any(TimeoutError);
      expect(yield* start()).toEqual([10, timedOut, timedOut, 10, 50, 60]);
      expectQuiet(loop);
    },
  );

  it('results that completed before the timeout are still yielded after it', () => {
    blocking(function* () {
      const all = asCompleted([late(1), late(2), late(500)], { timeoutMs: 10 });
      yield* sleep(20);
      const seen: unknown[] = [];
      for (const next of all) seen.push(yield* outcomeOf(createTask(next)));
      expect(seen).toEqual([{ value: 1 }, { value: 2 }, { error: expect.any(TimeoutError) as unknown }]);
    });
  });

  it('iteration can be resumed after a break and yields the remaining results', () => {
    blocking(function* () {
      const all = asCompleted([late(3), late(1), late(2)], { timeoutMs: 1000 });
      const seen: number[] = [];
      for (const next of all) {
        seen.push(yield* next);
        break;
      }
      yield* sleep(10);
      for (const next of all) seen.push(yield* next);
      for (const next of all) seen.push(yield* next);
      expect(seen).toEqual([1, 2, 3]);
    });
  });

  inBothFlavours(
    'leaves no timer when everything completes before the timeout',
    {
      *generator() {
        for (const next of asCompleted([late(1), late(2)], { timeoutMs: 5000 })) yield* next;
      },
      async async() {
        for await (const future of asCompleted([late(1), late(2)], { timeoutMs: 5000 })) future.result();
      },
    },
    function* (start, { loop }) {
      yield* start();
      expectQuiet(loop);
    },
  );
});

describe('asCompleted with for await', () => {
  it('yields the tasks that were passed, and a new task for each coroutine', async () => {
    await hosted(async () => {
      const [a, b] = [createTask(late(20)), createTask(late(10))];
      const seen: Future[] = [];
      for await (const future of asCompleted([a, b, late(15)])) {
        expect(future.done()).toBe(true);
        seen.push(future);
      }
      expect([seen[0], seen[2]]).toEqual([b, a]);
      expect(seen[1]?.result()).toBe(15);
    });
  });

  it('can be resumed after a break', async () => {
    await hosted(async () => {
      const all = asCompleted([late(30), late(10), late(20)]);
      const seen: number[] = [];
      for await (const future of all) {
        seen.push(future.result());
        break;
      }
      for await (const future of all) seen.push(future.result());
      for await (const future of all) seen.push(future.result());
      expect(seen).toEqual([10, 20, 30]);
    });
  });

  it('a cancelled wait consumes nothing: the next iteration gets the result', async () => {
    await hosted(async () => {
      const all = asCompleted([late(20), late(10)]);
      const reader = createTask(async () => {
        for await (const future of all) return future.result();
        return -1;
      });
      await sleep(1);
      reader.cancel();
      await reader.then(undefined, () => undefined);
      const seen: number[] = [];
      for await (const future of all) seen.push(future.result());
      expect(seen).toEqual([10, 20]);
    });
  });

  it('a timeout ends the iteration with TimeoutError', async () => {
    await hosted(async () => {
      const [slow, quick] = [createTask(late(50)), createTask(late(10))];
      const seen: number[] = [];
      const reading = async (): Promise<void> => {
        for await (const future of asCompleted([slow, quick], { timeoutMs: 20 })) seen.push(future.result());
      };
      await expect(reading()).rejects.toThrow(TimeoutError);
      expect(seen).toEqual([10]);
      expect([slow.done(), await slow]).toEqual([false, 50]);
    });
  });

  it('two consumers of one iterator share the results', async () => {
    await hosted(async () => {
      const all = asCompleted([late(1), late(2), late(3), late(4)]);
      const seen: number[] = [];
      const reader = async (): Promise<void> => {
        for await (const future of all) seen.push(future.result());
      };
      const readers = [createTask(reader), createTask(reader)];
      for (const each of readers) await each;
      expect(seen).toEqual([1, 2, 3, 4]);
    });
  });
});

describe('asCompleted: cancellation and misuse', () => {
  inBothFlavours<void, [Task<number>[]]>(
    'cancelling the waiting task leaves the awaited tasks running',
    {
      *generator(_, tasks) {
        for (const next of asCompleted(tasks)) yield* next;
      },
      async async(_, tasks) {
        for (const next of asCompleted(tasks)) await next;
      },
    },
    function* (start, { loop }) {
      const tasks = [createTask(late(10)), createTask(late(20))];
      const task = start(tasks);
      yield* turns();
      task.cancel('outside');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
      for (const each of tasks) expect(each.cancelling()).toBe(0);
      expect([yield* tasks[0] as Task, yield* tasks[1] as Task]).toEqual([10, 20]);
      expectQuiet(loop);
    },
  );

  it('yields a duplicate once, nothing for an empty list, and accepts generators and sets', () => {
    blocking(function* () {
      const once = late(1);
      const task = createTask(late(2));
      const results: number[] = [];
      for (const next of asCompleted([once, task, once, task])) results.push(yield* next);
      expect(results).toEqual([1, 2]);
      expect([...asCompleted([])]).toEqual([]);
      const made = (function* () {
        yield late(3);
        yield late(4);
      })();
      for (const next of asCompleted(made)) results.push(yield* next);
      expect(results).toEqual([1, 2, 3, 4]);
    });
  });

  it('rejects misuse at the call, before anything has become a task', () => {
    blocking(function* () {
      const single = /asCompleted: expected an iterable of awaitables, not a single one/;
      expect(() => asCompleted(new Future() as never)).toThrow(single);
      expect(() => asCompleted(sleep(1) as never)).toThrow(single);
      expect(() => asCompleted(late(1)[Symbol.iterator]() as never)).toThrow(single);
      expect(() => asCompleted(5 as never)).toThrow(TypeError);
      expect(() => asCompleted([late(1), 5] as never)).toThrow(TypeError);
      expect(() => asCompleted([late(1)], { timeoutMs: NaN })).toThrow(RangeError);
      expect(allTasks().size).toBe(1);
    });
  });
});
