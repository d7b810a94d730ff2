import {
  type Awaitable,
  Future,
  Queue,
  type Steps,
  type Task,
  TimeoutError,
  coroutine,
  createTask,
  currentTask,
  sleep,
  waitFor,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';
import { blocking, hosted } from './in-virtual-time.js';

const timedOut: unknown = { error: expect.any(TimeoutError) as unknown };

/** Sleeps, and logs its clean-up, which takes five milliseconds. */
const careful = coroutine(function* (log: unknown[]): Steps<string> {
  log.push('begun');
  try {
    yield* sleep(1000);
    return 'done';
  } finally {
    yield* sleep(5);
    log.push('cleaned up');
  }
});

/** The task under test: waits for the given awaitable. */
const waiting = {
  *generator(_: unknown, awaitable: Awaitable<unknown>, timeoutMs: number | null): Steps<unknown> {
    return yield* waitFor(awaitable, timeoutMs);
  },
  async async(_: unknown, awaitable: Awaitable<unknown>, timeoutMs: number | null): Promise<unknown> {
    return await waitFor(awaitable, timeoutMs);
  },
};

const limits = [null, 60_000];

describe('waitFor: in time', () => {
  inBothFlavours(
    'returns the result or the error of a done future, whatever the limit',
    waiting,
    function* (start, { loop }) {
      for (const timeoutMs of [null, 10, 0, -1]) {
        const future = new Future<number>();
        future.setResult(42);
        expect(yield* start(future, timeoutMs)).toBe(42);
        const failed = new Future<number>();
        failed.setException(new RangeError('mine'));
        expect(yield* outcomeOf(start(failed, timeoutMs))).toEqual({ error: new RangeError('mine') });
      }
      expectQuiet(loop);
    },
  );

  inBothFlavours('passes on results and errors, and leaves no timer', waiting, function* (start, { loop }) {
    for (const timeoutMs of [null, 10]) {
      expect(yield* start(sleep(9, 'value'), timeoutMs)).toBe('value');
      expect(yield* start(createTask(sleep(9, 'value')), timeoutMs)).toBe('value');
      const failing = coroutine(function* (): Steps<void> {
        yield* sleep(1);
        throw new RangeError('mine');
      });
      expect(yield* outcomeOf(start(failing(), timeoutMs))).toEqual({ error: new RangeError('mine') });
      expectQuiet(loop);
    }
  });
});

describe('waitFor: the limit passes', () => {
  inBothFlavours('a get() that times out leaves no waiter in the queue', waiting, function* (start, { loop }) {
    const queue = new Queue<string>();
    const since = loop.time();
    expect(yield* outcomeOf(start(queue.get(), 100))).toEqual(timedOut);
    expect(loop.time() - since).toBe(100);
    expect(String(queue)).toBe('<Queue maxsize=0 qsize=0>'); // no waiter
    queue.putNowait('item');
    expect(yield* start(queue.get(), 100)).toBe('item');
    expectQuiet(loop);
  });

  inBothFlavours('with a limit of zero or less, never starts a coroutine', waiting, function* (start, { log, loop }) {
    for (const timeoutMs of [0, -1]) {
      expect(yield* outcomeOf(start(careful(log), timeoutMs))).toEqual(timedOut);
    }
    expect(log).toEqual([]);
    expectQuiet(loop);
  });

  inBothFlavours(
    'with a limit of zero or less, cancels a task and waits for it',
    waiting,
    function* (start, { log, loop }) {
      for (const timeoutMs of [0, -1]) {
        log.length = 0;
        const task = createTask(careful(log));
        yield;
        expect(yield* outcomeOf(start(task, timeoutMs))).toEqual(timedOut);
        expect(log).toEqual(['begun', 'cleaned up']);
        expect(task.cancelled()).toBe(true);
        expectQuiet(loop);
      }
    },
  );

  inBothFlavours(
    'cancels the awaitable, waits for it, and then throws TimeoutError',
    waiting,
    function* (start, { log, loop }) {
      const before = loop.time();
      const task = start(careful(log), 100);
      expect(yield* outcomeOf(task)).toEqual({
        error: expect.objectContaining({
          name: 'TimeoutError',
          cause: expect.objectContaining({ name: 'CancelledError' }) as unknown,
        }) as unknown,
      });
      expect(loop.time() - before).toBe(105);
      expect(log).toEqual(['begun', 'cleaned up']);
      expect(task.cancelling()).toBe(0);
      expectQuiet(loop);
    },
  );

  const refusing = coroutine(function* (last: () => number): Steps<number> {
    try {
      yield* sleep(1000);
    } catch {
      yield* sleep(1);
    }
    return last();
  });

  for (const timeoutMs of [0, 10]) {
    inBothFlavours(
      `returns the result or the error of a task that refuses to be cancelled (limit ${timeoutMs})`,
      waiting,
      function* (start) {
        const task = createTask(refusing(() => 42));
        yield;
        expect(yield* start(task, timeoutMs)).toBe(42);
        const failing = createTask(
          refusing(() => {
            throw new RangeError('mine');
          }),
        );
        yield;
        expect(yield* outcomeOf(start(failing, timeoutMs))).toEqual({ error: new RangeError('mine') });
      },
    );
  }

  inBothFlavours('cancels a future at the limit', waiting, function* (start) {
    const future = new Future<number>();
    expect(yield* outcomeOf(start(future, 10))).toEqual(timedOut);
    expect(future.cancelled()).toBe(true);
  });

  inBothFlavours('a result that is set before the deadline counts', waiting, function* (start, { loop }) {
    const future = new Future<number>();
    const task = start(future, 10);
    yield* turns();
    loop.callSoon(() => future.setResult(42));
    expect(yield* task).toBe(42);
  });

  inBothFlavours(
    'times out when the result is set in the iteration of the deadline, as in asyncio',
    waiting,
    function* (start, { loop }) {
      const future = new Future<number>();
      loop.callLater(10, () => future.setResult(42)); // runs first; the task would resume in the next iteration
      expect(yield* outcomeOf(start(future, 10))).toEqual(timedOut);
      expect(future.result()).toBe(42);
    },
  );
});

describe('waitFor: cancellation from outside', () => {
  for (const timeoutMs of limits) {
    inBothFlavours(
      `cancels the awaitable and waits for it (limit ${timeoutMs})`,
      waiting,
      function* (start, { log, loop }) {
        const task = start(careful(log), timeoutMs);
        yield* turns(4);
        task.cancel('outside');
        expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
        expect(log).toEqual(['begun', 'cleaned up']);
        expect(task.cancelled()).toBe(true);
        expectQuiet(loop);
      },
    );

    inBothFlavours(
      `is not lost in the iteration in which the result arrives (limit ${timeoutMs})`,
      waiting,
      function* (start, { loop }) {
        const inner = new Future<string>();
        const task = start(inner, timeoutMs);
        yield* turns(4);
        inner.setResult('kept');
        task.cancel('outside');
        expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
        expect(inner.result()).toBe('kept');
        expectQuiet(loop);
      },
    );
  }

  inBothFlavours(
    'with a limit of zero, while the awaitable cleans up, is passed on',
    waiting,
    function* (start, { log, loop }) {
      const inner = createTask(careful(log));
      yield;
      const task = start(inner, 0);
      yield* sleep(2);
      task.cancel('outside');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
      yield* outcomeOf(inner);
      expect(log).toEqual(['begun', 'cleaned up']);
      expectQuiet(loop);
    },
  );
});

describe('waitFor in Promise.all', () => {
  it('the end of one waitFor does not affect another', async () => {
    await hosted(async () => {
      const slow = waitFor(sleep(30, 'slow'), 1000);
      const results = await Promise.allSettled([slow, waitFor(sleep(1000), 10), sleep(20, 'beside')]);
      expect(results).toEqual([
        { status: 'fulfilled', value: 'slow' },
        { status: 'rejected', reason: expect.any(TimeoutError) as unknown },
        { status: 'fulfilled', value: 'beside' },
      ]);
      expect(currentTask()?.cancelling()).toBe(0);
    });
  });

  it('cancelling the async function cancels all of them', async () => {
    const log: unknown[] = [];
    await hosted(async () => {
      const task = createTask(async () => {
        await Promise.allSettled([waitFor(careful(log), 1000), waitFor(careful(log), null)]);
      });
      await sleep(10);
      task.cancel();
      await task;
      expect(log).toEqual(['begun', 'begun', 'cleaned up', 'cleaned up']);
    });
  });
});

describe('waitFor: promises', () => {
  it('stops waiting for a promise at the limit', async () => {
    await hosted(async () => {
      await expect(waitFor(new Promise(() => undefined), 1).then()).rejects.toThrow(TimeoutError);
      expect(await waitFor(Promise.resolve(3), 1000)).toBe(3);
      await expect(waitFor(Promise.reject(new RangeError('mine')), 1000).then()).rejects.toThrow('mine');
    });
  });
});

describe('waitFor: misuse', () => {
  it.each([
    ['a number', 5],
    ['a function', () => sleep(1)],
    ['nothing', undefined],
  ])('throws for %s, which cannot be awaited', (_, awaitable) => {
    blocking(function* () {
      expect(() => waitFor(awaitable as never, 1)).toThrow(/waitFor: expected a future, a coroutine or a promise/);
    });
  });

  it.each([
    ['a string', '5', TypeError],
    ['undefined', undefined, TypeError],
    ['NaN', NaN, RangeError],
  ])('rejects a limit that is %s at the call', (_, limit, type) => {
    blocking(function* () {
      const future = new Future();
      expect(() => waitFor(future, limit as never)).toThrow(type);
      expect(future.cancelled()).toBe(false);
    });
  });

  inBothFlavours(
    'can be awaited only once',
    {
      *generator() {
        const once = waitFor(sleep(1), 10);
        yield* once;
        yield* once;
      },
      async async() {
        const once = waitFor(sleep(1), 10);
        await once;
        await once;
      },
    },
    function* (start, { loop }) {
      const task: Task<void> = start();
      expect(yield* outcomeOf(task)).toMatchObject({
        error: { message: 'cannot reuse already awaited coroutine waitFor()' },
      });
      expectQuiet(loop);
    },
  );
});
