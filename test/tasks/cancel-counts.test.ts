import type { CancelledError } from 'selectloop';
import { Future, coroutine, createTask, sleep, type Steps } from 'selectloop';
import { describe, expect } from 'vitest';

import { cancelledWith, inBothFlavours, outcomeOf, turns } from './both-flavours.js';

function* awaitFutureSteps<T>(future: Future<T>): Steps<T> {
  return yield* future;
}
const awaitFuture = coroutine(awaitFutureSteps) as <T>(future: Future<T>) => ReturnType<typeof sleep<T>>;

describe('counts and messages of cancellations', () => {
  inBothFlavours(
    'cancel() returns true until the task is done; cancelling() counts the requests, and uncancel() takes one back, not below 0',
    {
      *generator() {
        try {
          yield* sleep(1e6);
        } catch {
          yield* sleep(1);
        }
      },
      async async() {
        try {
          await sleep(1e6);
        } catch {
          await sleep(1);
        }
      },
    },
    function* (start) {
      const task = start();
      yield* turns();
      expect([task.cancelling(), task.uncancel(), task.cancelling()]).toEqual([0, 0, 0]);
      expect([task.cancel(), task.cancelling(), task.cancel(), task.cancelling()]).toEqual([true, 1, true, 2]);
      expect([task.uncancel(), task.uncancel(), task.uncancel(), task.cancelling()]).toEqual([1, 0, 0, 0]);
      yield* task;
      expect([task.cancel(), task.cancelling()]).toEqual([false, 0]);
    },
  );

  inBothFlavours<number, [Future<number>]>(
    'uncancel() to 0 before the next step revokes the pending CancelledError',
    {
      *generator(_, future) {
        return yield* future;
      },
      async async(_, future) {
        return await future;
      },
    },
    function* (start) {
      const future = new Future<number>();
      const task = start(future);
      yield* turns();
      future.setResult(42);
      task.cancel();
      task.cancel();
      expect(task.uncancel()).toBe(1);
      expect(task.uncancel()).toBe(0);
      expect(yield* task).toBe(42);
    },
  );

  inBothFlavours<number, [Future<number>]>(
    'uncancel() with another request left does not revoke the pending CancelledError',
    {
      *generator(_, future) {
        return yield* future;
      },
      async async(_, future) {
        return await future;
      },
    },
    function* (start) {
      const future = new Future<number>();
      const task = start(future);
      yield* turns();
      future.setResult(42);
      task.cancel('a');
      task.cancel('b');
      expect(task.uncancel()).toBe(1);
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('b'));
    },
  );

  inBothFlavours<number, [Future<number>]>(
    'uncancel() also revokes a CancelledError pending in a coroutine that the body awaits',
    {
      *generator(_, future) {
        return yield* awaitFuture(future);
      },
      async async(_, future) {
        return await awaitFuture(future);
      },
    },
    function* (start) {
      const future = new Future<number>();
      const task = start(future);
      yield* turns();
      future.setResult(42);
      task.cancel();
      task.uncancel();
      expect(yield* task).toBe(42);
      expect(task.cancelling()).toBe(0);

      const other = new Future<number>();
      const cancelledTask = start(other);
      yield* turns();
      other.setResult(42);
      cancelledTask.cancel('kept');
      expect(yield* outcomeOf(cancelledTask)).toEqual(cancelledWith('kept'));
    },
  );

  inBothFlavours(
    'uncancel() before the first step lets the task run',
    {
      *generator() {
        yield* sleep(0);
        return 'ran';
      },
      async async() {
        await sleep(0);
        return 'ran';
      },
    },
    function* (start) {
      const task = start();
      task.cancel();
      task.uncancel();
      expect(yield* task).toBe('ran');
    },
  );

  inBothFlavours<void, [Future]>(
    'of two requests, a blocked task throws the first message and a task that has not begun the second',
    {
      *generator(_, future) {
        yield* future;
      },
      async async(_, future) {
        await future;
      },
    },
    function* (start) {
      const blocked = start(new Future());
      yield* turns();
      blocked.cancel('a');
      blocked.cancel('b');
      expect(yield* outcomeOf(blocked)).toEqual(cancelledWith('a'));
      const fresh = start(new Future());
      fresh.cancel('a');
      fresh.cancel('b');
      expect(yield* outcomeOf(fresh)).toEqual(cancelledWith('b'));
    },
  );

  inBothFlavours<void, []>(
    'the reason is the same object in the task, in a task that awaits it, and in result()',
    {
      *generator({ log }) {
        try {
          yield* sleep(1e6);
        } catch (error) {
          log.push(error);
          throw error;
        }
      },
      async async({ log }) {
        try {
          await sleep(1e6);
        } catch (error) {
          log.push(error);
          throw error;
        }
      },
    },
    function* (start, { log }) {
      const token = { reason: 'an object' };
      for (const [reason, kept, message] of [
        ['text', 'text', 'text'],
        [undefined, undefined, ''],
        [null, undefined, ''],
        [7, 7, '7'],
        [token, token, '[object Object]'],
        [Object.create(null), {}, 'cancelled'],
      ] as const) {
        const task = start();
        const waiting = createTask(function* () {
          yield* task;
        });
        yield* turns();
        task.cancel(reason);
        const outcome = (yield* outcomeOf(waiting)) as { error: CancelledError };
        const [inside] = log.splice(0);
        expect(outcome.error).toBe(inside);
        expect(outcome.error.message).toBe(message);
        expect(outcome.error.reason).toEqual(kept);
        expect(() => task.result()).toThrow(outcome.error);
      }
    },
  );
});
