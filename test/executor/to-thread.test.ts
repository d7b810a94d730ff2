/** Functions in worker threads: results, errors and cancellation cross over, on every selector, hosted and blocking. */

import { setFlagsFromString } from 'node:v8';
import { threadId } from 'node:worker_threads';

import {
  type Steps,
  WorkerPool,
  coroutine,
  createTask,
  gather,
  getRunningLoop,
  isCancelled,
  run,
  sleep,
  timeout,
  toThread,
  waitFor,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { errorOf, everyLoop } from '../support/every-loop.js';

/** Counts up in shared memory, indefinitely. */
const countUp = (cells: Int32Array): void => {
  for (;;) Atomics.add(cells, 0, 1);
};

const sharedCell = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

/** Waits until `countUp` is running. */
function* counting(cells: Int32Array): Steps<void> {
  while (Atomics.load(cells, 0) === 0) yield* sleep(1);
}

describe.each(everyLoop)('toThread ($name)', (loop) => {
  it('runs the function in another thread with its arguments, while the loop keeps running, and waits for its promise', () =>
    loop.run(function* () {
      const where = (...args: unknown[]): unknown[] => [
        process.getBuiltinModule('node:worker_threads').threadId,
        ...args,
      ];
      let ticks = 0;
      createTask(function* () {
        for (;;) ticks += yield* sleep(1, 1);
      });
      const [thread, ...args] = yield* toThread(where, 1, 'two', { three: [3] });
      expect(thread).not.toBe(threadId);
      expect(args).toEqual([1, 'two', { three: [3] }]);
      expect(ticks).toBeGreaterThan(0);
      const later = async (value: number): Promise<number> => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return value;
      };
      expect(yield* toThread(later, 5)).toBe(5);
    }));

  it('cancelling ends the thread in the middle of its work, and the pool stays usable', () =>
    loop.run(function* () {
      const cells = sharedCell();
      const task = createTask(() => toThread(countUp, cells));
      yield* counting(cells);
      task.cancel('enough');
      expect(isCancelled(yield* errorOf(task))).toBe(true);
      for (let before = -1; before !== Atomics.load(cells, 0);) {
        before = Atomics.load(cells, 0);
        yield* sleep(5); // the thread stops at some later step
      }
      expect(yield* toThread(() => 'next')).toBe('next');
    }));
});

