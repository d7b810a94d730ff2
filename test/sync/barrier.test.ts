import { Barrier, BrokenBarrierError, type Steps, type Task, createTask, runSync } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { outcomeOf, turns } from '../tasks/both-flavours.js';
import { type StartScript, inBothFlavours } from './scripts.js';

/** `n` tasks that wait at the barrier. */
function come(start: StartScript, barrier: Barrier, n: number): Task[] {
  return Array.from({ length: n }, () => start(() => barrier.wait()));
}

/** What became of the tasks: their places, or the name of the error. */
function* endings(tasks: readonly Task[]): Steps<unknown[]> {
  const results: unknown[] = [];
  for (const task of tasks) {
    const outcome = yield* outcomeOf(task);
    results.push('value' in outcome ? outcome.value : (outcome.error as Error).name);
  }
  return results;
}

describe('Barrier', () => {
  it('takes one task or more', () => {
    for (const parties of [0, -1, 1.5, NaN]) expect(() => new Barrier(parties)).toThrow(RangeError);
    expect(new Barrier(3)).toMatchObject({ parties: 3, nWaiting: 0, broken: false });
  });

  inBothFlavours('lets all go when the last has come, each with its place', function* (start) {
    const barrier = new Barrier(3);
    const tasks = come(start, barrier, 2);
    yield* turns();
    expect(barrier.nWaiting).toBe(2);
    expect(String(barrier)).toBe('<Barrier filling, 2/3>');
    tasks.push(...come(start, barrier, 1));
    expect(yield* endings(tasks)).toEqual([0, 1, 2]);
    expect(barrier.nWaiting).toBe(0);
  });

  inBothFlavours('can be used again and again', function* (start) {
    const barrier = new Barrier(2);
    for (let round = 0; round < 3; round += 1) {
      expect(yield* endings(come(start, barrier, 2))).toEqual([0, 1]);
      expect(String(barrier)).toBe('<Barrier filling, 0/2>');
    }
  });

  inBothFlavours('takes as many rounds as it needs for those who come at once', function* (start) {
    const barrier = new Barrier(2);
    expect(yield* endings(come(start, barrier, 6))).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it('J20: lets newcomers wait while it drains', () => {
    runSync(function* () {
      const barrier = new Barrier(2);
      const tasks = [createTask(barrier.wait())];
      yield;
      expect(yield* barrier.wait()).toBe(1);
      // The other has not left yet: it runs in the next turn.
      expect(String(barrier)).toBe('<Barrier draining, 0/2>');
      const newcomer = barrier.wait();
      const steps = newcomer[Symbol.iterator]();
      steps.next();
      expect([barrier.nWaiting, tasks[0]?.done()]).toEqual([0, false]);
      yield;
      expect([barrier.nWaiting, tasks[0]?.done()]).toEqual([1, true]); // let in where it stood
      newcomer.close();
      expect(barrier.nWaiting).toBe(0);
    });
  });

  it('J20: serves all alike, although some come back at once', () => {
    runSync(function* () {
      const barrier = new Barrier(2);
      const passed = [0, 0, 0, 0];
      const tasks = passed.map((_, index) =>
        createTask(function* (): Steps<void> {
          for (;;) {
            yield* barrier.wait();
            passed[index]! += 1;
          }
        }),
      );
      yield* turns(60);
      for (const task of tasks) task.cancel();
      expect(Math.min(...passed)).toBeGreaterThan(10);
      expect(Math.max(...passed) - Math.min(...passed)).toBeLessThanOrEqual(1);
      yield* endings(tasks);
    });
  });

  inBothFlavours('J20: a task that is cancelled is not counted, and breaks nothing', function* (start) {
    const barrier = new Barrier(3);
    const [first, second] = come(start, barrier, 2);
    yield* turns();
    first?.cancel();
    expect(barrier.nWaiting).toBe(1); // at once
    yield* turns();
    expect([barrier.nWaiting, barrier.broken]).toEqual([1, false]);
    // The places are unique although there was another first.
    expect(yield* endings([first!, second!, ...come(start, barrier, 2)])).toEqual(['CancelledError', 0, 1, 2]);
  });

  it('J20: does not open for a task that was cancelled in this very turn', () => {
    runSync(function* () {
      const barrier = new Barrier(2);
      const cancelled = createTask(barrier.wait());
      yield;
      cancelled.cancel();
      const other = barrier.wait();
      expect(other[Symbol.iterator]().next().done).toBe(false);
      yield* turns();
      expect([cancelled.cancelled(), barrier.nWaiting]).toEqual([true, 1]);
      other.close();
    });
  });

  inBothFlavours('J20: a task that is cancelled when it may leave holds nobody up', function* (start) {
    const barrier = new Barrier(2);
    const [first] = come(start, barrier, 1);
    yield* turns();
    expect(yield* barrier.wait()).toBe(1);
    first?.cancel();
    expect(yield* endings([first!, ...come(start, barrier, 2)])).toEqual(['CancelledError', 0, 1]);
  });

  inBothFlavours('J21: reset sends away who waits, and starts anew', function* (start) {
    const barrier = new Barrier(3);
    const tasks = come(start, barrier, 2);
    yield* turns();
    barrier.reset();
    expect(barrier.nWaiting).toBe(0);
    const next = come(start, barrier, 3);
    expect(yield* endings(tasks)).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
    expect(barrier.broken).toBe(false);
    expect(yield* endings(next)).toEqual([0, 1, 2]);
  });

  it('J21: reset stops who has not left yet; who has goes on, and newcomers come in', () => {
    runSync(function* () {
      const barrier = new Barrier(3);
      const tasks = [createTask(barrier.wait()), createTask(barrier.wait())];
      yield;
      expect(yield* barrier.wait()).toBe(2);
      const outside = [
        createTask(barrier.wait(), { eagerStart: true }),
        createTask(barrier.wait(), { eagerStart: true }),
      ];
      barrier.reset();
      expect(String(barrier)).toBe('<Barrier resetting, 0/3>');
      barrier.reset(); // again: no difference
      expect(yield* endings(tasks)).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
      expect([barrier.nWaiting, barrier.broken]).toEqual([2, false]);
      expect(yield* barrier.wait()).toBe(2);
      expect(yield* endings(outside)).toEqual([0, 1]);
    });
  });

  inBothFlavours('J22: abort breaks it for all who wait and come, until reset repairs it', function* (start) {
    const barrier = new Barrier(3);
    const tasks = come(start, barrier, 2);
    yield* turns();
    barrier.abort();
    expect([barrier.broken, barrier.nWaiting]).toEqual([true, 0]);
    expect(yield* endings([...tasks, ...come(start, barrier, 4)])).toEqual(
      Array.from({ length: 6 }, () => 'BrokenBarrierError'),
    );
    expect(String(barrier)).toBe('<Barrier broken, 0/3>');
    barrier.reset();
    expect(barrier.broken).toBe(false);
    expect(yield* endings(come(start, barrier, 3))).toEqual([0, 1, 2]);
  });

  inBothFlavours('J22: reset in the turn of the abort does not bring back who waited', function* (start) {
    const barrier = new Barrier(2);
    const [task] = come(start, barrier, 1);
    yield* turns();
    barrier.abort();
    barrier.reset();
    const next = come(start, barrier, 2);
    expect(yield* endings([task!, ...next])).toEqual(['BrokenBarrierError', 0, 1]);
  });

  it('J22: abort reaches those who may leave and those who stand outside', () => {
    runSync(function* () {
      const barrier = new Barrier(2);
      const leaving = createTask(barrier.wait());
      yield;
      yield* barrier.wait();
      const outside = createTask(barrier.wait(), { eagerStart: true });
      barrier.abort();
      expect(yield* endings([leaving, outside])).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
      expect(yield* outcomeOf(createTask(barrier.wait()))).toEqual({ error: new BrokenBarrierError() });
    });
  });

  it('says what it is: the error', () => {
    expect(new BrokenBarrierError()).toMatchObject({
      name: 'BrokenBarrierError',
      code: 'ERR_BROKEN_BARRIER',
      message: 'the barrier is broken',
    });
  });
});
