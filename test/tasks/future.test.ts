import type { LoopError, Task } from 'selectloop';
import { CancelledError, Future, InvalidStateError, createTask, isFuture, run, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { collectErrors, runUntilQuiet } from '../support/loops.js';
import { virtualLoop } from '../support/virtual-time.js';

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error, nothing was thrown');
}

describe('the state of a Future', () => {
  it('a result can be set only once', () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture<number>();
    expect(future.done()).toBe(false);
    future.setResult(42);
    expect([future.done(), future.cancelled(), future.result(), future.exception()]).toEqual([true, false, 42, null]);
    expect(() => future.setResult(43)).toThrow(InvalidStateError);
    expect(() => future.setException(new Error())).toThrow(InvalidStateError);
    expect(future.cancel()).toBe(false);
    expect(future.result()).toBe(42);
  });

  it('an error is thrown by result() and returned by exception(), the same object each time', () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture();
    const error = new RangeError('e');
    future.setException(error);
    expect(future.done()).toBe(true);
    expect(thrownBy(() => future.result())).toBe(error);
    expect(thrownBy(() => future.result())).toBe(error);
    expect(future.exception()).toBe(error);
    expect(future.cancel()).toBe(false);
    expect(() => future.setResult(1)).toThrow(InvalidStateError);
  });

  it('an error class is instantiated, other values are kept as they are', () => {
    using virtual = virtualLoop();
    const ofClass = virtual.loop.createFuture();
    ofClass.setException(RangeError);
    expect(ofClass.exception()).toBeInstanceOf(RangeError);
    for (const value of ['text', 0, null, undefined, { done: true }]) {
      const future = virtual.loop.createFuture();
      future.setException(value);
      expect(thrownBy(() => future.result())).toBe(value);
    }
  });

  it.each([() => 1, async () => 1, function* () {}, Math.max, Map])(
    'a function that is no class of errors is refused: %s',
    (wrong) => {
      using virtual = virtualLoop();
      const future = virtual.loop.createFuture();
      expect(() => future.setException(wrong)).toThrow(/^setException: expected an error or a class of errors, got /);
      expect(future.done()).toBe(false);
    },
  );

  it.each([
    [null, 'Future: options: expected an object of options, got null'],
    [3, 'Future: options: expected an object of options, got 3'],
    [{ loop: 3 }, 'Future: loop: expected an event loop, got 3'],
    [{ loop: null }, 'Future: loop: expected an event loop, got null'],
    [{ loop: {} }, 'Future: loop: expected an event loop, got an object of class Object'],
  ])('wrong options are refused: %j', (options, message) => {
    expect(() => new Future(options as never)).toThrow(message);
  });

  it('a cancelled future throws CancelledError and cannot be settled', () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture();
    expect(future.cancel()).toBe(true);
    expect(future.cancel()).toBe(false);
    expect([future.done(), future.cancelled()]).toEqual([true, true]);
    expect(() => future.result()).toThrow(CancelledError);
    expect(() => future.exception()).toThrow(CancelledError);
    expect(() => future.setResult(1)).toThrow(InvalidStateError);
    expect(() => future.setException(new Error())).toThrow(InvalidStateError);
  });

  it.each([
    ['a message', 'stop', 'stop', 'stop'],
    ['nothing', undefined, '', undefined],
    ['null', null, '', undefined],
    ['a number', 7, '7', 7],
    ['an error', new Error('why'), 'why', new Error('why')],
  ])('cancel() with %s sets the message and the reason of the CancelledError', (_, given, message, reason) => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture();
    future.cancel(given);
    const error = thrownBy(() => future.result()) as CancelledError;
    expect([error.message, error.reason]).toEqual([message, reason]);
    expect(thrownBy(() => future.result())).toBe(error);
  });

  it('a pending future throws InvalidStateError for its result', () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture();
    expect(() => future.result()).toThrow(new InvalidStateError('result is not ready: <Future pending>'));
    expect(() => future.exception()).toThrow(new InvalidStateError('exception is not ready: <Future pending>'));
  });

  it('a printed future shows its state, whatever its error is', () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture();
    future.setException(Object.create(null));
    expect(String(future)).toBe('<Future failed exception=an object of class Object>');
    future.exception();
    const cancelled = virtual.loop.createFuture();
    cancelled.cancel();
    expect(String(cancelled)).toBe('<Future cancelled>');
  });

  it('a Future needs a loop: the running one or a given one', () => {
    expect(() => new Future()).toThrow(expect.objectContaining({ code: 'ERR_NO_RUNNING_LOOP' }) as LoopError);
    using virtual = virtualLoop();
    expect(new Future({ loop: virtual.loop }).getLoop()).toBe(virtual.loop);
    const { loop } = virtual;
    loop.runUntilComplete(function* () {
      expect(new Future().getLoop()).toBe(loop);
    });
  });

  it('in debug mode a Future records where it was made', () => {
    using virtual = virtualLoop({ debug: true });
    const errors = collectErrors(virtual.loop);
    virtual.loop.createFuture().setException(new Error('e'));
    virtual.loop.close();
    expect(errors.map((context) => context.source)).toEqual([expect.stringContaining('future.test.ts')]);
  });
});