describe.each(everyLoop.filter(({ selector }) => selector === 'epoll'))('toThread in detail ($name)', (loop) => {
  it('a thread that exits fails its job and is replaced', () =>
    loop.run(function* () {
      using pool = new WorkerPool({ maxWorkers: 1 });
      const [exits, next] = [pool.submit(() => process.exit(3)), pool.submit(() => 'next')] as const;
      const error = yield* errorOf(createTask(() => exits));
      expect(error).toMatchObject({
        code: 'ERR_INVALID_STATE',
        message: 'the worker thread ended before the function had returned',
      });
      expect(yield* next).toBe('next');
    }));

  it('jobs beyond the number of threads wait', () =>
    loop.run(function* () {
      const cells = sharedCell();
      const take = (shared: Int32Array): number => Atomics.add(shared, 0, 1);
      using pair = new WorkerPool({ maxWorkers: 2 });
      const order = yield* gather(Array.from({ length: 20 }, () => pair.submit(take, cells)));
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
      using single = new WorkerPool({ maxWorkers: 1 });
      Atomics.store(cells, 0, 0);
      expect(yield* gather(Array.from({ length: 5 }, () => single.submit(take, cells)))).toEqual([0, 1, 2, 3, 4]);
    }));

  it('bytes are copied both ways', () =>
    loop.run(function* () {
      const bytes = Buffer.from('abc');
      const answer = yield* toThread((given: Uint8Array) => given.map((byte) => byte + 1), bytes);
      expect(Buffer.from(answer).toString()).toBe('bcd');
      expect(bytes.toString()).toBe('abc');
    }));

  it('errors keep their class, message, stack, properties and cause', () =>
    loop.run(function* () {
      const fail = (): never => {
        const cause = Object.assign(new Error('below'), { errno: -5 });
        throw Object.assign(new RangeError('above', { cause }), { code: 'E_ABOVE', secret: () => 1 });
      };
      const error = yield* errorOf(createTask(() => toThread(fail)));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'above', code: 'E_ABOVE', cause: { message: 'below', errno: -5 } });
      expect(error).not.toHaveProperty('secret');
      expect((error as Error).stack).toMatch(/at fail \(selectloop-thread:\d+:\d+\)/);
    }));

  it('errors of Node keep their codes, and other thrown values are copied', () =>
    loop.run(function* () {
      const open = (): unknown => process.getBuiltinModule('node:fs').readFileSync('/no/such/file');
      expect(yield* errorOf(createTask(() => toThread(open)))).toMatchObject({ code: 'ENOENT', syscall: 'open' });
      const odd = (): never => {
        throw { odd: [1, 2] };
      };
      expect(yield* errorOf(createTask(() => toThread(odd)))).toEqual({ odd: [1, 2] });
    }));

  it('using a variable from outside is a ReferenceError that says why', () =>
    loop.run(function* () {
      const outside = yield* sleep(0, 5);
      const error = yield* errorOf(createTask(() => toThread(() => outside + 1)));
      expect(error).toBeInstanceOf(ReferenceError);
      expect((error as Error).message).toMatch(/^outside is not defined \(.* must be self-contained/);
    }));

  it('a result that cannot be copied is a TypeError', () =>
    loop.run(function* () {
      const error = yield* errorOf(createTask(() => toThread(() => () => 1)));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/the result cannot be copied to another thread/);
    }));

  it('a timeout cancels the function in its thread', () =>
    loop.run(function* () {
      const error = yield* errorOf(createTask(() => waitFor(toThread(countUp, sharedCell()), 1)));
      expect(error).toMatchObject({ name: 'TimeoutError' });
    }));

  it('a job that is cancelled while it waits never begins', () =>
    loop.run(function* () {
      using pool = new WorkerPool({ maxWorkers: 1 });
      const cells = sharedCell();
      const first = pool.submit(countUp, cells);
      const second = pool.submit((shared: Int32Array) => Atomics.store(shared, 0, -1_000_000_000), cells);
      const third = pool.submit(() => 'third');
      second.cancel();
      yield* counting(cells);
      first.cancel();
      expect(yield* third).toBe('third');
      expect(Atomics.load(cells, 0)).toBeGreaterThan(0);
    }));

  it('a waiting job keeps its arguments as they were when it was submitted', () =>
    loop.run(function* () {
      using pool = new WorkerPool({ maxWorkers: 1 });
      const list = [1];
      const length = (given: number[]): number => given.length;
      const jobs = [pool.submit(length, list), pool.submit(length, list)];
      list.push(2);
      expect(yield* gather(jobs)).toEqual([1, 1]);
    }));

  it('an error in a callback of the job fails the job', () =>
    loop.run(function* () {
      using pool = new WorkerPool({ maxWorkers: 1 });
      const stray = (): Promise<never> => {
        setImmediate(() => {
          throw new SyntaxError('stray');
        });
        return new Promise(() => undefined);
      };
      const [fails, next] = [pool.submit(stray), pool.submit(() => 'next')] as const;
      expect(yield* errorOf(createTask(() => fails))).toMatchObject({ name: 'SyntaxError', message: 'stray' });
      expect(yield* next).toBe('next');
    }));

  it('shutdown cancels running and waiting jobs, and refuses further ones', () =>
    loop.run(function* () {
      const pool = new WorkerPool({ maxWorkers: 1 });
      const jobs = [pool.submit(countUp, sharedCell()), pool.submit(() => 1)];
      pool.shutdown();
      pool.shutdown();
      expect(jobs.map((job) => job.cancelled())).toEqual([true, true]);
      expect(() => pool.submit(() => 1)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
      yield* sleep(0);
    }));

  it('runInExecutor begins immediately, and the default executor can be replaced', () =>
    loop.run(function* () {
      const running = getRunningLoop();
      const product = running.runInExecutor(null, (a: number, b: number) => a * b, 6, 7);
      expect(yield* product).toBe(42);
      const names: string[] = [];
      running.setDefaultExecutor({
        submit: (fn, ...args) => {
          names.push(fn.name);
          return (function* (): Steps<never> {
            return fn(...args) as never;
          })();
        },
      });
      expect(yield* running.runInExecutor(null, Math.max, 1, 2)).toBe(2);
      expect(
        yield* toThread(function double(x: number) {
          return 2 * x;
        }, 4),
      ).toBe(8);
      expect(names).toEqual(['max', 'double']);
    }));

  it('a thread that waits does not stop the loop', () =>
    loop.run(function* () {
      const wait = (cells: Int32Array): string => Atomics.wait(cells, 0, 0);
      const cells = sharedCell();
      const task = createTask(() => timeout(60_000, () => toThread(wait, cells)));
      while (Atomics.notify(cells, 0) === 0) yield* sleep(1);
      expect(yield* task).toBe('ok');
    }));
});

