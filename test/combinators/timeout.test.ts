import {
  CancelledError,
  ExceptionGroup,
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
  runSync,
  sleep,
  timeout,
  timeoutAt,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { openLoop } from '../support/loops.js';
import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';

const timedOut: unknown = { error: expect.any(TimeoutError) as unknown };

/** The task that runs a body, as the body may ask for it. */
const self = (): Task => currentTask() as Task;
const counted = (): number => self().cancelling();

describe('timeout: the body ends in time', () => {
  inBothFlavours(
    'H10: gives its result; it has not expired, and its timer is gone',
    {
      *generator({ log, loop }) {
        const result = yield* timeout(100, function* (scope) {
          log.push(scope);
          expect(scope.when()).toBe(loop.time() + 100);
          yield* sleep(99);
          return 'done';
        });
        expectQuiet2(loop);
        return result;
      },
      async async({ log, loop }) {
        const result = await timeout(100, async (scope) => {
          log.push(scope);
          expect(scope.when()).toBe(loop.time() + 100);
          await sleep(99);
          return 'done';
        });
        expectQuiet2(loop);
        return result;
      },
    },
    function* (start, { log }) {
      expect(yield* start()).toBe('done');
      const [scope] = log as [Timeout];
      expect(scope.expired()).toBe(false);
      expect(String(scope)).toBe('<Timeout [finished]>');
    },
  );

  inBothFlavours(
    'H10: null is never, and so is Infinity',
    {
      *generator() {
        yield* timeoutAt(null, function* (scope) {
          expect(scope.when()).toBeNull();
          yield* sleep(1e9);
        });
        yield* timeout(Infinity, () => sleep(1e9));
        return yield* timeout(null, () => sleep(1e9, 'late'));
      },
      async async() {
        await timeoutAt(null, async (scope) => {
          expect(scope.when()).toBeNull();
          await sleep(1e9);
        });
        await timeout(Infinity, async () => await sleep(1e9));
        return await timeout(null, async () => await sleep(1e9, 'late'));
      },
    },
    function* (start, { loop }) {
      expect(yield* start()).toBe('late');
      expectQuiet(loop);
    },
  );

  inBothFlavours<unknown, [number]>(
    'H11: with zero or less a body that does not wait ends as it would',
    {
      *generator(_, delayMs) {
        return [
          yield* timeout(delayMs, function* () {
            return 1;
          }),
          counted(),
        ];
      },
      async async(_, delayMs) {
        return [await timeout(delayMs, async () => 1), counted()];
      },
    },
    function* (start, { loop }) {
      for (const delayMs of [0, -10]) expect(yield* start(delayMs)).toEqual([1, 0]);
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    'H12: an error passes through as it is',
    {
      *generator() {
        yield* timeout(100, function* () {
          yield* sleep(1);
          throw new RangeError('mine');
        });
      },
      async async() {
        await timeout(100, async () => {
          await sleep(1);
          throw new RangeError('mine');
        });
      },
    },
    function* (start, { loop }) {
      const outcome = yield* outcomeOf(start());
      expect(outcome).toEqual({ error: new RangeError('mine') });
      expect((outcome as { error: Error }).error.cause).toBeUndefined();
      expectQuiet(loop);
    },
  );
});

/** Inside the task: it, and the driver that waits for it. */
function expectQuiet2(loop: ReturnType<typeof getRunningLoop>): void {
  expect(loop.statistics()).toMatchObject({ scheduled: 0, tasks: 2 });
}

describe('timeout: the time is over', () => {
  inBothFlavours(
    'H16: TimeoutError, at the deadline, caused by the CancelledError; the task is clean and goes on',
    {
      *generator({ log, loop }) {
        const before = loop.time();
        try {
          yield* timeout(100, function* (scope) {
            log.push(scope);
            try {
              yield* sleep(1000);
            } catch (error) {
              log.push(error, String(scope), counted());
              throw error;
            }
          });
        } catch (error) {
          log.push(error, loop.time() - before, counted());
        }
        yield* sleep(1);
        return 'on';
      },
      async async({ log, loop }) {
        const before = loop.time();
        try {
          await timeout(100, async (scope) => {
            log.push(scope);
            try {
              await sleep(1000);
            } catch (error) {
              log.push(error, String(scope), counted());
              throw error;
            }
          });
        } catch (error) {
          log.push(error, loop.time() - before, counted());
        }
        await sleep(1);
        return 'on';
      },
    },
    function* (start, { log, loop }) {
      const task = start();
      expect(yield* task).toBe('on');
      expect(task.cancelling()).toBe(0);
      const [scope, cancelled, state, count, error, elapsed, countAfter] = log as [Timeout, ...unknown[]];
      expect(cancelled).toBeInstanceOf(CancelledError);
      expect([state, count, elapsed, countAfter]).toEqual(['<Timeout [expiring]>', 1, 100, 0]);
      expect(error).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT', cause: cancelled });
      expect(scope.expired()).toBe(true);
      expect(String(scope)).toBe('<Timeout [expired]>');
      expectQuiet(loop);
    },
  );

  inBothFlavours<unknown, [number]>(
    'H11: with zero or less the first wait is interrupted, even sleep(0)',
    {
      *generator({ log }, delayMs) {
        yield* timeout(delayMs, function* () {
          log.push('begun');
          yield* sleep(0);
          yield* sleep(0);
          log.push('not reached');
        });
      },
      async async({ log }, delayMs) {
        await timeout(delayMs, async () => {
          log.push('begun');
          await sleep(0);
          await sleep(0);
          log.push('not reached');
        });
      },
    },
    function* (start, { log }) {
      for (const delayMs of [0, -10]) expect(yield* outcomeOf(start(delayMs))).toEqual(timedOut);
      expect(log).toEqual(['begun', 'begun']);
    },
  );

  inBothFlavours(
    'waits for the clean-up of the body, however long it takes',
    {
      *generator({ loop }) {
        const before = loop.time();
        try {
          yield* timeout(10, function* () {
            try {
              yield* sleep(1000);
            } finally {
              yield* sleep(50);
            }
          });
        } catch (error) {
          return [loop.time() - before, error];
        }
        return null;
      },
      async async({ loop }) {
        const before = loop.time();
        try {
          await timeout(10, async () => {
            try {
              await sleep(1000);
            } finally {
              await sleep(50);
            }
          });
        } catch (error) {
          return [loop.time() - before, error];
        }
        return null;
      },
    },
    function* (start) {
      expect(yield* start()).toEqual([60, expect.any(TimeoutError)]);
    },
  );

  inBothFlavours(
    'a body that refuses gives its result; the timeout says that it has expired',
    {
      *generator({ log }) {
        return yield* timeout(10, function* (scope) {
          log.push(scope);
          try {
            yield* sleep(1000);
          } catch {
            yield* sleep(5);
          }
          return 'refused';
        });
      },
      async async({ log }) {
        return await timeout(10, async (scope) => {
          log.push(scope);
          try {
            await sleep(1000);
          } catch {
            await sleep(5);
          }
          return 'refused';
        });
      },
    },
    function* (start, { log }) {
      const task = start();
      expect(yield* task).toBe('refused');
      expect((log[0] as Timeout).expired()).toBe(true);
      expect(task.cancelling()).toBe(0);
    },
  );

  inBothFlavours<unknown, [Error]>(
    'H12: an error of a clean-up that ran because of it is not hidden, and its cause is the timeout',
    {
      *generator(_, error) {
        yield* timeout(10, function* () {
          try {
            yield* sleep(1000);
          } finally {
            throw error; // eslint-disable-line no-unsafe-finally -- the subject
          }
        });
      },
      async async(_, error) {
        await timeout(10, async () => {
          try {
            await sleep(1000);
          } finally {
            throw error; // eslint-disable-line no-unsafe-finally -- the subject
          }
        });
      },
    },
    function* (start) {
      const plain = new RangeError('clean-up');
      expect(yield* outcomeOf(start(plain))).toEqual({ error: plain });
      expect(plain.cause).toBeInstanceOf(TimeoutError);
      expect((plain.cause as Error).cause).toBeInstanceOf(CancelledError);
      expect(Object.keys(plain)).toEqual([]); // a cause is not enumerable, as in native errors

      const explained = new RangeError('clean-up', { cause: 'known' });
      expect(yield* outcomeOf(start(explained))).toEqual({ error: explained });
      expect(explained.cause).toBe('known');

      const frozen = Object.freeze(new RangeError('frozen'));
      expect(yield* outcomeOf(start(frozen))).toEqual({ error: frozen });

      const group = new ExceptionGroup('several', [new Error('one'), 'not an error']);
      expect(yield* outcomeOf(start(group))).toEqual({ error: group });
      expect((group.errors[0] as Error).cause).toBeInstanceOf(TimeoutError);
    },
  );
});

describe('timeout: cancellation from outside', () => {
  inBothFlavours(
    'H13: before the deadline it is a CancelledError, and the timeout has not expired',
    {
      *generator({ log }) {
        yield* timeout(100, function* (scope) {
          log.push(scope);
          yield* sleep(1000);
        });
      },
      async async({ log }) {
        await timeout(100, async (scope) => {
          log.push(scope);
          await sleep(1000);
        });
      },
    },
    function* (start, { log, loop }) {
      const task = start();
      yield* turns();
      task.cancel('outside');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
      expect((log[0] as Timeout).expired()).toBe(false);
      expect(task.cancelled()).toBe(true);
      expectQuiet(loop);
    },
  );

  const longBody = {
    *generator({ log }: { log: unknown[] }) {
      yield* timeout(100, function* (scope) {
        log.push(scope);
        yield* sleep(1000);
      });
    },
    async async({ log }: { log: unknown[] }) {
      await timeout(100, async (scope) => {
        log.push(scope);
        await sleep(1000);
      });
    },
  };

  for (const first of ['timeout', 'outside']) {
    inBothFlavours(
      `H17: together with the expiry, ${first} first: the CancelledError goes on`,
      longBody,
      function* (start, { log, loop }) {
        const whenMs = loop.time() + 100;
        let task: Task<void> | null = null;
        // Timers of one time run in the order in which they were made, the timeout's when the body begins.
        if (first === 'outside') loop.callAt(whenMs, () => task?.cancel('outside'));
        task = start();
        yield* turns();
        if (first === 'timeout') loop.callAt(whenMs, () => task.cancel('outside'));
        expect(yield* outcomeOf(task)).toMatchObject({ error: { name: 'CancelledError' } });
        expect((log[0] as Timeout).expired()).toBe(true);
        expect(task.cancelled()).toBe(true);
        expect(task.cancelling()).toBe(1);
        expectQuiet(loop);
      },
    );
  }

  inBothFlavours(
    'H17: outside cancels during the clean-up of an expired body: not converted',
    {
      *generator() {
        yield* timeout(10, function* () {
          try {
            yield* sleep(1000);
          } finally {
            yield* sleep(50);
          }
        });
      },
      async async() {
        await timeout(10, async () => {
          try {
            await sleep(1000);
          } finally {
            await sleep(50);
          }
        });
      },
    },
    function* (start, { loop }) {
      const task = start();
      yield* sleep(30);
      task.cancel('outside');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    'a cancellation that the body has refused after the expiry is thrown at the next wait if it came from outside as well',
    {
      *generator() {
        yield* timeout(10, function* () {
          try {
            yield* sleep(1000);
          } catch {
            self().cancel('outside'); // arrives while the body has no wait
          }
        });
        yield* sleep(1);
      },
      async async() {
        await timeout(10, async () => {
          try {
            await sleep(1000);
          } catch {
            self().cancel('outside');
          }
        });
        await sleep(1);
      },
    },
    function* (start) {
      expect(yield* outcomeOf(start())).toEqual(cancelledWith('outside'));
    },
  );

  inBothFlavours(
    'H18: in a clean-up with a request that was not taken back, timeout(0) is a TimeoutError all the same',
    {
      *generator() {
        try {
          yield* sleep(1000);
        } catch {
          const before = counted();
          try {
            yield* timeout(0, () => sleep(1));
          } catch (error) {
            return [before, error, counted()];
          }
        }
        return null;
      },
      async async() {
        try {
          await sleep(1000);
        } catch {
          const before = counted();
          try {
            await timeout(0, async () => await sleep(1));
          } catch (error) {
            return [before, error, counted()];
          }
        }
        return null;
      },
    },
    function* (start) {
      const task = start();
      yield* turns();
      task.cancel();
      expect(yield* task).toEqual([1, expect.any(TimeoutError), 1]);
    },
  );

  inBothFlavours(
    'H18: a cancellation from outside in such a clean-up is a CancelledError',
    {
      *generator() {
        try {
          yield* sleep(1000);
        } catch {
          yield* timeout(50, () => sleep(100));
        }
      },
      async async() {
        try {
          await sleep(1000);
        } catch {
          await timeout(50, async () => await sleep(100));
        }
      },
    },
    function* (start) {
      const task = start();
      yield* turns();
      task.cancel('first');
      yield* sleep(20);
      task.cancel('second');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('second'));
    },
  );
});

describe('timeout: nested', () => {
  for (const [name, outerMs, innerMs] of [
    ['the same', 10, 10],
    ['zero', 0, 0],
  ] as const) {
    inBothFlavours(
      `H14: with ${name} deadline the inner body sees a CancelledError, only the outermost throws TimeoutError`,
      {
        *generator({ log }) {
          try {
            yield* timeout(outerMs, function* (outer) {
              log.push(outer);
              try {
                yield* timeout(innerMs, function* (inner) {
                  log.push(inner);
                  yield* sleep(1000);
                });
              } catch (error) {
                log.push(error);
                throw error;
              }
            });
          } catch (error) {
            log.push(error);
          }
          return counted();
        },
        async async({ log }) {
          try {
            await timeout(outerMs, async (outer) => {
              log.push(outer);
              try {
                await timeout(innerMs, async (inner) => {
                  log.push(inner);
                  await sleep(1000);
                });
              } catch (error) {
                log.push(error);
                throw error;
              }
            });
          } catch (error) {
            log.push(error);
          }
          return counted();
        },
      },
      function* (start, { log, loop }) {
        expect(yield* start()).toBe(0);
        const [outer, inner, seenInside, seenOutside] = log as [Timeout, Timeout, unknown, unknown];
        expect([outer.expired(), inner.expired()]).toEqual([true, true]);
        expect(seenInside).toBeInstanceOf(CancelledError);
        expect(seenOutside).toBeInstanceOf(TimeoutError);
        expectQuiet(loop);
      },
    );
  }

  inBothFlavours(
    'H15: the loop blocked past both deadlines: nothing is lost, the outer interrupts what follows the inner',
    {
      *generator({ log, loop }) {
        yield* timeout(100, function* () {
          try {
            yield* timeout(10, function* () {
              yield* sleep(0);
              yield* sleep(5000);
            });
          } catch (error) {
            log.push(error, loop.time());
          }
          yield* sleep(5000);
          log.push('not reached');
        });
      },
      async async({ log, loop }) {
        await timeout(100, async () => {
          try {
            await timeout(10, async () => {
              await sleep(0);
              await sleep(5000);
            });
          } catch (error) {
            log.push(error, loop.time());
          }
          await sleep(5000);
          log.push('not reached');
        });
      },
    },
    function* (start, { log, loop }) {
      const outcome = yield* outcomeOf(start());
      expect(outcome).toEqual(timedOut);
      expect(log).toEqual([expect.any(TimeoutError), 10]);
      expect(loop.time()).toBe(100);
    },
  );

  inBothFlavours(
    'a timeout inside an expired one works in the clean-up',
    {
      *generator({ loop }) {
        const before = loop.time();
        const times: number[] = [];
        try {
          yield* timeout(10, function* () {
            try {
              yield* sleep(1000);
            } finally {
              try {
                yield* timeout(5, () => sleep(1000));
              } catch {
                times.push(loop.time() - before);
              }
            }
          });
        } catch (error) {
          expect(error).toBeInstanceOf(TimeoutError);
        }
        return times;
      },
      async async({ loop }) {
        const before = loop.time();
        const times: number[] = [];
        try {
          await timeout(10, async () => {
            try {
              await sleep(1000);
            } finally {
              try {
                await timeout(5, async () => await sleep(1000));
              } catch {
                times.push(loop.time() - before);
              }
            }
          });
        } catch (error) {
          expect(error).toBeInstanceOf(TimeoutError);
        }
        return times;
      },
    },
    function* (start) {
      expect(yield* start()).toEqual([15]);
    },
  );
});

describe('timeout: moving the deadline', () => {
  inBothFlavours(
    'H19: reschedule moves it, back and forth, and removes it',
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
      expect(yield* start()).toEqual([null, expect.any(TimeoutError), 10]);
      expectQuiet(loop);
    },
  );

  it('H19, H21: only while the body runs; each state says what it is', () => {
    runSync(function* () {
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

function* outcome(steps: Iterable<unknown>): Steps<unknown> {
  try {
    return yield* steps as Steps<unknown>;
  } catch (error) {
    return error;
  }
}

describe('timeout: misuse', () => {
  inBothFlavours(
    'H20: it is entered once; awaiting it again is an InvalidStateError',
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

  it('H20: outside of a task it cannot be stepped', () => {
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
  ])('a duration that is %s is refused at once', (_, value, type) => {
    runSync(function* () {
      const body = (): ReturnType<typeof sleep> => sleep(1);
      for (const make of [timeout, timeoutAt, moveOnAfter]) expect(() => make(value as never, body)).toThrow(type);
    });
  });

  it.each([[null], [5], [{}]])('a body that is %s is refused at once, one that returns it when it runs', (body) => {
    runSync(function* () {
      expect(() => timeout(1, body as never)).toThrow(/body: expected a function/);
      const error = yield* outcome(timeout(1, () => body as never));
      expect(error).toBeInstanceOf(TypeError);
      expectQuiet(getRunningLoop());
    });
  });
});

describe('moveOnAfter', () => {
  inBothFlavours(
    'says whether the body ended in time, and is silent about the rest',
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
    'errors and cancellations from outside pass',
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

  it('in another one: each leaves at its own time', () => {
    const nested = coroutine(function* (outerMs: number, innerMs: number): Steps<unknown> {
      return yield* moveOnAfter(outerMs, () => moveOnAfter(innerMs, () => sleep(100)));
    });
    runSync(function* () {
      expect(yield* nested(1, 2)).toEqual({ cancelled: true });
      expect(yield* nested(2, 1)).toEqual({ value: { cancelled: true }, cancelled: false });
    });
  });
});
