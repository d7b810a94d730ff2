/** runForever, runUntilComplete and runOnce: results, refusals, and loops that would wait indefinitely. */

import { type EventLoop, type Steps, coroutine, getRunningLoop, sleep } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openLoop } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
let loop: EventLoop;
beforeEach(() => {
  virtual = virtualLoop();
  loop = virtual.loop;
});
afterEach(() => virtual[Symbol.dispose]());

const loopError = (code: string, message?: RegExp): unknown =>
  expect.objectContaining({
    name: 'LoopError',
    code,
    ...(message && { message: expect.stringMatching(message) as string }),
  });

function* answer(): Steps<number> {
  yield* sleep(10);
  return 42;
}

describe('runUntilComplete', () => {
  const mains: Record<string, (loop: EventLoop) => Parameters<EventLoop['runUntilComplete']>[0]> = {
    'a generator object': () => answer(),
    'a generator function': () => answer,
    'a coroutine': () => coroutine(answer)(),
    'a function that makes a coroutine': () => coroutine(answer),
    'a task': (own) => own.createTask(answer),
    'a future': (own) => {
      const future = own.createFuture();
      own.callLater(10, () => future.setResult(42));
      return future;
    },
    'a future that is done': (own) => {
      const future = own.createFuture();
      future.setResult(42);
      return future;
    },
    'a function that makes a future': (own) => () => own.createTask(answer),
  };

  it.each(Object.entries(mains))('returns the result of %s', (_, main) => {
    expect(loop.runUntilComplete(main(loop))).toBe(42);
    expect(loop.isRunning()).toBe(false);
  });

  it('throws the error of main unchanged, and reports nothing', () => {
    const handler = vi.fn();
    loop.setExceptionHandler(handler);
    for (const error of [new Error('boom'), 'text', undefined]) {
      let thrown: unknown = 'nothing';
      try {
        loop.runUntilComplete(function* () {
          throw error;
        });
      } catch (caught) {
        thrown = caught;
      }
      expect(thrown).toBe(error);
    }
    loop.close();
    expect(handler).not.toHaveBeenCalled();
  });

  it('throws a CancelledError when main is cancelled', () => {
    const task = loop.createTask(answer);
    loop.callSoon(() => task.cancel('enough'));
    expect(() => loop.runUntilComplete(task)).toThrow(
      expect.objectContaining({ name: 'CancelledError', message: 'enough' }),
    );
  });

  it.each([null, undefined, 5, 'main', {}, [], new Map()])('rejects %j', (bad) => {
    expect(() => loop.runUntilComplete(bad as never)).toThrow(TypeError);
    expect(() => loop.runUntilComplete(bad as never)).toThrow(
      /expected a coroutine, or a function that returns one, got/,
    );
    expect(loop.statistics().iterations).toBe(0);
  });

  it('rejects a promise, says to pass the function, and causes no unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    expect(() => loop.runUntilComplete(Promise.reject(new Error('boom')) as never)).toThrow(
      /run\(main\) and not run\(main\(\)\)/,
    );
    const thenable = { then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('boom')) };
    expect(() => loop.runUntilComplete(thenable as never)).toThrow(/a promise cannot be run/);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('rejects a function whose result cannot be awaited', () => {
    expect(() => loop.runUntilComplete((() => 5) as never)).toThrow(/expected a function that returns a coroutine/);
  });

  it('rejects a future of another loop, which could never wake this one', () => {
    using other = openLoop();
    expect(() => loop.runUntilComplete(other.createFuture())).toThrow(RangeError);
    expect(loop.statistics().iterations).toBe(0);
  });

  it('refuses an async function, which could never end in a blocking loop', () => {
    const body = vi.fn();
    expect(() =>
      loop.runUntilComplete(async () => {
        body();
      }),
    ).toThrow(loopError('ERR_NEEDS_HOST', /use run\(\)/));
    expect(body).not.toHaveBeenCalled();
  });

  it('throws a LoopError when main stops the loop and continues to wait', () => {
    const main = function* (): Steps<void> {
      loop.stop();
      yield* sleep(1000);
    };
    expect(() => loop.runUntilComplete(main)).toThrow(
      loopError('ERR_LOOP_STOPPED', /^Event loop stopped before Future completed\.$/),
    );
    expect(virtual.clock.now()).toBe(0);
  });

  it('leaves main on a stopped loop, for a later run', () => {
    const task = loop.createTask(answer);
    loop.stop();
    expect(() => loop.runUntilComplete(task)).toThrow(loopError('ERR_LOOP_STOPPED'));
    expect(loop.runUntilComplete(task)).toBe(42);
  });

  it('can be called repeatedly', () => {
    for (let i = 0; i < 3; i += 1) expect(loop.runUntilComplete(answer)).toBe(42);
    expect(virtual.clock.now()).toBe(30);
  });
});