describe('toThread', () => {
  it.each([
    ['a native function', Math.max],
    ['a bound function', function () {}.bind(null)],
    [
      'a class',
      class Thing {
        x = 1;
      },
    ],
    ['a generator function', function* () {}],
    ['a coroutine function', coroutine(function* () {})],
    ['nothing', undefined],
    ['text', '() => 1'],
  ])('rejects %s at the call', (_, bad) => {
    expect(() => toThread(bad as never)).toThrow(/toThread: expected a/);
  });

  it('accepts methods', () =>
    run(async () => {
      const object = {
        add(a: number, b: number): number {
          return a + b;
        },
        async subtract(a: number, b: number): Promise<number> {
          return a - b;
        },
      };
      expect(await toThread(object.add, 1, 2)).toBe(3);
      expect(await toThread(object.subtract, 5, 2)).toBe(3);
    }));

  it('works in a process that forbids code generation from strings', async () => {
    setFlagsFromString('--disallow-code-generation-from-strings'); // applies to the threads that start from now on
    try {
      await run(async () => {
        const evaluates = (): unknown => (0, eval)('1 + 1');
        await expect(toThread(evaluates)).rejects.toThrow(EvalError);
        expect(await toThread((n: number) => n + 1, 1)).toBe(2);
      });
    } finally {
      setFlagsFromString('--no-disallow-code-generation-from-strings');
    }
  });

  it('names the argument that cannot be copied, at the call', () =>
    run(async () => {
      using pool = new WorkerPool({ maxWorkers: 1 });
      const identity = (x: unknown, _: unknown): unknown => x;
      const refused =
        /argument 2 of identity: expected a value that can be copied to another thread, got the function f/;
      expect(() => pool.submit(identity, 1, function f() {})).toThrow(refused);
      const busy = pool.submit(identity, 1, 2); // the next job has to wait
      expect(() => pool.submit(identity, 1, function f() {})).toThrow(refused);
      expect(await busy).toBe(1);
    }));

  it.each([0, -1, 1.5, NaN, '2', null])('WorkerPool rejects maxWorkers: %j', (maxWorkers) => {
    expect(() => new WorkerPool({ maxWorkers: maxWorkers as never })).toThrow(
      /maxWorkers: expected an integer of at least 1/,
    );
  });

  it('a pool belongs to the loop of its first job', async () => {
    const pool = new WorkerPool({ maxWorkers: 1 });
    await run(async () => {
      expect(await pool.submit(() => 1)).toBe(1);
    });
    await run(async () => {
      expect(() => pool.submit(() => 1)).toThrow('cannot submit a job: the WorkerPool was shut down');
    });
  });

  it('setDefaultExecutor and runInExecutor reject an executor without submit', () =>
    run(async () => {
      const loop = getRunningLoop();
      expect(() => loop.setDefaultExecutor({} as never)).toThrow(
        /setDefaultExecutor: executor: expected an object with submit/,
      );
      expect(() => loop.runInExecutor({} as never, () => 1)).toThrow(TypeError);
    }));
});
