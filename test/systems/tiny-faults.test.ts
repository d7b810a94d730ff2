/** Regression tests for the faults of the original that tiny.ts must not have, and for the other promises of its loop. */

import { readFileSync } from 'node:fs';

import { describe, expect, it, vi } from 'vitest';

import type { Task } from '../../examples/tiny/tiny.js';
import {
  CancelledError,
  EventLoop,
  Future,
  type Steps,
  createPeriodicTask,
  createTask,
  gather,
  getEventLoop,
  run,
  sleep,
} from '../../examples/tiny/tiny.js';
import { runVirtually } from './tiny-time.js';

function* answer(value: number, delayMs = 0): Steps<number> {
  yield* sleep(delayMs);
  return value;
}

function* failing(message = 'broken'): Steps<never> {
  throw new Error(message);
}

/** Returns what `body` prints with console.error. */
function complaintsOf(body: () => unknown): string[] {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    body();
    return error.mock.calls.map((parts) => parts.map(String).join(' '));
  } finally {
    error.mockRestore();
  }
}

describe('tiny.ts', () => {
  it('has at most 400 lines', () => {
    const source = readFileSync(new URL('../../examples/tiny/tiny.ts', import.meta.url), 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(400);
  });

  it('imports only selectors and sockets', () => {
    const source = readFileSync(new URL('../../examples/tiny/tiny.ts', import.meta.url), 'utf8');
    expect([...source.matchAll(/from '(.+)'/g)].map(([, from]) => from)).toEqual([
      'selectloop/selectors',
      'selectloop/sockets',
    ]);
  });
});

describe('run in tiny.ts', () => {
  it('works a second time', () => {
    expect([run(() => answer(1)), run(() => answer(2))]).toEqual([1, 2]);
  });

  it('throws when it is called inside another run, which continues', () => {
    function* outer(): Steps<number> {
      expect(() => run(() => answer(1))).toThrow('already running');
      return yield* answer(2);
    }
    expect(run(outer)).toBe(2);
  });

  it('leaves no current loop behind after an error, and works again', () => {
    expect(() => run(failing)).toThrow('broken');
    expect(() => getEventLoop()).toThrow('no event loop is running');
    expect(run(() => answer(3))).toBe(3);
  });

  it('throws instead of hanging when nothing could ever wake the loop', () => {
    function* hopeless(): Steps<void> {
      yield* new Future<void>();
    }
    expect(() => run(hopeless)).toThrow('deadlock');
  });

  it('cancels the remaining tasks when main returns, and waits for their clean-up', () => {
    const log: string[] = [];
    function* worker(): Steps<void> {
      try {
        yield* sleep(1e9);
      } finally {
        yield* sleep(5);
        log.push('cleaned up');
      }
    }
    runVirtually(function* () {
      createTask(worker());
      yield* sleep(1);
    });
    expect(log).toEqual(['cleaned up']);
  });
});

describe('gather in tiny.ts', () => {
  it('completes with an empty list for no arguments', () => {
    runVirtually(function* () {
      expect(yield* gather([])).toEqual([]);
    });
  });

  it('returns results, with their types, in argument order', () => {
    runVirtually(function* () {
      const [number, text] = yield* gather([answer(1, 20), sleep(10, 'two')]);
      expect([number.toFixed(1), text.toUpperCase()]).toEqual(['1.0', 'TWO']);
    });
  });

  it('accepts the same task twice', () => {
    runVirtually(function* () {
      const task = createTask(answer(7));
      expect(yield* gather([task, task])).toEqual([7, 7]);
    });
  });
});

describe('errors in tiny.ts', () => {
  it('the error of a task reaches its awaiter only', () => {
    const complaints = complaintsOf(() =>
      runVirtually(function* () {
        const bystander = createTask(answer(1, 50));
        const task = createTask(failing());
        let caught: unknown;
        try {
          yield* task;
        } catch (error) {
          caught = error;
        }
        expect(String(caught)).toBe('Error: broken');
        expect(yield* bystander).toBe(1);
      }),
    );
    expect(complaints).toEqual([]);
  });

  it('the first error of gathered tasks reaches the caller of gather, and the other tasks continue', () => {
    runVirtually(function* () {
      const other = createTask(answer(1, 50));
      let caught: unknown;
      try {
        yield* gather([other, failing('first'), failing('second')]);
      } catch (error) {
        caught = error;
      }
      expect(String(caught)).toBe('Error: first');
      expect(yield* other).toBe(1);
    });
  });

  it('an error that is never awaited is printed once, at the end of the run', () => {
    const complaints = complaintsOf(() =>
      runVirtually(function* () {
        createTask(failing('lost'));
        yield* sleep(10);
      }),
    );
    expect(complaints).toEqual([expect.stringMatching(/^exception was never retrieved: .*Error: lost/)]);
  });

  it('an error in a callback is printed, and the next callback runs', () => {
    const called: string[] = [];
    const complaints = complaintsOf(() =>
      runVirtually(function* () {
        getEventLoop().callSoon(() => {
          throw new Error('oops');
        });
        getEventLoop().callSoon(() => called.push('next'));
        yield* sleep(1);
      }),
    );
    expect(called).toEqual(['next']);
    expect(complaints).toEqual([expect.stringContaining('oops')]);
  });
});

describe('futures in tiny.ts', () => {
  it.each([
    ['setResult', 'setResult'],
    ['setResult', 'setException'],
    ['setException', 'setResult'],
  ] as const)('a future throws when %s is followed by %s', (first, second) => {
    const future = new Future<unknown>(new EventLoop());
    future[first](1);
    expect(() => future[second](2)).toThrow('already done');
    future.loop.close();
  });

  it('result() throws while the future is pending', () => {
    const future = new Future(new EventLoop());
    expect(() => future.result()).toThrow('not done yet');
    future.loop.close();
  });

  it.each([
    [
      'a bare yield of a future',
      function* (): Steps<void> {
        yield new Future();
      },
    ],
    [
      'a yield of another value',
      function* (): Steps<void> {
        yield 'nonsense' as never;
      },
    ],
  ])('%s throws at the yield instead of suspending the task indefinitely', (_, body) => {
    expect(() => runVirtually(body)).toThrow('use yield* to wait');
  });

  it('a task that waits for itself fails with an error', () => {
    expect(() =>
      runVirtually(function* () {
        const box: Task[] = [];
        function* narcissus(): Steps<void> {
          yield* box[0]!;
        }
        box.push(createTask(narcissus()));
        yield* box[0]!;
      }),
    ).toThrow('cannot wait for itself');
  });
});

describe('timers in tiny.ts', () => {
  it('a coroutine that yields in a loop does not starve a timer of 50 ms', () => {
    // On the real clock. If the timer were starved, the spinning task would stop only at its limit of 5 s.
    run(function* () {
      const loop = getEventLoop();
      let fired = false;
      const startMs = loop.time();
      loop.callLater(50, () => (fired = true));
      while (!fired && loop.time() - startMs < 5000) yield;
      expect(fired).toBe(true);
    });
  });

  it('timers with equal times run in the order in which they were created', () => {
    const order: number[] = [];
    runVirtually(function* () {
      const whenMs = getEventLoop().time() + 10;
      for (const i of [0, 1, 2, 3, 4]) getEventLoop().callAt(whenMs, () => order.push(i));
      getEventLoop().callAt(whenMs - 1, () => order.push(-1));
      yield* sleep(20);
    });
    expect(order).toEqual([-1, 0, 1, 2, 3, 4]);
  });

  it.each([-1, 0, -Infinity])('sleep(%s) returns without a delay', (delayMs) => {
    runVirtually(function* () {
      expect(yield* sleep(delayMs, 'result')).toBe('result');
      expect(getEventLoop().time()).toBe(0);
    });
  });

  it('sleep(NaN) throws a RangeError', () => {
    expect(() => runVirtually(() => sleep(NaN))).toThrow(RangeError);
  });

  it('a cancelled sleep throws a CancelledError and leaves no timer behind', () => {
    runVirtually(function* () {
      const task = createTask(sleep(1e6));
      yield* sleep(1);
      expect(task.cancel()).toBe(true);
      let caught: unknown;
      try {
        yield* task;
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(CancelledError);
      yield* sleep(1);
      expect(getEventLoop().time()).toBe(2);
    });
  });

  it('a periodic task is called at multiples of its interval', () => {
    const times: number[] = [];
    runVirtually(function* () {
      const loop = getEventLoop();
      createPeriodicTask(() => times.push(loop.time()), 10);
      yield* sleep(35);
    });
    expect(times).toEqual([10, 20, 30]);
  });
});
