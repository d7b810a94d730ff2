import {
  Future,
  InvalidStateError,
  type Steps,
  type Task,
  type Timeout,
  TimeoutError,
  coroutine,
  currentTask,
  getRunningLoop,
  moveOnAfter,
  sleep,
  timeout,
  timeoutAt,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { openLoop } from '../support/loops.js';
import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';
import { blocking } from './in-virtual-time.js';

/** The task that runs a body, as the body sees it. */
const self = (): Task => currentTask() as Task;
const counted = (): number => self().cancelling();

function* outcome(steps: Iterable<unknown>): Steps<unknown> {
  try {
    return yield* steps as Steps<unknown>;
  } catch (error) {
    return error;
  }
}

describe('timeout: moving the deadline', () => {
  inBothFlavours(
    'reschedule moves the deadline in both directions and removes it',
    {
      *generator({ loop }) {
        const seen: unknown[] = [];
        yield* timeout(10, function* (scope) {
          scope.reschedule(loop.time() + 100);
          yield* sleep(50);
          scope.reschedule(null);
          seen.push(scope.when());
          yield* sleep(500);
        });
        const before = loop.time();
        try {
          yield* timeout(1000, function* (scope) {
            yield* sleep(5);
            scope.reschedule(loop.time() + 5);
            yield* sleep(500);
          });
        } catch (error) {
          seen.push(error, loop.time() - before);
        }
        return seen;
      },
      async async({ loop }) {
        const seen: unknown[] = [];
        await timeout(10, async (scope) => {
          scope.reschedule(loop.time() + 100);
          await sleep(50);
          scope.reschedule(null);
          seen.push(scope.when());
          await sleep(500);
        });
        const before = loop.time();
        try {
          await timeout(1000, async (scope) => {
            await sleep(5);
            scope.reschedule(loop.time() + 5);
            await sleep(500);
          });
        } catch (error) {
          seen.push(error, loop.time() - before);
        }
        return seen;
      },
    },
    function* (start, { loop }) {
      expect(yield* start()).toEqual([null, new TimeoutError('the operation timed out after 10 ms'), 10]);
      expectQuiet(loop);
    },
  );

  it('reschedule works only while the body runs, and the error names the state', () => {
    blocking(function* () {
      let scope: Timeout | null = null;
      yield* timeout(50, function* (inner) {
        scope = inner;
        expect(String(inner)).toBe(`<Timeout [active] when=${String(inner.when())}>`);
        expect(() => inner.reschedule(NaN)).toThrow(RangeError);
        expect(() => inner.reschedule('1' as never)).toThrow(TypeError);
      });
      expect(() => scope?.reschedule(1)).toThrow(new InvalidStateError('cannot change a timeout that is finished'));

      yield* outcome(
        timeout(0, function* (inner) {
          scope = inner;
          try {
            yield* sleep(1);
          } finally {
            expect(() => inner.reschedule(1)).toThrow(
              new InvalidStateError('cannot change a timeout that is expiring'),
            );
          }
        }),
      );
      expect(() => scope?.reschedule(1)).toThrow(new InvalidStateError('cannot change a timeout that is expired'));
    });
  });
});

describe('timeout: misuse', () => {
  inBothFlavours(
    'can be entered only once; awaiting it again is an InvalidStateError',
    {
      *generator() {
        const once = timeout(10, () => sleep(1, 'first'));
        const first = yield* once;
        return [first, yield* outcome(once)];
      },
      async async() {
        const once = timeout(10, async () => await sleep(1, 'first'));
        const first = await once;
        return [first, await once.then(undefined, (error: unknown) => error)];
      },
    },
    function* (start) {
      expect(yield* start()).toEqual([
        'first',
        new InvalidStateError('cannot reuse already awaited coroutine timeout()'),
      ]);
    },
  );

  it('cannot be stepped outside a task', () => {
    using loop = openLoop();
    loop.callSoon(() => {
      const steps = timeout(1, function* () {})[Symbol.iterator]();
      expect(() => steps.next()).toThrow(/must be used inside a task/);
      loop.stop();
    });
    loop.runForever();
    expect.assertions(1);
  });

  it.each([
    ['a string', '5', TypeError],
    ['undefined', undefined, TypeError],
    ['NaN', NaN, RangeError],
  ])('rejects a duration that is %s at the call', (_, value, type) => {
    blocking(function* () {
      const body = (): ReturnType<typeof sleep> => sleep(1);
      for (const make of [timeout, timeoutAt, moveOnAfter]) expect(() => make(value as never, body)).toThrow(type);
    });
  });

  it.each([[null], [5], [{}]])(
    'rejects a body that is %s at the call, and a body that returns it when it runs',
    (body) => {
      blocking(function* () {
        expect(() => timeout(1, body as never)).toThrow(/body: expected a function/);
        const error = yield* outcome(timeout(1, () => body as never));
        expect(error).toBeInstanceOf(TypeError);
        expect(error).toHaveProperty(
          'message',
          expect.stringMatching(/^timeout: the body must return something to await, but returned (null|5|an object)/),
        );
        expectQuiet(getRunningLoop());
      });
    },
  );
});

describe('moveOnAfter', () => {
  inBothFlavours(
    'returns whether the body ended in time, and does not throw when it did not',
    {
      *generator({ loop }) {
        const inTime = yield* moveOnAfter(10, () => sleep(5, 'value'));
        const before = loop.time();
        const late = yield* moveOnAfter(10, () => sleep(50, 'value'));
        return [inTime, late, loop.time() - before, counted()];
      },
      async async({ loop }) {
        const inTime = await moveOnAfter(10, async () => await sleep(5, 'value'));
        const before = loop.time();
        const late = await moveOnAfter(10, async () => await sleep(50, 'value'));
        return [inTime, late, loop.time() - before, counted()];
      },
    },
    function* (start, { loop }) {
      expect(yield* start()).toEqual([{ value: 'value', cancelled: false }, { cancelled: true }, 10, 0]);
      expectQuiet(loop);
    },
  );

  inBothFlavours<unknown, ['error' | 'wait']>(
    'passes on errors and cancellations from outside',
    {
      *generator(_, what) {
        yield* moveOnAfter(10, function* () {
          if (what === 'error') throw new RangeError('mine');
          yield* new Future();
        });
      },
      async async(_, what) {
        await moveOnAfter(10, async () => {
          if (what === 'error') throw new RangeError('mine');
          await new Future();
        });
      },
    },
    function* (start) {
      expect(yield* outcomeOf(start('error'))).toEqual({ error: new RangeError('mine') });
      const task = start('wait');
      yield* turns();
      task.cancel('outside');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
    },
  );

  it('nested: each scope ends at its own deadline', () => {
    const nested = coroutine(function* (outerMs: number, innerMs: number): Steps<unknown> {
      return yield* moveOnAfter(outerMs, () => moveOnAfter(innerMs, () => sleep(100)));
    });
    blocking(function* () {
      expect(yield* nested(1, 2)).toEqual({ cancelled: true });
      expect(yield* nested(2, 1)).toEqual({ value: { cancelled: true }, cancelled: false });
    });
  });
});
