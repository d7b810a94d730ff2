/** Faults of the original sixteen steps that ours must not have. */

import { describe, expect, it } from 'vitest';

import { main as step12 } from '../../examples/steps/step12.js';
import { CancelledError, Future, type Steps, Task, run, wait } from '../../examples/steps/step16.js';
import { run as runStep04 } from '../../examples/steps/step04.js';
import { printedBy } from './programs.js';

/** Runs a coroutine on the loop of step 16; returns its result and how many ticks it took. */
function ticksOf<T>(body: () => Steps<T>): { result: T; ticks: number } {
  let result: T | undefined;
  const lines = printedBy(() => (result = run(body())));
  return { result: result as T, ticks: lines.filter((line) => line.startsWith('Loop step')).length };
}

/** How the wait of `future` ends. */
function* outcomeOf<T>(future: Future<T>): Steps<T | string> {
  try {
    return yield* future;
  } catch (error) {
    return String(error);
  }
}

describe('a coroutine that returns undefined', () => {
  it('ends on the loop of step 4', () => {
    let rounds = 0;
    function* nothing(): Generator<undefined, void> {
      for (; rounds < 3; rounds += 1) yield;
    }
    printedBy(() => runStep04(nothing()));
    expect(rounds).toBe(3);
  });

  it('ends as a task', () => {
    const { result, ticks } = ticksOf(function* (): Steps<void> {
      return;
    });
    expect({ result, ticks }).toEqual({ result: undefined, ticks: 2 });
  });
});

describe('a pending future', () => {
  it('takes no tick of a task that waits, from step 12 on', () => {
    const main = printedBy(step12).filter((line) => line.includes('main step'));
    expect(main).toHaveLength(2);
  });

  it('costs two ticks however long it is pending', () => {
    const ticksWithWorkOf = (turns: number): number =>
      ticksOf(function* (): Steps<void> {
        const future = new Future<void>('far');
        function* worker(): Steps<void> {
          for (let i = 0; i < turns; i += 1) yield;
          future.setResult(undefined);
        }
        new Task('worker', worker());
        yield* future;
      }).ticks;
    expect(ticksWithWorkOf(50) - ticksWithWorkOf(0)).toBe(50); // the worker's own, and none besides
  });

  it('that nobody will set is an error, not a loop for ever', () => {
    expect(() =>
      ticksOf(function* () {
        yield* new Future('never');
      }),
    ).toThrow('everybody waits');
  });
});

describe('wait', () => {
  it('of an empty list ends', () => {
    expect(
      ticksOf(function* () {
        yield* wait([]);
        return 'done';
      }).result,
    ).toBe('done');
  });

  it('of futures that are done ends', () => {
    expect(
      ticksOf(function* () {
        const future = new Future<number>('ready');
        future.setResult(1);
        yield* wait([future, future]);
        return future.result();
      }).result,
    ).toBe(1);
  });
});

describe('cancellation', () => {
  it('makes a future done, and its result the error', () => {
    const future = new Future<number>('call');
    expect(future.done()).toBe(false);
    future.cancel();
    expect(future.done()).toBe(true);
    expect(() => future.result()).toThrow(CancelledError);
  });

  it('of one waiter leaves the others on a shared future alone', () => {
    const { result } = ticksOf(function* () {
      const shared = new Future<string>('shared');
      const waiters = [1, 2, 3].map((n) => new Task(`waiter ${n}`, outcomeOf(shared)));
      yield;
      waiters[1]!.cancel();
      yield;
      shared.setResult('for the others');
      yield* wait(waiters);
      return waiters.map((waiter) => waiter.result());
    });
    expect(result).toEqual(['for the others', 'CancelledError: waiter 2 was cancelled', 'for the others']);
  });

  it('of a task that is about to be woken is thrown once, and the wake-up is not lost on the next wait', () => {
    const { result } = ticksOf(function* () {
      const first = new Future<string>('first');
      const second = new Future<string>('second');
      function* patient(): Steps<string[]> {
        return [yield* outcomeOf(first), yield* outcomeOf(second)];
      }
      const task = new Task('patient', patient());
      yield;
      first.setResult('too late'); // the wake-up is in the queue
      task.cancel();
      yield;
      second.setResult('second');
      yield* wait([task]);
      return task.result();
    });
    expect(result).toEqual(['CancelledError: patient was cancelled', 'second']);
  });
});
