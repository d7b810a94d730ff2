/** Promises and AbortSignals in combination with tasks. */

import { getEventListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

import {
  CancelledError,
  Future,
  type Steps,
  createTask,
  currentTask,
  isCancelled,
  newEventLoop,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { abortSignal, cancelOnAbort, fromPromise } from 'selectloop/node';
import { describe, expect, it } from 'vitest';

import { errorOf, hostedLoops, turns } from '../support/every-loop.js';

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe.each(hostedLoops)('fromPromise ($name)', (loop) => {
  it('a generator can wait for a promise and gets its value', () =>
    loop.run(function* () {
      expect(yield* fromPromise(Promise.resolve(7))).toBe(7);
      expect(yield* fromPromise(wait(1, 'late'))).toBe('late');
    }));

  it('an error of the promise is thrown where it is awaited', () =>
    loop.run(function* () {
      const error = new Error('refused');
      const task = createTask(function* () {
        yield* fromPromise(Promise.reject(error));
      });
      expect(yield* errorOf(task)).toBe(error);
    }));

  it('cancelling the future does not affect the promise', () =>
    loop.run(function* () {
      const promise = wait(5, 'value');
      const future = fromPromise(promise);
      future.cancel();
      expect(yield* fromPromise(promise)).toBe('value');
      expect(future.cancelled()).toBe(true);
    }));

  it('a cancelled future whose promise fails later does not end the process', () =>
    loop.run(function* () {
      fromPromise(wait(1).then(() => Promise.reject(new Error('unheard')))).cancel();
      yield* sleep(5);
    }));
});

describe('fromPromise', () => {
  it('is refused in a blocking loop, where it would never settle', () => {
    const refused = expect.objectContaining({ code: 'ERR_NEEDS_HOST' }) as Error;
    expect(() =>
      runSync(function* () {
        yield* fromPromise(Promise.reject(new Error('refused with it')));
      }),
    ).toThrow(refused);
  });

  it.each([null, undefined, 7, {}, () => undefined])('rejects %s', async (bad) => {
    await run(function* () {
      expect(() => fromPromise(bad as never)).toThrow(/fromPromise: expected a promise, got/);
    });
  });
});

describe('abortSignal', () => {
  it('is aborted by cancel() with its message, and stops the operation that got the signal', () =>
    run(async () => {
      const task = createTask(async () => {
        await wait(60_000, undefined, { signal: abortSignal(currentTask()!) });
      });
      await sleep(1);
      task.cancel('enough');
      const error = await task.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ name: 'CancelledError', message: 'enough' }); // the cause of the operation's AbortError
      expect(task.cancelled()).toBe(true);
      expect(abortSignal(task).reason).toMatchObject({ name: 'CancelledError', message: 'enough' });
    }));

  it('belongs to a task and to nothing else', () =>
    run(function* () {
      expect(() => abortSignal(new Future() as never)).toThrow(TypeError);
      expect(() => abortSignal(null as never)).toThrow(
        'abortSignal: expected a task, or a call inside a task, got null',
      );
      expect(abortSignal()).toBe(currentTask()!.signal);
      const outside = new Promise((resolve) => setImmediate(() => resolve(thrownBy(() => abortSignal()))));
      expect(yield* fromPromise(outside)).toBeInstanceOf(TypeError);
      expect(abortSignal(currentTask()!)).toBe(currentTask()!.signal);
    }));
});

describe('cancelOnAbort', () => {
  it('returns the result, and leaves no listener on the signal', () =>
    run(async () => {
      const { signal } = new AbortController();
      expect(await cancelOnAbort(signal, sleep(1, 'slept'))).toBe('slept');
      const done = new Future<number>();
      done.setResult(1);
      expect(await cancelOnAbort(signal, done)).toBe(1);
      await sleep(0);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    }));

  it('cancels the coroutine, whose clean-up runs before the error is thrown', () =>
    run(function* () {
      const log: unknown[] = [];
      const controller = new AbortController();
      const work = function* (): Steps<void> {
        try {
          yield* sleep(60_000);
        } catch (error) {
          log.push(isCancelled(error));
          yield* sleep(1);
          log.push('cleaned up');
          throw error;
        }
      };
      const reason = new Error('the client has gone');
      createTask(function* () {
        yield* turns(3);
        controller.abort(reason);
      });
      const error = yield* errorOf(createTask(() => cancelOnAbort(controller.signal, work())));
      expect(log).toEqual([true, 'cleaned up']);
      expect(error).toMatchObject({ name: 'CancelledError', message: 'the client has gone', reason });
    }));

  it('never starts a coroutine when the signal is already aborted', () =>
    run(function* () {
      let begun = false;
      const future = cancelOnAbort(
        AbortSignal.abort(),
        (function* (): Steps<void> {
          begun = true;
        })(),
      );
      const error = yield* errorOf(createTask(() => future));
      expect(error).toBeInstanceOf(CancelledError);
      expect(begun).toBe(false);
    }));

  it('accepts functions and timeout signals', () =>
    run(function* () {
      const future = cancelOnAbort(AbortSignal.timeout(1), async () => await sleep(60_000));
      const error = yield* errorOf(createTask(() => future));
      expect(error).toMatchObject({ name: 'CancelledError', reason: { name: 'TimeoutError' } });
      expect(yield* cancelOnAbort(new AbortController().signal, () => sleep(0, 'slept'))).toBe('slept');
    }));

  it('refuses the promise of a called async function, whose rejection is then ignored', () =>
    run(function* () {
      const { signal } = new AbortController();
      const failing = async (): Promise<void> => await Promise.reject(new Error('too late'));
      expect(() => cancelOnAbort(signal, failing() as never)).toThrow(
        'cancelOnAbort: a promise cannot be cancelled: pass the function itself, cancelOnAbort(signal, main) and not cancelOnAbort(signal, main())',
      );
      yield* sleep(1);
    }));

  it('a signal that outlives the loop aborts nothing', () => {
    const loop = newEventLoop();
    const controller = new AbortController();
    const future = new Future({ loop });
    loop.runUntilComplete(function* () {
      void cancelOnAbort(controller.signal, future);
    });
    loop.close();
    controller.abort();
    expect(future.done()).toBe(false);
  });

  it('rejects anything but a signal and an awaitable', () =>
    run(function* () {
      expect(() => cancelOnAbort({ aborted: false } as never, sleep(1))).toThrow(
        /cancelOnAbort: signal: expected an AbortSignal/,
      );
      expect(() => cancelOnAbort(new AbortController().signal, 5 as never)).toThrow(TypeError);
    }));
});
