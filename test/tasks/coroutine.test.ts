import {
  Coroutine,
  Future,
  InvalidStateError,
  type Steps,
  Task,
  coroutine,
  createTask,
  ensureFuture,
  isCoroutine,
  isCoroutineFunction,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { turns } from './both-flavours.js';

const double = coroutine(function* double(n: number): Steps<number> {
  yield* sleep(0);
  return 2 * n;
});

describe('coroutine()', () => {
  it("makes a function with the generator function's name, and calling it runs nothing", async () => {
    const log: string[] = [];
    const op = coroutine(function* work(this: unknown, a: string): Steps<string> {
      log.push(a);
      return a;
    });
    expect(op.name).toBe('work');
    const made = op('x');
    expect(made).toBeInstanceOf(Coroutine);
    expect([made.name, String(made)]).toEqual(['work', '<Coroutine work()>']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual([]);
    expect(runSync(made)).toBe('x');
    expect(log).toEqual(['x']);
  });

  it('keeps `this`, so that it can be a method', () => {
    class Counter {
      count = 5;
      readonly next = coroutine(function* (this: Counter): Steps<number> {
        return this.count;
      });
    }
    expect(runSync(new Counter().next())).toBe(5);
  });

  it.each([
    ['a plain function', () => 1],
    ['an async function', async () => 1],
    ['an async generator function', async function* () {}],
    ['a coroutine function', double],
    ['a class', Map],
    ['a generator object', (function* () {})()],
    ['null', null],
  ])('rejects %s', (_, fn) => {
    expect(() => coroutine(fn as never)).toThrow(TypeError);
    expect(() => coroutine(fn as never)).toThrow(/expected a generator function/);
  });

  it('isCoroutineFunction is true only for coroutine functions and async functions', () => {
    const yes = [double, async () => {}, async function named() {}];
    const no = [() => {}, function* () {}, async function* () {}, sleep, Map, null, undefined, {}, 'f', double(1)];
    expect(yes.map(isCoroutineFunction)).toEqual(yes.map(() => true));
    expect(no.map(isCoroutineFunction)).toEqual(no.map(() => false));
  });

  it('isCoroutine is true only for coroutines and generator objects', () => {
    const yes = [double(1), sleep(0), (function* () {})()];
    const no = [
      double,
      Promise.resolve(),
      [][Symbol.iterator](),
      (async function* () {})(),
      null,
      undefined,
      {},
      { next: () => {} },
    ];
    expect(yes.map(isCoroutine)).toEqual(yes.map(() => true));
    expect(no.map(isCoroutine)).toEqual(no.map(() => false));
  });
});

describe('awaiting a Coroutine', () => {
  it('yield* runs it inside the caller, without an iteration when it does not wait', () => {
    const instant = coroutine(function* (): Steps<number> {
      return 1;
    });
    runSync(function* () {
      const log: string[] = [];
      createTask(function* () {
        log.push('other');
      });
      expect(yield* instant()).toBe(1);
      expect(log).toEqual([]);
    });
  });

  it('works once, in either flavour', async () => {
    await run(async () => {
      const once = double(1);
      expect(await once).toBe(2);
      await expect(once).rejects.toThrow(new InvalidStateError('cannot reuse already awaited coroutine double()'));
      expect(() => createTask(once)).toThrow(InvalidStateError);
    });
    runSync(function* () {
      const once = double(1);
      expect(yield* once).toBe(2);
      expect(() => once[Symbol.iterator]()).toThrow(InvalidStateError);
    });
  });

  it('in an async function runs the first step immediately, at the call of then()', async () => {
    const log: string[] = [];
    const op = coroutine(function* (): Steps<void> {
      log.push('first step');
      yield* sleep(0);
      log.push('second step');
    });
    await run(async () => {
      const promise = op().then(() => log.push('then'));
      log.push('after then()');
      await promise;
    });
    expect(log).toEqual(['first step', 'after then()', 'second step', 'then']);
  });

  it('rejects for an error in the first step instead of throwing out of then()', async () => {
    const error = new RangeError('first step');
    const op = coroutine(function* (): Steps<void> {
      throw error;
    });
    await run(async () => {
      expect(await op().then(undefined, (reason: unknown) => reason)).toBe(error);
    });
  });

  it('passes errors and results through several levels unchanged', async () => {
    const error = { not: 'an Error' };
    const inner = coroutine(function* (fails: boolean): Steps<object> {
      yield* sleep(0);
      if (fails) throw error;
      return error;
    });
    const middle = coroutine(function* (fails: boolean): Steps<object> {
      return yield* inner(fails);
    });
    await run(async () => {
      expect(await middle(false)).toBe(error);
      expect(await middle(true).then(undefined, (reason: unknown) => reason)).toBe(error);
    });
  });

  it('outside any task, in a hosted loop, makes a task of it', async () => {
    const fromCallback = await run(function* () {
      const result = new Future<unknown>();
      // A callback of Node: the loop runs, but no task does.
      setTimeout(() => {
        void double(21).then((value) => result.setResult(value));
      }, 1);
      return yield* result;
    });
    expect(fromCallback).toBe(42);
  });

  it('without a loop rejects with an error that names run()', async () => {
    await expect(double(1)).rejects.toMatchObject({ code: 'ERR_NO_RUNNING_LOOP' });
  });
});

describe('closing a Coroutine', () => {
  it('that has not begun means that it never runs and cannot be awaited', async () => {
    const log: string[] = [];
    const made = coroutine(function* (): Steps<void> {
      log.push('body');
    })();
    made.close();
    made.close();
    await run(async () => {
      await expect(made).rejects.toBeInstanceOf(InvalidStateError);
    });
    expect(() => runSync(made)).toThrow(InvalidStateError);
    expect(log).toEqual([]);
  });

  it('that waits runs its finally blocks', () => {
    const log: string[] = [];
    const made = coroutine(function* (): Steps<void> {
      try {
        yield;
      } finally {
        log.push('finally');
      }
    })();
    made[Symbol.iterator]().next();
    made.close();
    expect(log).toEqual(['finally']);
  });

  it('that yields in a finally block throws', () => {
    const made = coroutine(function* stubborn(): Steps<void> {
      try {
        yield;
      } finally {
        yield;
      }
    })();
    made[Symbol.iterator]().next();
    expect(() => made.close()).toThrow(/stubborn\(\) ignored close\(\)/);
  });
});

describe('ensureFuture', () => {
  it('returns a future itself, a task for a coroutine, and a future for a promise', async () => {
    await run(async () => {
      const future = new Future<number>();
      expect(ensureFuture(future) === future).toBe(true);
      future.setResult(1);
      const task = createTask(double(2));
      expect(ensureFuture(task) === task).toBe(true);
      const ofCoroutine = ensureFuture(double(3));
      const ofGenerator = ensureFuture(
        (function* (): Steps<number> {
          return 4;
        })(),
      );
      expect([ofCoroutine, ofGenerator].every((made) => made instanceof Task)).toBe(true);
      const ofPromise = ensureFuture(Promise.resolve(5));
      expect(ofPromise).not.toBeInstanceOf(Task);
      const ofThenable = ensureFuture({
        then: (resolve: (n: number) => void) => resolve(6),
      } as PromiseLike<number>);
      expect([await task, await ofCoroutine, await ofGenerator, await ofPromise, await ofThenable]).toEqual([
        4, 6, 4, 5, 6,
      ]);
    });
  });

  it("fails with a promise's rejection, and ignores the promise once it is cancelled", async () => {
    await run(async () => {
      const error = new Error('rejected');
      const failed = ensureFuture(Promise.reject(error));
      await sleep(0);
      expect(failed.exception()).toBe(error);
      for (const make of [() => Promise.resolve(1), () => Promise.reject(new Error())]) {
        const dropped = ensureFuture<unknown>(make());
        dropped.cancel();
        await sleep(0);
        expect(dropped.cancelled()).toBe(true);
      }
    });
  });

  it.each([5, null, undefined, 'text', {}, [], () => {}])('refuses %s', (value) => {
    runSync(function* () {
      expect(() => ensureFuture(value as never)).toThrow(/expected a future, a coroutine or a promise/);
      yield* turns(1);
    });
  });
});
