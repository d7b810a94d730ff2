import { Future, type Steps, coroutine, createTask, gather, shield, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { virtualLoop } from '../support/virtual-time.js';
import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';
import { blocking, hosted } from './in-virtual-time.js';

const failing = coroutine(function* (delayMs: number): Steps<never> {
  yield* sleep(delayMs);
  throw new RangeError('inner');
});

const shielding = {
  *generator(_: unknown, inner: Future<string>): Steps<string> {
    return yield* shield(inner);
  },
  async async(_: unknown, inner: Future<string>): Promise<string> {
    return await shield(inner);
  },
};

describe('shield', () => {
  inBothFlavours(
    'passes on the result, the error and the cancellation of the inner future',
    shielding,
    function* (start, { loop }) {
      expect(yield* start(createTask(sleep(1, 'value')))).toBe('value');
      expect(yield* outcomeOf(start(createTask(failing(1))))).toEqual({ error: new RangeError('inner') });
      const inner = new Future<string>();
      const task = start(inner);
      yield* turns();
      inner.cancel('inner');
      expect(yield* outcomeOf(task)).toMatchObject({ error: { name: 'CancelledError' } });
      expect(task.cancelled()).toBe(true);
      expectQuiet(loop);
    },
  );

  inBothFlavours('cancelling the shield leaves the inner task running', shielding, function* (start, { loop }) {
    const inner = createTask(sleep(10, 'kept'));
    const task = start(inner);
    yield* turns();
    task.cancel('outside');
    expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
    expect(inner.done()).toBe(false);
    expect(yield* inner).toBe('kept');
    expectQuiet(loop);
  });

  it('shielding a done future returns that future', () => {
    blocking(function* () {
      const future = new Future<number>();
      future.setResult(1);
      expect(shield(future)).toBe(future);
    });
  });

  it('a cancelled shield removes its callback from the inner future; only the one that reports errors stays', () => {
    blocking(function* () {
      const inner = new Future<number>();
      const callbacks = new Set<unknown>();
      const { addDoneCallback, removeDoneCallback } = inner;
      inner.addDoneCallback = (callback) => {
        callbacks.add(callback);
        addDoneCallback.call(inner, callback);
      };
      inner.removeDoneCallback = (callback) => {
        callbacks.delete(callback);
        return removeDoneCallback.call(inner, callback);
      };
      for (let i = 0; i < 5; i += 1) shield(inner).cancel();
      expect(callbacks.size).toBe(5);
      yield* turns();
      expect(callbacks.size).toBe(1);
    });
  });

  it('a shielded coroutine keeps running when its shield is cancelled and nothing else references its task', () => {
    const log: unknown[] = [];
    blocking(function* () {
      const outer = shield(
        (function* (): Steps<void> {
          yield* sleep(5);
          log.push('went on');
        })(),
      );
      yield* turns();
      outer.cancel();
      globalThis.gc?.();
      yield* sleep(10);
    });
    expect(log).toEqual(['went on']);
  });

  describe('the error of a shielded task', () => {
    /** Runs it on a loop and returns what the exception handler received before the loop was closed. */
    function reported(main: () => Steps<void>): unknown[] {
      const virtual = virtualLoop();
      const { loop } = virtual;
      const errors = collectErrors(loop);
      try {
        loop.runUntilComplete(main());
        return errors.map(({ message, exception }) => [message, exception]);
      } finally {
        loop.close();
      }
    }

    const report = ['exception in a shielded future whose shield was cancelled', new RangeError('inner')];

    it('is reported once, soon, when all its shields were cancelled and nothing waits for it', () => {
      const errors = reported(function* () {
        const inner = createTask(failing(1));
        const shields = [shield(inner), shield(inner), shield(inner)];
        for (const each of shields) each.cancel();
        yield* sleep(5);
      });
      expect(errors).toEqual([report]);
    });

    it('is not reported when another task waits for it', () => {
      const errors = reported(function* () {
        const inner = createTask(failing(1));
        const first = shield(inner);
        yield;
        first.cancel();
        yield* turns();
        const waiter = createTask(outcomeOf(inner)); // starts to wait after the cancellation
        yield* sleep(5);
        expect(yield* waiter).toEqual({ error: new RangeError('inner') });
      });
      expect(errors).toEqual([]);
    });

    it('is not reported when another shield still waits for it', () => {
      const errors = reported(function* () {
        const inner = createTask(failing(1));
        const [first, second] = [shield(inner), shield(inner)];
        first.cancel();
        try {
          yield* second;
        } catch (error) {
          expect(error).toEqual(new RangeError('inner'));
        }
        yield* sleep(1);
      });
      expect(errors).toEqual([]);
    });

    it('is not reported when the task was cancelled or succeeded', () => {
      const errors = reported(function* () {
        const cancelled = createTask(sleep(1));
        const fine = createTask(sleep(1));
        for (const each of [shield(cancelled), shield(fine)]) each.cancel();
        yield* turns();
        cancelled.cancel();
        yield* sleep(5);
      });
      expect(errors).toEqual([]);
    });
  });

  inBothFlavours<unknown, [Future<number[]>]>(
    'cancelling shield(gather(...)) leaves the children running, and their results are available',
    {
      *generator(_, children) {
        return yield* shield(children);
      },
      async async(_, children) {
        return await shield(children);
      },
    },
    function* (start) {
      const children = gather([sleep(5, 1), sleep(6, 2)]);
      const outer = start(children);
      yield* turns();
      outer.cancel();
      expect(yield* outcomeOf(outer)).toEqual(cancelledWith());
      expect(yield* children).toEqual([1, 2]);
    },
  );

  inBothFlavours<unknown, [Future]>(
    'cancelling gather([shield(a), shield(b)]) cancels only the shields',
    {
      *generator(_, outer) {
        return yield* outer;
      },
      async async(_, outer) {
        return await outer;
      },
    },
    function* (start) {
      const a = createTask(sleep(5, 'a'));
      const b = createTask(sleep(6, 'b'));
      const outer = gather([shield(a), shield(b)]);
      const task = start(outer);
      yield* turns();
      expect(task.cancel('enough')).toBe(true);
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('enough'));
      expect([yield* a, yield* b]).toEqual(['a', 'b']);
    },
  );

  it('accepts promises in a hosted loop and rejects values that cannot be awaited', async () => {
    await hosted(async () => {
      expect(await shield(Promise.resolve(4))).toBe(4);
      expect(() => shield(5 as never)).toThrow(TypeError);
    });
  });
});
