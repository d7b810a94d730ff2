import {
  CancelledError,
  ExceptionGroup,
  type Task,
  type Timeout,
  TimeoutError,
  currentTask,
  type getRunningLoop,
  sleep,
  timeout,
  timeoutAt,
} from 'selectloop';
import { describe, expect } from 'vitest';

import { expectQuiet, inBothFlavours, outcomeOf } from '../tasks/both-flavours.js';

const timedOut: unknown = { error: expect.any(TimeoutError) as unknown };

/** The task that runs a body, as the body sees it. */
const self = (): Task => currentTask() as Task;
const counted = (): number => self().cancelling();

describe('timeout: the body ends in time', () => {
  inBothFlavours(
    "returns the body's result, has not expired, and leaves no timer",
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
    'null and Infinity mean no deadline',
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
    'with a limit of zero or less, a body that does not wait ends normally',
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
    'passes an error of the body through unchanged',
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

/** Called inside the task: the two tasks are the caller and the driver that waits for it. */
function expectQuiet2(loop: ReturnType<typeof getRunningLoop>): void {
  expect(loop.statistics()).toMatchObject({ scheduled: 0, tasks: 2 });
}

describe('timeout: the deadline passes', () => {
  inBothFlavours(
    'throws TimeoutError at the deadline, caused by the CancelledError, and leaves no cancellation request',
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
    'with a limit of zero or less, interrupts the first wait, even sleep(0)',
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
    'a body that swallows the cancellation returns its result, and the timeout reports that it has expired',
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
    "an error of the body's clean-up replaces the TimeoutError, which becomes its cause",
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
