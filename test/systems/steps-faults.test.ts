/** Regression tests for the faults of the original sixteen steps. */

import { describe, expect, it } from 'vitest';

import { main as step12 } from '../../examples/steps/step12.js';
import { CancelledError, Future, type Steps, Task, run, wait } from '../../examples/steps/step16.js';
import { run as runStep04 } from '../../examples/steps/step04.js';
import { printedBy } from './programs.js';

/** Runs a coroutine on the loop of step 16. Returns its result and the number of ticks it took. */
function ticksOf<T>(body: () => Steps<T>): { result: T; ticks: number } {
  let result: T | undefined;
  const lines = printedBy(() => (result = run(body())));
  return { result: result as T, ticks: lines.filter((line) => line.startsWith('Loop step')).length };
}

/** Waits for `future` and returns its result, or its error as a string. */
function* outcomeOf<T>(future: Future<T>): Steps<T | string> {
  try {
    return yield* future;
  } catch (error) {
    return String(error);
  }
}

describe('a coroutine that returns undefined', () => {
  it('ends on the loop of step 4', () => {
    let yields = 0;
    function* nothing(): Generator<undefined, void> {
      for (; yields < 3; yields += 1) yield;
    }
    printedBy(() => runStep04(nothing()));
    expect(yields).toBe(3);
  });

  it('ends as a task of step 16', () => {
    const { result, ticks } = ticksOf(function* (): Steps<void> {
      return;
    });
    expect({ result, ticks }).toEqual({ result: undefined, ticks: 2 });
  });
});

describe('a task that waits for a pending future', () => {
  it('takes no step while it waits, from step 12 on', () => {
    const main = printedBy(step12).filter((line) => line.includes('main step'));
    expect(main).toHaveLength(2);
  });

  it('adds no ticks, however long the future is pending', () => {
    const ticksWithWorkOf = (yields: number): number =>
      ticksOf(function* (): Steps<void> {
        const future = new Future<void>('far');
        function* worker(): Steps<void> {
          for (let i = 0; i < yields; i += 1) yield;
          future.setResult(undefined);
        }
        new Task('worker', worker());
        yield* future;
      }).ticks;
    expect(ticksWithWorkOf(50) - ticksWithWorkOf(0)).toBe(50); // the steps of the worker only
  });

  it('fails with an error, instead of looping endlessly, when nothing can complete the future', () => {
    expect(() =>
      ticksOf(function* () {
        yield* new Future('never');
      }),
    ).toThrow('deadlock');
  });
});

describe('wait in step 16', () => {
  it('completes for an empty list', () => {
    expect(
      ticksOf(function* () {
        yield* wait([]);
        return 'done';
      }).result,
    ).toBe('done');
  });

  it('completes for futures that are already done', () => {
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

describe('cancellation in step 16', () => {
  it('completes a future with the error', () => {
    const future = new Future<number>('call');
    expect(future.done()).toBe(false);
    future.cancel();
    expect(future.done()).toBe(true);
    expect(() => future.result()).toThrow(CancelledError);
  });

  it('does not affect other waiters of a shared future', () => {
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

  it('of a task with a pending wake-up throws once, and does not disturb the next wait', () => {
    const { result } = ticksOf(function* () {
      const first = new Future<string>('first');
      const second = new Future<string>('second');
      function* patient(): Steps<string[]> {
        return [yield* outcomeOf(first), yield* outcomeOf(second)];
      }
      const task = new Task('patient', patient());
      yield;
      first.setResult('too late'); // schedules a wake-up
      task.cancel();
      yield;
      second.setResult('second');
      yield* wait([task]);
      return task.result();
    });
    expect(result).toEqual(['CancelledError: patient was cancelled', 'second']);
  });
});
