/** Scopes whose bodies are of the other flavour, scopes that are closed midway, and scopes side by side in Promise.all. */

import {
  type Coroutine,
  Future,
  type Steps,
  type Task,
  type TaskGroup,
  type Timeout,
  TimeoutError,
  coroutine,
  createTask,
  currentTask,
  getRunningLoop,
  moveOnAfter,
  newEventLoop,
  run,
  sleep,
  taskGroup,
  timeout,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { until } from '../support/protocols.js';
import { virtualLoop } from '../support/virtual-time.js';
import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';
import { blocking, hosted } from './in-virtual-time.js';

const self = (): Task => currentTask() as Task;

describe('scopes with a body of either flavour', () => {
  inBothFlavours<unknown, [Array<unknown>]>(
    'a generator body runs in the task that awaits the scope, in both flavours',
    {
      *generator(_, seen) {
        return yield* timeout(10, function* () {
          seen.push(self());
          yield* sleep(1);
          seen.push(self());
          return 'body';
        });
      },
      async async(_, seen) {
        return await timeout(10, function* () {
          seen.push(self());
          yield* sleep(1);
          seen.push(self());
          return 'body';
        });
      },
    },
    function* (start) {
      const seen: unknown[] = [];
      const task = start(seen);
      expect(yield* task).toBe('body');
      expect(seen).toEqual([task, task]);
    },
  );

  inBothFlavours(
    'a generator body is cut short by a timeout, by its group, and from outside, and cleans up each time',
    {
      *generator({ log }) {
        try {
          yield* timeout(10, cleaning(log, 'time'));
        } catch (error) {
          log.push((error as Error).name, self().cancelling());
        }
        yield* taskGroup(function* (group) {
          getRunningLoop().callLater(10, () => group.cancel());
          yield* cleaning(log, 'group')();
        });
        log.push(self().cancelling());
        yield* timeout(1000, cleaning(log, 'outside'));
      },
      async async({ log }) {
        try {
          await timeout(10, cleaning(log, 'time'));
        } catch (error) {
          log.push((error as Error).name, self().cancelling());
        }
        await taskGroup(function* (group) {
          getRunningLoop().callLater(10, () => group.cancel());
          yield* cleaning(log, 'group')();
        });
        log.push(self().cancelling());
        await timeout(1000, cleaning(log, 'outside'));
      },
    },
    function* (start, { log, loop }) {
      const task = start();
      yield* sleep(50);
      task.cancel('outside');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
      expect(log).toEqual(['time', 'TimeoutError', 0, 'group', 0, 'outside']);
      expectQuiet(loop);
    },
  );

  it('an async body in a generator task runs in its own task, which the scope can end, and waits for', async () => {
    const log: unknown[] = [];
    await hosted(function* () {
      const task = self();
      expect(yield* timeout(100, async () => [self() === task, await sleep(1, 'value')])).toEqual([false, 'value']);
      try {
        yield* timeout(10, async () => {
          try {
            await sleep(1000);
          } finally {
            await sleep(5);
            log.push('cleaned up');
          }
        });
      } catch (error) {
        log.push((error as Error).name, task.cancelling());
      }
      expectQuiet(getRunningLoop());

      const outer = createTask(() =>
        taskGroup(async (group) => {
          group.createTask(sleep(1000));
          await sleep(1000);
        }),
      );
      yield* sleep(5);
      outer.cancel('outside');
      expect(yield* outcomeOf(outer)).toEqual(cancelledWith('outside'));
      expectQuiet(getRunningLoop());
    });
    expect(log).toEqual(['cleaned up', 'TimeoutError', 0]);
  });

  it('of scopes nested across flavours with one deadline, the outermost throws TimeoutError', async () => {
    await hosted(function* () {
      const seen: string[] = [];
      const nameOf = (error: unknown): string => (error as Error).name;
      try {
        yield* timeout(10, async () => {
          try {
            await timeout(10, function* () {
              try {
                yield* timeout(10, async () => await sleep(1000));
              } catch (error) {
                seen.push(nameOf(error));
                throw error;
              }
            });
          } catch (error) {
            seen.push(nameOf(error));
            throw error;
          }
        });
      } catch (error) {
        seen.push(nameOf(error));
      }
      expect(seen).toEqual(['CancelledError', 'CancelledError', 'TimeoutError']);
      expect(self().cancelling()).toBe(0);
      expectQuiet(getRunningLoop());
    });
  });

  it('a blocking loop refuses an async body before any of it runs', () => {
    const log: unknown[] = [];
    blocking(function* () {
      const error = yield* outcomeOf(
        createTask(() =>
          timeout(10, async () => {
            log.push('ran');
          }),
        ),
      );
      expect(error).toMatchObject({ error: { code: 'ERR_NEEDS_HOST' } });
      expectQuiet(getRunningLoop());
    });
    expect(log).toEqual([]);
  });

  it('a body may return an awaitable: a coroutine, a future, a task or a promise', async () => {
    await hosted(async () => {
      const done = new Future<number>();
      done.setResult(2);
      expect(await timeout(1000, () => sleep(1, 1))).toBe(1);
      expect(await timeout(1000, () => done)).toBe(2);
      expect(await timeout(1000, () => createTask(sleep(1, 3)))).toBe(3);
      expect(await timeout(1000, () => Promise.resolve(4))).toBe(4);
      await expect(timeout(1, () => new Promise(() => undefined)).then()).rejects.toThrow(TimeoutError);
    });
  });

  it('a scope awaited outside a task gets a task', async () => {
    const loop = newEventLoop();
    try {
      const results: unknown[] = [];
      loop.callSoon(() => {
        void timeout(1000, async () => await sleep(1, 'async')).then((value) => results.push(value));
        void timeout(1000, () => sleep(1, 'generator')).then((value) => results.push(value));
      });
      await run(() => until(() => results.length === 2), { loopFactory: () => loop });
      expect(results.sort()).toEqual(['async', 'generator']);
    } finally {
      loop.close();
    }
  });

  it('in a generator task, `then` gives the scope its own task instead of making the caller wait', async () => {
    await hosted(function* (): Steps<void> {
      const promise = timeout(1, async () => await new Future()).then(
        () => 'value',
        (error) => (error as Error).name,
      );
      yield* sleep(30); // that timeout must not interrupt it
      const task = createTask(() => promise);
      expect(yield* task).toBe('TimeoutError');
      expect(self().cancelling()).toBe(0);
    });
  });

  it('a scope that is never awaited and that the end of the run cancels causes no unhandled rejection', async () => {
    const rejections: unknown[] = [];
    const note = (error: unknown): void => void rejections.push(error);
    process.on('unhandledRejection', note);
    try {
      await hosted(async () => {
        void timeout(1e6, async () => await sleep(1e6)).then(() => undefined);
        await sleep(1);
      });
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(rejections).toEqual([]);
  });
});

/** A body that sleeps for a long time and takes a moment to clean up. */
function cleaning(log: unknown[], name: string): () => Steps<void> {
  return function* () {
    try {
      yield* sleep(1000);
    } finally {
      yield* sleep(1);
      log.push(name);
    }
  };
}

describe('closing an entered scope', () => {
  /** Steps a coroutine by hand inside a task, up to its first wait. */
  function begin(operation: Coroutine<unknown>): Steps<unknown> {
    const steps = operation[Symbol.iterator]();
    const { value } = steps.next();
    expect(value).toBeInstanceOf(Future);
    (value as Future)._yielded = false;
    return steps;
  }

  it('closing a timeout runs the finally of its body and removes its timer', () => {
    using virtual = virtualLoop();
    const log: unknown[] = [];
    virtual.loop.runUntilComplete(
      (function* () {
        const gate = new Future();
        let scope: Timeout | null = null;
        const operation = timeout(1000, function* (each) {
          scope = each;
          try {
            yield* gate;
          } finally {
            log.push('finally');
          }
        });
        begin(operation);
        expect(virtual.loop.statistics().scheduled).toBe(1);
        operation.close();
        expectQuiet(virtual.loop);
        expect(String(scope)).toBe('<Timeout [finished]>');
        yield* sleep(2000);
        expect(self().cancelling()).toBe(0);
      })(),
    );
    expect(log).toEqual(['finally']);
  });

  it('closing a scope that is expiring takes its cancellation request back', () => {
    using virtual = virtualLoop();
    virtual.loop.runUntilComplete(
      (function* () {
        const operation = moveOnAfter(10, () => new Future());
        begin(operation);
        try {
          yield* sleep(20);
          expect.unreachable();
        } catch {
          expect(self().cancelling()).toBe(1);
        }
        operation.close();
        expect(self().cancelling()).toBe(0);
        yield* sleep(1);
        expectQuiet(virtual.loop);
      })(),
    );
  });

  it('closing a task group cancels its tasks and reports their errors as lost', () => {
    using virtual = virtualLoop();
    const reports = collectErrors(virtual.loop);
    virtual.loop.runUntilComplete(
      (function* () {
        const log: unknown[] = [];
        let group: TaskGroup | null = null;
        const operation = taskGroup(function* (each) {
          group = each;
          each.createTask(cleaning(log, 'fine'));
          each.createTask(function* () {
            try {
              yield* sleep(1000);
            } finally {
              throw new RangeError('lost'); // eslint-disable-line no-unsafe-finally -- the subject
            }
          });
          yield* new Future();
        });
        begin(operation);
        yield* turns();
        operation.close();
        expect(() => group?.createTask(sleep(1))).toThrow('TaskGroup is shutting down');
        yield* sleep(10);
        expect(log).toEqual(['fine']);
        expect(self().cancelling()).toBe(0);
        expectQuiet(virtual.loop);
      })(),
    );
    virtual.loop.close();
    expect(reports.map(({ exception }) => exception)).toEqual([new RangeError('lost')]);
  });

  it('a closed scope that had not begun never runs', () => {
    blocking(function* () {
      const operation = timeout(1000, function* () {
        expect.unreachable();
      });
      operation.close();
      expectQuiet(getRunningLoop());
    });
  });
});

describe('scopes and Promise.all', () => {
  it('a scope that times out in Promise.all cancels what the task runs beside it; scopes in their own tasks are independent', async () => {
    const limited = coroutine(function* (delayMs: number): Steps<string> {
      return yield* timeout(delayMs, () => sleep(20, 'in time'));
    });
    await hosted(async () => {
      const beside = await Promise.allSettled([
        timeout(100, async () => await sleep(20)),
        timeout(10, async () => await sleep(20)),
      ]);
      expect(beside.map((each) => ((each as PromiseRejectedResult).reason as Error).name)).toEqual([
        'CancelledError',
        'TimeoutError',
      ]);
      expect(self().cancelling()).toBe(0);
      const apart = await outcomesOf(limited(100), limited(10));
      expect(apart).toEqual(['in time', 'TimeoutError']);
    });
  });

  async function outcomesOf(...operations: Array<Coroutine<string>>): Promise<string[]> {
    const tasks = operations.map((operation) => createTask(operation));
    return await Promise.all(tasks.map((task) => task.then(undefined, (error) => (error as Error).name)));
  }
});
