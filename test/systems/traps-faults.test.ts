/** Regression tests for the faults of the original operating system in coroutines: errors, sub-coroutines, killing. */

import { describe, expect, it } from 'vitest';

import type { Program } from '../../examples/traps/os.js';
import {
  GetTid,
  KillTask,
  NewTask,
  ReadWait,
  ReceiveMessage,
  Sleep,
  WaitTask,
} from '../../examples/traps/system-calls.js';
import { execute, spawn, withPair } from './traps-system.js';

function* failing(message = 'broken', yields = 1): Program<never> {
  for (let i = 0; i < yields; i += 1) yield;
  throw new Error(message);
}

describe('an error of a task in traps/os', () => {
  it('ends only that task, and is printed if no task waits for it', () => {
    const { log, complaints } = execute(function* (log) {
      yield new NewTask(failing());
      for (let i = 0; i < 3; i += 1) log.push(i, yield);
    });
    expect(log.filter((entry) => entry !== undefined)).toEqual([0, 1, 2]);
    expect(complaints).toEqual(['Task 2 died: Error: broken']);
  });

  it('is thrown in every task that waits for it', () => {
    const { log, complaints } = execute(function* (log) {
      const child = yield* spawn(failing('broken', 10));
      function* waiter(): Program {
        try {
          yield new WaitTask(child);
        } catch (error) {
          log.push(String(error));
        }
      }
      yield new NewTask(waiter());
      yield* waiter();
    });
    expect(log).toEqual(['Error: broken', 'Error: broken']);
    expect(complaints).toEqual([]);
  });

  it('is thrown in a task that begins to wait after the failed task has ended', () => {
    const { log } = execute(function* (log) {
      const child = yield* spawn(failing());
      yield new Sleep(5);
      try {
        yield new WaitTask(child);
      } catch (error) {
        log.push(String(error));
      }
    });
    expect(log).toEqual(['Error: broken']);
  });

  it('can be caught by the caller of a sub-coroutine, which continues', () => {
    const { log } = execute(function* (log) {
      try {
        yield failing('inside');
      } catch (error) {
        log.push(String(error));
      }
      log.push(yield new GetTid());
    });
    expect(log).toEqual(['Error: inside', 1]);
  });
});

describe('a sub-coroutine in traps/os', () => {
  it('returns its value to its caller at any depth', () => {
    function* depth(n: number): Program<number> {
      return n === 0 ? 0 : ((yield depth(n - 1)) as number) + 1;
    }
    const { log } = execute(function* (log) {
      log.push(yield depth(20_000)); // far deeper than the call stack of JavaScript allows
    });
    expect(log).toEqual([20_000]);
  });

  it('may return undefined, or another falsy value', () => {
    const { log } = execute(function* (log) {
      for (const value of [undefined, 0, '', false, null]) {
        const sub = function* (): Program<unknown> {
          return value;
        };
        log.push(yield sub());
      }
    });
    expect(log).toEqual([undefined, 0, '', false, null]);
  });

  it('gets a TypeError at a yield of another type', () => {
    const { log } = execute(function* (log) {
      try {
        yield 42 as never;
      } catch (error) {
        log.push(String(error));
      }
    });
    expect(log).toEqual(['TypeError: a program cannot yield a number']);
  });
});

describe('an answer in traps/os', () => {
  it('is used once: a bare yield after a system call returns undefined', () => {
    const { log } = execute(function* (log) {
      log.push(yield new GetTid(), yield, yield);
    });
    expect(log).toEqual([1, undefined, undefined]);
  });
});

describe('killing a task in traps/os', () => {
  /** A program with `depth` coroutines on its stack; the innermost one waits. */
  function* nested(log: unknown[], wait: () => Program<unknown>, depth = 3): Program {
    try {
      yield depth === 1 ? wait() : nested(log, wait, depth - 1);
    } finally {
      log.push(`level ${depth} cleans up`);
    }
  }
  const cleanedUp = ['level 1 cleans up', 'level 2 cleans up', 'level 3 cleans up'];

  it.each<[string, () => Program<unknown>]>([
    [
      'yields in a loop',
      function* () {
        for (;;) yield;
      },
    ],
    [
      'sleeps',
      function* () {
        yield new Sleep(1e9);
      },
    ],
    [
      'waits for a message',
      function* () {
        yield new ReceiveMessage();
      },
    ],
    [
      'waits for a child',
      function* () {
        yield new WaitTask(1);
      },
    ],
  ])('unwinds its whole stack while it %s', (_, wait) => {
    const { log } = execute(function* (log) {
      const child = yield* spawn(nested(log, wait));
      for (let i = 0; i < 10; i += 1) yield;
      log.push(yield new KillTask(child), yield new KillTask(child));
    });
    expect(log).toEqual([...cleanedUp, true, false]);
  });

  it('unwinds its whole stack while it waits for I/O, and frees the descriptor for another waiter', () => {
    const { log } = execute(function* (log) {
      yield* withPair(function* (ours, theirs) {
        const wait = function* (): Program {
          yield new ReadWait(ours);
        };
        const child = yield* spawn(nested(log, wait));
        for (let i = 0; i < 10; i += 1) yield;
        yield new KillTask(child);
        theirs.send(Buffer.from('x'));
        yield new ReadWait(ours);
        log.push('readable');
      });
    });
    expect(log).toEqual([...cleanedUp, 'readable']);
  });

  it('works on the calling task; an error of its clean-up becomes the error of the task', () => {
    const { log } = execute(function* (log) {
      function* killsItself(): Program {
        try {
          yield new KillTask((yield new GetTid()) as number);
          log.push('never');
        } finally {
          throw new Error('clean-up failed'); // eslint-disable-line no-unsafe-finally -- the subject of the test
        }
      }
      try {
        yield new WaitTask(yield* spawn(killsItself()));
      } catch (error) {
        log.push(String(error));
      }
    });
    expect(log).toEqual(['Error: clean-up failed']);
  });

  it('wakes the task that waits for it', () => {
    const { log } = execute(function* (log) {
      const sleeper = yield* spawn(
        (function* () {
          yield new Sleep(1e9);
        })(),
      );
      yield new NewTask(
        (function* () {
          yield new KillTask(sleeper);
        })(),
      );
      log.push(yield new WaitTask(sleeper));
    });
    expect(log).toEqual([undefined]);
  });
});