describe('running a loop within a running loop', () => {
  /** Runs `action` inside a callback of the loop; returns what it threw. */
  function within(action: () => unknown): unknown {
    let thrown: unknown = 'nothing';
    loop.callSoon(() => {
      try {
        action();
      } catch (error) {
        thrown = error;
      }
      loop.stop();
    });
    loop.runForever();
    return thrown;
  }

  it('is refused on the same loop, for runForever, runUntilComplete and runOnce', () => {
    const started = vi.fn();
    const actions = [
      () => loop.runForever(),
      () => loop.runOnce(0),
      () =>
        loop.runUntilComplete(function* () {
          started();
        }),
    ];
    for (const action of actions) expect(within(action)).toEqual(loopError('ERR_LOOP_RUNNING'));
    expect(started).not.toHaveBeenCalled();
    expect(loop.statistics().tasks).toBe(0);
  });

  it('is refused on another loop', () => {
    using other = openLoop();
    for (const action of [() => other.runForever(), () => other.runUntilComplete(answer), () => other.runOnce(0)]) {
      expect(within(action)).toEqual(loopError('ERR_LOOP_RUNNING', /while a loop is already running in this thread/));
    }
    expect(other.isRunning()).toBe(false);
    expect(other.runUntilComplete(answer)).toBe(42);
  });

  it('leaves the outer loop running and current', () => {
    let during: EventLoop | undefined;
    within(() => {
      expect(() => loop.runForever()).toThrow();
      during = getRunningLoop();
    });
    expect(during).toBe(loop);
  });
});

describe('the running loop', () => {
  it('is the loop inside its callbacks and tasks, and none outside', () => {
    const none = loopError('ERR_NO_RUNNING_LOOP', /no running event loop/);
    expect(() => getRunningLoop()).toThrow(none);
    const seen: unknown[] = [];
    loop.callSoon(() => seen.push(getRunningLoop(), loop.isRunning()));
    loop.runUntilComplete(function* () {
      seen.push(getRunningLoop());
    });
    expect(seen.map((each) => each === loop || each)).toEqual([true, true, true]);
    expect(() => getRunningLoop()).toThrow(none);
    expect(loop.isRunning()).toBe(false);
  });
});

describe('a loop that nothing can wake', () => {
  const deadlock = (message: RegExp): unknown =>
    expect.objectContaining({
      name: 'DeadlockError',
      code: 'ERR_DEADLOCK',
      message: expect.stringMatching(message) as string,
    });

  it('runForever throws a DeadlockError', () => {
    expect(() => loop.runForever()).toThrow(deadlock(/^nothing can wake the event loop: .*; no task is left$/));
    expect(loop.isRunning()).toBe(false);
    expect(virtual.selector.waits).toEqual([]);
  });

  it('runUntilComplete throws a DeadlockError that names the tasks and what they wait for', () => {
    const never = loop.createFuture();
    loop.createTask(
      function* () {
        yield* never;
      },
      { name: 'first' },
    );
    const second = loop.createTask(
      function* () {
        yield* never;
      },
      { name: 'second' },
    );
    expect(() => loop.runUntilComplete(second)).toThrow(
      deadlock(/waiting: <Task pending name='first' .*wait_for=<Future pending>>, <Task pending name='second' /),
    );
  });

  it('runOnce throws a DeadlockError without a limit, but not with one', () => {
    expect(() => loop.runOnce()).toThrow(deadlock(/nothing can wake/));
    loop.runOnce(25);
    loop.runOnce(0);
    expect(virtual.selector.waits).toEqual([25, 0]);
  });

  it('throws a DeadlockError when the last timer was cancelled and the last descriptor removed', () => {
    const timer = loop.callLater(1000, () => {});
    loop.addReader(7, () => {});
    loop.callSoon(() => {
      timer.cancel();
      loop.removeReader(7);
    });
    expect(() => loop.runForever()).toThrow(deadlock(/nothing can wake/));
    expect(loop.statistics().iterations).toBe(1);
  });

  it('does not throw a DeadlockError while a signal handler is registered', () => {
    loop.addSignalHandler('SIGUSR2', () => {});
    expect(() => loop.runForever()).toThrow(/block indefinitely/); // the selector's words
    loop.removeSignalHandler('SIGUSR2');
    expect(() => loop.runForever()).toThrow(deadlock(/nothing can wake/));
  });

  it('can be run again once it has something to do', () => {
    const never = loop.createFuture<number>();
    expect(() => loop.runUntilComplete(never)).toThrow(deadlock(/nothing/));
    loop.callSoon(() => never.setResult(5));
    expect(loop.runUntilComplete(never)).toBe(5);
  });
});

describe('runOnce', () => {
  it('runs one iteration', () => {
    const order: string[] = [];
    loop.callSoon(() => {
      order.push('a');
      loop.callSoon(() => order.push('b'));
    });
    loop.runOnce();
    expect(order).toEqual(['a']);
    loop.runOnce();
    expect(order).toEqual(['a', 'b']);
    expect(loop.statistics().iterations).toBe(2);
  });

  it.each(['soon', {}, NaN])('rejects the limit %j', (bad) => {
    expect(() => loop.runOnce(bad as never)).toThrow(/timeoutMs|NaN/);
    expect(loop.isRunning()).toBe(false);
  });

  it('a stop() during it does not affect the next run', () => {
    loop.callSoon(() => loop.stop());
    loop.runOnce();
    loop.callLater(5, () => loop.stop());
    loop.runForever();
    expect(virtual.clock.now()).toBe(5);
  });
});
