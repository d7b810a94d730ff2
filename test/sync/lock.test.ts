import { Future, InvalidStateError, Lock, type Steps, createTask, run, runSync } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, outcomeOf, turns } from '../tasks/both-flavours.js';
import { inBothFlavours } from './scripts.js';

/** Somebody else's lock: held, until the test releases it. */
function* heldLock(): Steps<Lock> {
  const lock = new Lock();
  yield* lock.acquire();
  return lock;
}

describe('Lock', () => {
  it('J1: cannot be released by anybody while it is free', () => {
    const lock = new Lock();
    expect(() => lock.release()).toThrow(new InvalidStateError('Lock.release: the lock is not acquired'));
    runSync(function* () {
      yield* lock.acquire();
      lock.release();
      expect(() => lock.release()).toThrow(InvalidStateError);
    });
  });

  inBothFlavours('J1: is taken at once when it is free', function* (start) {
    const lock = new Lock();
    expect(lock.locked()).toBe(false);
    const task = start(
      () => lock.acquire(),
      () => lock.locked(),
    );
    expect(yield* task).toBe(true);
  });

  inBothFlavours('J1: goes to those who wait in their order, one for each release', function* (start, { log }) {
    const lock = yield* heldLock();
    for (const name of [1, 2, 3]) {
      start(
        () => lock.acquire(),
        () => log.push(name),
      );
    }
    yield* turns();
    expect(log).toEqual([]);
    for (const expected of [[1], [1, 2], [1, 2, 3]]) {
      lock.release();
      yield* turns();
      expect(log).toEqual(expected);
      expect(lock.locked()).toBe(true);
    }
  });

  it('J1: has its next holder in the turn after the release', () => {
    runSync(function* () {
      const lock = yield* heldLock();
      const task = createTask(lock.acquire());
      yield;
      lock.release();
      expect([lock.locked(), task.done()]).toEqual([false, false]);
      yield;
      expect([lock.locked(), task.done()]).toEqual([true, true]);
    });
  });

  inBothFlavours('J2: forgets a waiter that is cancelled, and serves the others', function* (start, { log }) {
    const lock = yield* heldLock();
    const tasks = [1, 2, 3].map((name) =>
      start(
        () => lock.acquire(),
        () => log.push(name),
        () => lock.release(),
      ),
    );
    yield* turns();
    tasks[1]?.cancel('enough');
    expect(yield* outcomeOf(tasks[1]!)).toEqual(cancelledWith('enough'));
    expect(String(lock)).toBe('<Lock locked, waiters: 2>');
    lock.release();
    yield* turns(6);
    expect(log).toEqual([1, 3]);
    expect(String(lock)).toBe('<Lock unlocked>');
  });

  for (const [order, releaseFirst] of [
    ['released, then the first waiter cancelled', true],
    ['the first waiter cancelled, then released', false],
  ] as const) {
    inBothFlavours(`J3: loses no wake-up when it is ${order} in one turn`, function* (start, { log }) {
      const lock = yield* heldLock();
      const [first] = [1, 2, 3].map((name) =>
        start(
          () => lock.acquire(),
          () => log.push(name),
        ),
      );
      yield* turns();
      if (releaseFirst) lock.release();
      first?.cancel();
      if (!releaseFirst) lock.release();
      yield* turns(5);
      expect(log).toEqual([2]); // and not 3 as well: exactly one has it
      expect(lock.locked()).toBe(true);
      expect(first?.cancelled()).toBe(true);
      lock.release();
      yield* turns();
      expect(log).toEqual([2, 3]);
    });
  }

  inBothFlavours('J3: is free when its only waiter is cancelled in the turn of the release', function* (start) {
    const lock = yield* heldLock();
    const task = start(() => lock.acquire());
    yield* turns();
    lock.release();
    task.cancel();
    yield* turns();
    expect(String(lock)).toBe('<Lock unlocked>');
    yield* lock.acquire();
  });

  inBothFlavours('J3: can be taken at once when all who queue are cancelled', function* (start) {
    const lock = yield* heldLock();
    const task = start(() => lock.acquire());
    yield* turns();
    task.cancel();
    lock.release();
    yield* lock.acquire(); // without a turn in between
    expect(task.done()).toBe(false);
    yield* turns();
    expect(task.cancelled()).toBe(true);
    expect(lock.locked()).toBe(true);
  });

  inBothFlavours('J4: lets nobody overtake, not even who had it just now', function* (start, { log }) {
    const lock = new Lock();
    const gate = new Future<void>();
    start(
      () => lock.acquire(),
      () => gate,
      () => {
        lock.release();
        log.push(`locked: ${lock.locked()}`);
      },
      () => lock.acquire(),
      () => log.push('holder'),
    );
    yield* turns();
    for (const name of [0, 1, 2]) {
      start(
        () => lock.acquire(),
        () => log.push(name),
        () => lock.release(),
      );
    }
    yield* turns();
    gate.setResult();
    yield* turns(10);
    expect(log).toEqual(['locked: false', 0, 1, 2, 'holder']);
  });

  it('J5: is given back when the block with its guard throws', async () => {
    const lock = new Lock();
    const failure = new Error('in the block');
    function* generator(): Steps<void> {
      using _guard = yield* lock.acquire();
      expect(lock.locked()).toBe(true);
      throw failure;
    }
    expect(() => {
      runSync(generator);
    }).toThrow(failure);
    expect(lock.locked()).toBe(false);

    const other = new Lock(); // one belongs to one loop
    const outcome = run(async () => {
      using _guard = await other.acquire();
      expect(other.locked()).toBe(true);
      throw failure;
    });
    await expect(outcome).rejects.toBe(failure);
    expect(other.locked()).toBe(false);
  });

  it('J5: cannot be awaited itself', () => {
    expect(() =>
      runSync(function* () {
        yield* new Lock() as unknown as Steps<void>;
      }),
    ).toThrow(TypeError);
    expect(new Lock()).not.toHaveProperty('then');
  });

  inBothFlavours('goes on to the next waiter when a coroutine that waits for it is closed', function* (start, { log }) {
    const lock = yield* heldLock();
    const closed = lock.acquire();
    closed[Symbol.iterator]().next();
    start(
      () => lock.acquire(),
      () => log.push('second'),
    );
    yield* turns();
    lock.release(); // it is the turn of the one that is never going to run
    closed.close();
    yield* turns();
    expect(log).toEqual(['second']);
  });
});

describe('the guard of a lock', () => {
  it('releases once, however often it is disposed of', () => {
    runSync(function* () {
      const lock = new Lock();
      const guard = yield* lock.acquire();
      guard[Symbol.dispose]();
      expect(lock.locked()).toBe(false);
      const next = yield* lock.acquire();
      guard[Symbol.dispose]();
      expect(lock.locked()).toBe(true); // it is another's lock by now
      next[Symbol.dispose]();
      expect(lock.locked()).toBe(false);
    });
  });
});
