import type { Task } from 'selectloop';
import {
  CancelledError,
  Future,
  type Steps,
  allTasks,
  coroutine,
  createTask,
  gather,
  newEventLoop,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';

const echo = coroutine(function* (delayMs: number, value: unknown): Steps<unknown> {
  yield* sleep(delayMs);
  if (value instanceof Error) throw value;
  return value;
});

describe('gather: results', () => {
  inBothFlavours(
    'returns results in the order of the arguments, whatever the order of completion',
    {
      *generator() {
        return yield* gather([echo(3, 'a'), echo(1, 'b'), echo(2, 'c')]);
      },
      async async() {
        return await gather([echo(3, 'a'), echo(1, 'b'), echo(2, 'c')]);
      },
    },
    function* (start, { loop }) {
      const before = loop.time();
      expect(yield* start()).toEqual(['a', 'b', 'c']);
      expect(loop.time() - before).toBeCloseTo(3, 3); // concurrently, not one after the other
    },
  );

  it('runs an awaitable given three times once and fills three slots with its result', () => {
    runSync(function* () {
      let runs = 0;
      const once = coroutine(function* (): Steps<number> {
        runs += 1;
        yield* sleep(0);
        return runs;
      })();
      const generator = (function* (): Steps<string> {
        return 'g';
      })();
      const future = new Future<number>();
      future.setResult(7);
      expect(yield* gather([once, future, once, generator, once, generator, future])).toEqual([
        1,
        7,
        1,
        'g',
        1,
        'g',
        7,
      ]);
    });
  });

  it('accepts every kind of awaitable', async () => {
    const results = await run(async () => {
      const future = new Future<string>();
      future.setResult('future');
      return await gather([
        echo(1, 'coroutine'),
        future,
        createTask(async () => 'task'),
        Promise.resolve('promise'),
        (function* (): Steps<string> {
          return 'generator';
        })(),
        gather([future]),
      ]);
    });
    expect(results).toEqual(['coroutine', 'future', 'task', 'promise', 'generator', ['future']]);
  });

  it('gather([]) is already done with an empty list', () => {
    runSync(function* () {
      const nothing = gather([]);
      expect([nothing.done(), nothing.result()]).toEqual([true, []]);
    });
  });

  it('is already done when all its children are, with their results or the first error', () => {
    runSync(function* () {
      const good = new Future<number>();
      good.setResult(1);
      expect(gather([good, good]).result()).toEqual([1, 1]);
      const bad = new Future();
      bad.setException(new Error('bad'));
      expect(gather([good, bad]).exception()).toEqual(new Error('bad'));
      expect(gather([bad, good], { returnExceptions: true }).result()).toEqual([new Error('bad'), 1]);
    });
  });

  it.each([{}, 5, null, undefined, 'text', () => {}, { next: () => {} }])(
    'throws a TypeError for a list that contains %s, and starts no element of it',
    async (bad) => {
      const log: string[] = [];
      await run(function* () {
        const never = coroutine(function* (): Steps<void> {
          log.push('ran');
        });
        expect(() => gather([never(), bad as never, never()])).toThrow(TypeError);
        expect(allTasks().size).toBe(1);
        yield* turns();
      });
      expect(log).toEqual([]);
    },
  );

  it.each([{}, 5, null, 'text', new Set()])('throws a TypeError for gather(%s), which is not an array', (list) => {
    runSync(function* () {
      expect(() => gather(list as never)).toThrow(/expected an array of awaitables/);
    });
  });

  it('throws a RangeError for futures of two loops', () => {
    const [one, two] = [newEventLoop(), newEventLoop()];
    expect(() => gather([one.createFuture(), two.createFuture()])).toThrow(RangeError);
    expect(gather([one.createFuture()]).getLoop()).toBe(one);
    one.close();
    two.close();
  });

  it('needs a running loop for coroutines', () => {
    expect(() => gather([echo(0, 1)])).toThrow(expect.objectContaining({ code: 'ERR_NO_RUNNING_LOOP' }) as Error);
  });
});

describe('gather: errors', () => {
  inBothFlavours<unknown, [readonly Task[]]>(
    'passes the first error on immediately; the other children keep running and their errors are not reported',
    {
      *generator(_, children) {
        return yield* gather(children);
      },
      async async(_, children) {
        return await gather(children);
      },
    },
    function* (start, { loop, log }) {
      const first = new RangeError('first');
      const before = loop.time();
      const children = [
        createTask(echo(1, first)),
        createTask(echo(2, new Error('second'))),
        createTask(function* () {
          yield* sleep(3);
          log.push('third continues');
        }),
      ];
      expect(yield* outcomeOf(start(children))).toEqual({ error: first });
      expect(loop.time() - before).toBeLessThan(1.5);
      expect(children.map((child) => child.done())).toEqual([true, false, false]);
      yield* sleep(5);
      expect(log).toEqual(['third continues']);
      expectQuiet(loop);
      // runCase checks that nothing was reported.
    },
  );

  inBothFlavours(
    'with returnExceptions, errors and cancellations are results',
    {
      *generator() {
        const cancelled = createTask(sleep(1000));
        cancelled.cancel('c');
        return yield* gather([echo(1, new Error('e')), cancelled, echo(2, 'r')], { returnExceptions: true });
      },
      async async() {
        const cancelled = createTask(sleep(1000));
        cancelled.cancel('c');
        return await gather([echo(1, new Error('e')), cancelled, echo(2, 'r')], { returnExceptions: true });
      },
    },
    function* (start) {
      const results = yield* start();
      expect(results).toEqual([new Error('e'), expect.objectContaining({ name: 'CancelledError', message: 'c' }), 'r']);
    },
  );

  it.each([undefined, null, 0, '', false, RangeError])('passes on any thrown value: %s', async (thrown) => {
    await run(async () => {
      const failing = async (): Promise<void> => {
        await sleep(0);
        throw thrown;
      };
      const outer = gather([createTask(failing), sleep(1)]);
      expect(
        await outer.then(
          () => 'no error',
          (error: unknown) => [error],
        ),
      ).toEqual([thrown]);
      expect(await gather([createTask(failing), sleep(1, 2)], { returnExceptions: true })).toEqual([thrown, 2]);
    });
  });

  it('a cancelled child fails the outer future with the same CancelledError without cancelling it', () => {
    runSync(function* () {
      const child = new Future();
      const outer = gather([child, sleep(1)]);
      child.cancel('child');
      yield* turns();
      expect([outer.done(), outer.cancelled()]).toEqual([true, false]);
      expect(outer.exception()).toBeInstanceOf(CancelledError);
      expect(() => child.result()).toThrow(outer.exception());
    });
  });

  it('reports the error of a gather that is never awaited once, and the errors of its children not at all', () => {
    const loop = virtualLoop();
    const errors = collectErrors(loop);
    loop.runUntilComplete(function* () {
      void gather([echo(1, new Error('one')), echo(1, new Error('two'))]);
      yield* sleep(5);
    });
    loop.close();
    expect(errors.map(({ exception }) => (exception as Error).message)).toEqual(['one']);
  });
});

describe('gather: cancellation', () => {
  inBothFlavours<unknown, [readonly Task[], boolean]>(
    'cancels every unfinished child and ends after their clean-up',
    {
      *generator(_, children, returnExceptions) {
        return yield* gather(children, { returnExceptions });
      },
      async async(_, children, returnExceptions) {
        return await gather(children, { returnExceptions });
      },
    },
    function* (start, { log, loop }) {
      for (const returnExceptions of [true, false]) {
        const child = (name: string): Task =>
          createTask(function* () {
            try {
              yield* sleep(1000);
            } finally {
              log.push(name);
            }
          });
        const task = start([child('a'), createTask(echo(1, 'done')), child('b')], returnExceptions);
        yield* sleep(2);
        expect(task.cancel('m')).toBe(true);
        expect(yield* outcomeOf(task)).toEqual(cancelledWith('m'));
        expect(log.splice(0)).toEqual(['a', 'b']);
        expectQuiet(loop);
      }
    },
  );

  it.each([true, false])(
    'a cancelled gather fails with CancelledError but does not count as cancelled (returnExceptions %s)',
    (returnExceptions) => {
      runSync(function* () {
        const outer = gather([createTask(sleep(1000)), createTask(sleep(1000))], { returnExceptions });
        yield* turns();
        expect(outer.cancel('m')).toBe(true);
        expect(outer.done()).toBe(false);
        yield* turns();
        expect([outer.done(), outer.cancelled()]).toEqual([true, false]);
        expect(outer.exception()).toMatchObject({ name: 'CancelledError', message: 'm' });
        expect(outer.cancel()).toBe(false);
      });
    },
  );

  it('cancel() returns false when all children are done, and the results stand', () => {
    runSync(function* () {
      const child = new Future<number>();
      const outer = gather([child]);
      child.setResult(42);
      expect(outer.done()).toBe(false); // its callback has not run yet
      expect(outer.cancel()).toBe(false);
      expect(yield* outer).toEqual([42]);
    });
  });

  it('is cancelled even when its children refuse to be', () => {
    runSync(function* () {
      const stubborn = (): Task =>
        createTask(function* () {
          try {
            yield* sleep(1000);
          } catch {
            return 'refused';
          }
          return 'slept';
        });
      for (const returnExceptions of [true, false]) {
        const children = [stubborn(), stubborn()];
        const outer = gather(children, { returnExceptions });
        yield* turns();
        outer.cancel('m');
        const waiting = createTask(function* () {
          return yield* outer;
        });
        expect(yield* outcomeOf(waiting)).toEqual(cancelledWith('m'));
        expect(children.map((child) => child.result())).toEqual(['refused', 'refused']);
      }
    });
  });

  it('cancelling a nested gather reaches the innermost child', () => {
    runSync(function* () {
      const future = new Future();
      const outer = gather([gather([gather([future])]), sleep(1000)]);
      yield* turns();
      outer.cancel('deep');
      expect(future.cancelled()).toBe(true);
      yield* turns(6);
      expect(outer.exception()).toMatchObject({ message: 'deep' });
    });
  });

  it('cancels a child that was given twice only once', () => {
    runSync(function* () {
      const child = createTask(sleep(1000));
      const outer = gather([child, child]);
      yield* turns();
      outer.cancel();
      expect(child.cancelling()).toBe(1);
      yield* turns();
      expect(outer.done()).toBe(true);
    });
  });
});
