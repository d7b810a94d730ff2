import type { Task } from 'selectloop';
import {
  Future,
  InvalidStateError,
  coroutine,
  createTask,
  currentTask,
  newEventLoop,
  run,
  runSync,
  sleep,
  type Steps,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { inBothFlavours, outcomeOf } from './both-flavours.js';

function* double(n: number): Steps<number> {
  yield* sleep(0);
  return 2 * n;
}

describe('mistakes in the body of a task', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['a number', () => 5, /Task got bad yield: 5/],
    [
      'a promise',
      () => Promise.resolve(),
      /got bad yield: an object of class Promise; wait for it with yield\* ensureFuture/,
    ],
    ['a coroutine', () => sleep(0), /Task got bad yield/],
    ['a generator', () => double(1), /yield was used instead of yield\* for a generator/],
    ['a future', () => new Future(), /yield was used instead of yield\* in .* with <Future pending>/],
  ])('%s yielded without yield* throws at that yield, and the loop keeps running', (_, makeValue, message) => {
    runSync(function* () {
      const task = createTask(function* (): Steps<unknown> {
        try {
          yield makeValue() as never;
        } catch (error) {
          yield* sleep(0); // the task is still usable
          return error;
        }
        return 'no error';
      });
      const error = yield* task;
      expect(error).toBeInstanceOf(InvalidStateError);
      expect((error as Error).message).toMatch(message);
    });
  });

  it('a bad yield in a coroutine that an async function awaits throws there', async () => {
    const bad = coroutine(function* (): Steps<void> {
      yield 5 as never;
    });
    await run(async () => {
      await expect(bad()).rejects.toThrow(/Task got bad yield: 5/);
    });
  });

  it('a bad yield in the iteration of a cancellation throws the CancelledError', () => {
    runSync(function* () {
      const task: Task = createTask(function* () {
        currentTask()?.cancel('mine');
        yield 5 as never;
      });
      expect(yield* outcomeOf(task)).toMatchObject({ error: { name: 'CancelledError', message: 'mine' } });
    });
  });

  it.each([null, undefined])('yield %s yields to the loop once', (nothing) => {
    runSync(function* () {
      const log: string[] = [];
      createTask(function* () {
        log.push('other');
      });
      yield nothing as undefined;
      log.push('back');
      expect(log).toEqual(['other', 'back']);
    });
  });

  inBothFlavours<string, [Future]>(
    'awaiting a future of another loop throws at the wait',
    {
      *generator(_, foreign) {
        try {
          yield* foreign;
        } catch (error) {
          return (error as Error).message;
        }
        return 'no error';
      },
      async async(_, foreign) {
        try {
          await foreign;
        } catch (error) {
          return (error as Error).message;
        }
        return 'no error';
      },
    },
    function* (start) {
      const other = newEventLoop();
      expect(yield* start(other.createFuture())).toMatch(/attached to a different loop/);
      other.close();
    },
  );

  inBothFlavours<string, []>(
    'a task that awaits itself gets an error',
    {
      *generator() {
        try {
          yield* currentTask() as Task;
        } catch (error) {
          return (error as Error).message;
        }
        return 'no error';
      },
      async async() {
        try {
          await currentTask();
        } catch (error) {
          return (error as Error).message;
        }
        return 'no error';
      },
    },
    function* (start) {
      expect(yield* start()).toMatch(/Task cannot await on itself/);
    },
  );

  it('a coroutine that awaits the task of its async function gets an error', async () => {
    const awaitSelf = coroutine(function* (): Steps<void> {
      yield* sleep(0);
      yield* currentTask() as Task<void>;
    });
    await run(async () => {
      await expect(awaitSelf()).rejects.toThrow(/Task cannot await on itself/);
    });
  });
});