describe('done-callbacks of a Future', () => {
  it('are called with the future, in order, by the loop and never inside setResult', () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture<string>();
    const log: unknown[] = [];
    future.addDoneCallback((done) => log.push(['first', done === future, done.result()]));
    future.addDoneCallback(() => log.push('second'));
    future.setResult('x');
    expect(log).toEqual([]);
    virtual.loop.runOnce(0);
    expect(log).toEqual([['first', true, 'x'], 'second']);
  });

  it('run in order of registration among the tasks that wait for the future', () => {
    using virtual = virtualLoop();
    const log: string[] = [];
    const future = virtual.loop.createFuture();
    const waitAs = (name: string): Task =>
      virtual.loop.createTask(function* () {
        yield* future;
        log.push(name);
      });
    waitAs('w1');
    virtual.loop.runOnce(0);
    future.addDoneCallback(() => log.push('cb'));
    waitAs('w2');
    virtual.loop.runOnce(0);
    future.setResult(null);
    virtual.loop.runOnce(0);
    expect(log).toEqual(['w1', 'cb', 'w2']);
  });

  it('added to a done future run in the next iteration and can no longer be removed', () => {
    using virtual = virtualLoop();
    const log: string[] = [];
    const future = virtual.loop.createFuture();
    future.setResult(null);
    const callback = (): unknown => log.push('called');
    future.addDoneCallback(callback);
    expect(future.removeDoneCallback(callback)).toBe(0);
    expect(log).toEqual([]);
    virtual.loop.runOnce(0);
    expect(log).toEqual(['called']);
  });

  it('removeDoneCallback removes every registration of a callback and returns their number', () => {
    using virtual = virtualLoop();
    const log: string[] = [];
    const future = virtual.loop.createFuture();
    const twice = (): unknown => log.push('twice');
    future.addDoneCallback(twice);
    future.addDoneCallback(() => log.push('other'));
    future.addDoneCallback(twice);
    expect(future.removeDoneCallback(twice)).toBe(2);
    expect(future.removeDoneCallback(twice)).toBe(0);
    future.setResult(null);
    virtual.loop.runOnce(0);
    expect(log).toEqual(['other']);
  });

  it('may add and remove callbacks while they are called', () => {
    using virtual = virtualLoop();
    const log: string[] = [];
    const future = virtual.loop.createFuture();
    const second = (): unknown => log.push('second');
    future.addDoneCallback(() => {
      log.push('first');
      future.removeDoneCallback(second);
      future.addDoneCallback(() => log.push('added'));
    });
    future.addDoneCallback(second);
    future.setResult(null);
    runUntilQuiet(virtual.loop);
    expect(log).toEqual(['first', 'second', 'added']);
  });

  it('that throw are reported to the exception handler, and the remaining ones still run', () => {
    using virtual = virtualLoop();
    const errors = collectErrors(virtual.loop);
    const log: string[] = [];
    const future = virtual.loop.createFuture();
    future.addDoneCallback(() => {
      throw new Error('in callback');
    });
    future.addDoneCallback(() => log.push('second'));
    future.setResult(null);
    virtual.loop.runOnce(0);
    expect(log).toEqual(['second']);
    expect(errors.map(({ exception }) => (exception as Error).message)).toEqual(['in callback']);
  });

  it.each([5, null, undefined, {}])('addDoneCallback rejects %s immediately', (callback) => {
    using virtual = virtualLoop();
    expect(() => virtual.loop.createFuture().addDoneCallback(callback as never)).toThrow(TypeError);
  });

  it('in debug mode addDoneCallback rejects a coroutine function, whose body would never run', () => {
    using virtual = virtualLoop({ debug: true });
    const future = virtual.loop.createFuture();
    expect(() => future.addDoneCallback(function* () {})).toThrow(TypeError);
    expect(() => future.addDoneCallback(async () => {})).toThrow(TypeError);
  });

  it('settling a future with callbacks on a closed loop throws ERR_LOOP_CLOSED', () => {
    const { loop } = virtualLoop();
    const future = loop.createFuture();
    future.addDoneCallback(() => {});
    loop.close();
    expect(() => future.setResult(1)).toThrow(expect.objectContaining({ code: 'ERR_LOOP_CLOSED' }) as LoopError);
  });
});

