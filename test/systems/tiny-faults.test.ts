/** Faults of the original that tiny.ts must not have, one test each; and what else the small loop promises. */

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

/** What went to console.error while `body` ran. */
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

  it('imports nothing but selectors and sockets', () => {
    const source = readFileSync(new URL('../../examples/tiny/tiny.ts', import.meta.url), 'utf8');
    expect([...source.matchAll(/from '(.+)'/g)].map(([, from]) => from)).toEqual([
      'selectloop/selectors',
      'selectloop/sockets',
    ]);
  });
});

describe('running', () => {
  it('a second run works', () => {
    expect([run(() => answer(1)), run(() => answer(2))]).toEqual([1, 2]);
  });

  it('a run inside a run is an error, and the outer one goes on', () => {
    function* outer(): Steps<number> {
      expect(() => run(() => answer(1))).toThrow('running already');
      return yield* answer(2);
    }
    expect(run(outer)).toBe(2);
  });

  it('a run after one that failed works, and there is no loop in between', () => {
    expect(() => run(failing)).toThrow('broken');
    expect(() => getEventLoop()).toThrow('no event loop is running');
    expect(run(() => answer(3))).toBe(3);
  });

  it('a wait that nothing can end is an error, not a hang', () => {
    function* hopeless(): Steps<void> {
      yield* new Future<void>();
    }
    expect(() => run(hopeless)).toThrow('deadlock');
  });

  it('tasks left over are cancelled, and their clean-up runs', () => {
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

describe('gather', () => {
  it('of nothing ends', () => {
    runVirtually(function* () {
      expect(yield* gather([])).toEqual([]);
    });
  });

  it('gives results in the order of its arguments, and their types', () => {
    runVirtually(function* () {
      const [number, text] = yield* gather([answer(1, 20), sleep(10, 'two')]);
      expect([number.toFixed(1), text.toUpperCase()]).toEqual(['1.0', 'TWO']);
    });
  });

  it('waits once for a task that is named twice', () => {
    runVirtually(function* () {
      const task = createTask(answer(7));
      expect(yield* gather([task, task])).toEqual([7, 7]);
    });
  });
});

describe('errors', () => {
  it('of a task reach the awaiter and nobody else', () => {
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

  it('of a gathered task reach the gatherer; the others run on', () => {
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

  it('that nobody awaits are printed once, at the end of the run', () => {
    const complaints = complaintsOf(() =>
      runVirtually(function* () {
        createTask(failing('lost'));
        yield* sleep(10);
      }),
    );
    expect(complaints).toEqual([expect.stringMatching(/^nobody saw this error: .*Error: lost/)]);
  });

  it('in a callback are printed, and the next callback runs', () => {
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

describe('futures', () => {
  it.each([
    ['setResult', 'setResult'],
    ['setResult', 'setException'],
    ['setException', 'setResult'],
  ] as const)('%s and then %s is an error', (first, second) => {
    const future = new Future<unknown>(new EventLoop());
    future[first](1);
    expect(() => future[second](2)).toThrow('done already');
    future.loop.close();
  });

  it('have no result before they have one', () => {
    const future = new Future(new EventLoop());
    expect(() => future.result()).toThrow('not there yet');
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
      'a yield of something else',
      function* (): Steps<void> {
        yield 'nonsense' as never;
      },
    ],
  ])('%s is an error at the yield, not a task that sleeps for ever', (_, body) => {
    expect(() => runVirtually(body)).toThrow('a task waits with yield*');
  });

  it('a task that waits for itself is an error', () => {
    expect(() =>
      runVirtually(function* () {
        const box: Task[] = [];
        function* narcissus(): Steps<void> {
          yield* box[0]!;
        }
        box.push(createTask(narcissus()));
        yield* box[0]!;
      }),
    ).toThrow('not for itself');
  });
});

describe('time', () => {
  it('a coroutine that yields in a loop does not starve a timer of 50 ms', () => {
    // On the real clock, by the count of turns: were the timer starved, the spinning task would not end.
    run(function* () {
      const loop = getEventLoop();
      let fired = false;
      const startMs = loop.time();
      loop.callLater(50, () => (fired = true));
      while (!fired && loop.time() - startMs < 5000) yield;
      expect(fired).toBe(true);
    });
  });

  it('equal timers run in the order in which they were made', () => {
    const order: number[] = [];
    runVirtually(function* () {
      const whenMs = getEventLoop().time() + 10;
      for (const i of [0, 1, 2, 3, 4]) getEventLoop().callAt(whenMs, () => order.push(i));
      getEventLoop().callAt(whenMs - 1, () => order.push(-1));
      yield* sleep(20);
    });
    expect(order).toEqual([-1, 0, 1, 2, 3, 4]);
  });

  it.each([-1, 0, -Infinity])('sleep(%s) ends after a turn', (delayMs) => {
    runVirtually(function* () {
      expect(yield* sleep(delayMs, 'result')).toBe('result');
      expect(getEventLoop().time()).toBe(0);
    });
  });

  it('sleep(NaN) is an error', () => {
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

  it('a periodic task keeps its rhythm when one call is late', () => {
    const times: number[] = [];
    runVirtually(function* () {
      const loop = getEventLoop();
      createPeriodicTask(() => times.push(loop.time()), 10);
      yield* sleep(35);
    });
    expect(times).toEqual([10, 20, 30]);
  });
});
