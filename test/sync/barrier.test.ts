import { Barrier, BrokenBarrierError, type Steps, type Task, createTask, runSync } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { outcomeOf, turns } from '../tasks/both-flavours.js';
import { type StartScript, inBothFlavours } from './scripts.js';

/** `n` tasks that wait at the barrier. */
function come(start: StartScript, barrier: Barrier, n: number): Task[] {
  return Array.from({ length: n }, () => start(() => barrier.wait()));
}

/** How the tasks ended: their places, or the name of the error. */
function* endings(tasks: readonly Task[]): Steps<unknown[]> {
  const results: unknown[] = [];
  for (const task of tasks) {
    const outcome = yield* outcomeOf(task);
    results.push('value' in outcome ? outcome.value : (outcome.error as Error).name);
  }
  return results;
}

describe('Barrier', () => {
  it('needs at least one party', () => {
    for (const parties of [0, -1, 1.5, NaN]) expect(() => new Barrier(parties)).toThrow(RangeError);
    expect(new Barrier(3)).toMatchObject({ parties: 3, nWaiting: 0, broken: false });
  });

  inBothFlavours('releases all tasks when the last one arrives, each with its place', function* (start) {
    const barrier = new Barrier(3);
    const tasks = come(start, barrier, 2);
    yield* turns();
    expect(barrier.nWaiting).toBe(2);
    expect(String(barrier)).toBe('<Barrier filling, 2/3>');
    tasks.push(...come(start, barrier, 1));
    expect(yield* endings(tasks)).toEqual([0, 1, 2]);
    expect(barrier.nWaiting).toBe(0);
  });

  inBothFlavours('can be used repeatedly', function* (start) {
    const barrier = new Barrier(2);
    for (let round = 0; round < 3; round += 1) {
      expect(yield* endings(come(start, barrier, 2))).toEqual([0, 1]);
      expect(String(barrier)).toBe('<Barrier filling, 0/2>');
    }
  });

  inBothFlavours('serves simultaneous arrivals in as many rounds as they need', function* (start) {
    const barrier = new Barrier(2);
    expect(yield* endings(come(start, barrier, 6))).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it('makes newcomers wait while it drains', () => {
    runSync(function* () {
      const barrier = new Barrier(2);
      const tasks = [createTask(barrier.wait())];
      yield;
      expect(yield* barrier.wait()).toBe(1);
      // The first task has not left yet: it runs in the next iteration.
      expect(String(barrier)).toBe('<Barrier draining, 0/2>');
      const newcomer = barrier.wait();
      const steps = newcomer[Symbol.iterator]();
      steps.next();
      expect([barrier.nWaiting, tasks[0]?.done()]).toEqual([0, false]);
      yield;
      expect([barrier.nWaiting, tasks[0]?.done()]).toEqual([1, true]); // the newcomer has been let in
      newcomer.close();
      expect(barrier.nWaiting).toBe(0);
    });
  });

  it('serves all tasks evenly although some return immediately', () => {
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

  inBothFlavours('does not count a cancelled task, and is not broken by it', function* (start) {
    const barrier = new Barrier(3);
    const [first, second] = come(start, barrier, 2);
    yield* turns();
    first?.cancel();
    expect(barrier.nWaiting).toBe(1);
    yield* turns();
    expect([barrier.nWaiting, barrier.broken]).toEqual([1, false]);
    // The places are unique although the first task has been replaced.
    expect(yield* endings([first!, second!, ...come(start, barrier, 2)])).toEqual(['CancelledError', 0, 1, 2]);
  });

  it('does not release a task because of another one cancelled in the same iteration', () => {
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

  inBothFlavours('a task that is cancelled after its release does not block the next round', function* (start) {
    const barrier = new Barrier(2);
    const [first] = come(start, barrier, 1);
    yield* turns();
    expect(yield* barrier.wait()).toBe(1);
    first?.cancel();
    expect(yield* endings([first!, ...come(start, barrier, 2)])).toEqual(['CancelledError', 0, 1]);
  });

  inBothFlavours('reset fails the waiting tasks and starts a new round', function* (start) {
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

  it('reset fails the released tasks that have not resumed yet; tasks that came later stay and wait', () => {
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
      barrier.reset(); // a second reset has no effect
      expect(yield* endings(tasks)).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
      expect([barrier.nWaiting, barrier.broken]).toEqual([2, false]);
      expect(yield* barrier.wait()).toBe(2);
      expect(yield* endings(outside)).toEqual([0, 1]);
    });
  });

  inBothFlavours('abort fails every waiting and every later task until reset repairs the barrier', function* (start) {
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

  inBothFlavours('reset in the iteration of the abort does not revive the tasks that waited', function* (start) {
    const barrier = new Barrier(2);
    const [task] = come(start, barrier, 1);
    yield* turns();
    barrier.abort();
    barrier.reset();
    const next = come(start, barrier, 2);
    expect(yield* endings([task!, ...next])).toEqual(['BrokenBarrierError', 0, 1]);
  });

  it('abort fails the released tasks that have not left yet and the newcomers', () => {
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

  it('BrokenBarrierError has a name, a code and a message', () => {
    expect(new BrokenBarrierError()).toMatchObject({
      name: 'BrokenBarrierError',
      code: 'ERR_BROKEN_BARRIER',
      message: 'the barrier is broken',
    });
  });
});