describe('awaiting a Future', () => {
  it('that is done does not suspend, and its callbacks run later than the code after the wait', () => {
    const log = runSync(function* () {
      const entries: string[] = [];
      const future = new Future<number>();
      future.setResult(1);
      future.addDoneCallback(() => entries.push('callback'));
      expect(yield* future).toBe(1);
      entries.push('after');
      yield;
      return entries;
    });
    expect(log).toEqual(['after', 'callback']);
  });

  it('yields the future itself once; resuming before it is done is an error', () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture<number>();
    const wait = future[Symbol.iterator]();
    const first = wait.next();
    expect(first.done).toBe(false);
    expect(first.value === future).toBe(true); // not toBe(future), which would iterate over it
    expect(() => wait.next()).toThrow(InvalidStateError);
    future.setResult(5);
    expect(wait.next()).toEqual({ done: true, value: 5 });
  });

  it('by iterating over it in a for loop is refused', () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture();
    expect(() => [...(future as unknown as Iterable<unknown>)]).toThrow(/only a task can drive/);
  });

  it('with then() passes on results, errors and handlers as a promise does', async () => {
    await run(async () => {
      const good = new Future<number>();
      const bad = new Future<number>();
      const results = Promise.all([
        good.then((value) => value + 1),
        good
          .then(() => Promise.reject(new Error('from handler')))
          .then(undefined, (error: unknown) => (error as Error).message),
        bad.then(() => 'unreachable').catch((error: unknown) => error),
        bad.then(null, () => 'handled'),
        bad.then().then(undefined, () => 'passed on'),
      ]);
      await sleep(0);
      const error = new Error('bad');
      good.setResult(1);
      bad.setException(error);
      expect(await results).toEqual([2, 'from handler', error, 'handled', 'passed on']);
    });
  });

  it('that is done with then() settles without the loop', async () => {
    using virtual = virtualLoop();
    const future = virtual.loop.createFuture<number>();
    future.setResult(3);
    expect(await future).toBe(3);
    const failed = virtual.loop.createFuture();
    failed.setException(new Error('e'));
    await expect(failed).rejects.toThrow('e');
  });

  it('with then() causes no unhandled rejection when a cancellation is ignored', async () => {
    const rejections: unknown[] = [];
    const note = (error: unknown): unknown => rejections.push(error);
    process.on('unhandledRejection', note);
    try {
      await run(async () => {
        const task = createTask(async () => {
          await sleep(1000);
        });
        void task.then(() => 'never');
        void sleep(1000).then(() => 'never');
        void new Future().then(() => 'never');
        await sleep(0);
      });
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.removeListener('unhandledRejection', note);
    }
    expect(rejections).toEqual([]);
  });
});

describe('isFuture', () => {
  it('is true for futures and tasks, including subclasses and those of another copy of the library', () => {
    class Mine extends Future {}
    using virtual = virtualLoop();
    const { loop } = virtual;
    const future = loop.createFuture();
    const task = loop.createTask(function* () {});
    expect([future, task, new Mine({ loop })].map(isFuture)).toEqual([true, true, true]);
    expect(isFuture({ [Symbol.for('selectloop.future')]: true })).toBe(true);
    runUntilQuiet(loop);
  });

  it.each([
    ['the class itself', Future],
    ['its prototype', Future.prototype],
    ['a string', 'text'],
    ['null', null],
    ['undefined', undefined],
    ['an object', {}],
    ['a promise', Promise.resolve()],
    ['a coroutine', sleep(0)],
  ])('is false for %s', (_, value) => {
    expect(isFuture(value)).toBe(false);
  });
});
