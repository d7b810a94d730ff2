import { CancelledError, type Task, type Timeout, TimeoutError, currentTask, sleep, timeout } from 'selectloop';
import { describe, expect } from 'vitest';

import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';

const timedOut: unknown = { error: expect.any(TimeoutError) as unknown };

/** The task that runs a body, as the body sees it. */
const self = (): Task => currentTask() as Task;
const counted = (): number => self().cancelling();

describe('timeout: cancellation from outside', () => {
  inBothFlavours(
    'before the deadline throws CancelledError, and the timeout has not expired',
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
      `coinciding with the expiry, ${first} first, throws CancelledError`,
      longBody,
      function* (start, { log, loop }) {
        const whenMs = loop.time() + 100;
        let task: Task<void> | null = null;
        // Timers with the same deadline run in the order in which they were made; the timeout's is made when its body begins.
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
    'requested before the body begins and thrown inside it, together with the expiry, is not converted to TimeoutError',
    {
      *generator() {
        self().cancel('outside');
        yield* timeout(0, function* () {
          try {
            yield* sleep(0);
          } finally {
            yield* sleep(0); // expires while the cancellation propagates
          }
        });
      },
      async async() {
        self().cancel('outside');
        await timeout(0, async () => {
          try {
            await sleep(0);
          } finally {
            await sleep(0);
          }
        });
      },
    },
    function* (start, { loop }) {
      const task = start();
      expect(yield* outcomeOf(task)).toMatchObject({ error: { name: 'CancelledError' } });
      expect(task.cancelling()).toBe(1);
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    'during the clean-up of an expired body is not converted to TimeoutError',
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
    'is thrown at the next wait when it comes after the expiry and the body has no wait left',
    {
      *generator() {
        yield* timeout(10, function* () {
          try {
            yield* sleep(1000);
          } catch {
            self().cancel('outside'); // the body does not wait again
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
    'timeout(0) in the clean-up after a swallowed cancellation still throws TimeoutError',
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
    'in the clean-up after a swallowed cancellation throws CancelledError',
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
      `with ${name} deadline the inner body gets CancelledError and only the outermost scope throws TimeoutError`,
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
    'the inner timeout expires first, and the outer one interrupts the wait that follows it',
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
    'a timeout inside the clean-up of an expired one works',
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
