import { Future, InvalidStateError, Lock, type Steps, createTask, run, runSync } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, outcomeOf, turns } from '../tasks/both-flavours.js';
import { inBothFlavours } from './scripts.js';

/** A lock held by another task until the test releases it. */
function* heldLock(): Steps<Lock> {
  const lock = new Lock();
  yield* lock.acquire();
  return lock;
}

describe('Lock', () => {
  it('cannot be released while it is free', () => {
    const lock = new Lock();
    expect(() => lock.release()).toThrow(new InvalidStateError('Lock.release: the lock is not acquired'));
    runSync(function* () {
      yield* lock.acquire();
      lock.release();
      expect(() => lock.release()).toThrow(InvalidStateError);
    });
  });

  inBothFlavours('is acquired immediately when it is free', function* (start) {
    const lock = new Lock();
    expect(lock.locked()).toBe(false);
    const task = start(
      () => lock.acquire(),
      () => lock.locked(),
    );
    expect(yield* task).toBe(true);
  });

  inBothFlavours('goes to its waiters in order, one for each release', function* (start, { log }) {
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

  it('gets its next holder in the iteration after the release', () => {
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

  inBothFlavours('drops a cancelled waiter and serves the remaining ones', function* (start, { log }) {
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
    ['released before the first waiter is cancelled', true],
    ['released after the first waiter is cancelled', false],
  ] as const) {
    inBothFlavours(`loses no wake-up when it is ${order} in one iteration`, function* (start, { log }) {
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
      expect(log).toEqual([2]); // only one task holds it
      expect(lock.locked()).toBe(true);
      expect(first?.cancelled()).toBe(true);
      lock.release();
      yield* turns();
      expect(log).toEqual([2, 3]);
    });
  }

  inBothFlavours('is free when its only waiter is cancelled in the iteration of the release', function* (start) {
    const lock = yield* heldLock();
    const task = start(() => lock.acquire());
    yield* turns();
    lock.release();
    task.cancel();
    yield* turns();
    expect(String(lock)).toBe('<Lock unlocked>');
    yield* lock.acquire();
  });

  inBothFlavours('can be acquired immediately when all its waiters are cancelled', function* (start) {
    const lock = yield* heldLock();
    const task = start(() => lock.acquire());
    yield* turns();
    task.cancel();
    lock.release();
    yield* lock.acquire(); // without an iteration in between
    expect(task.done()).toBe(false);
    yield* turns();
    expect(task.cancelled()).toBe(true);
    expect(lock.locked()).toBe(true);
  });

  inBothFlavours(
    'lets no task overtake its waiters, not even the one that has just released it',
    function* (start, { log }) {
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
    },
  );

  it('is released when the block with its guard throws', async () => {
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

    const other = new Lock(); // a lock is bound to one loop
    const outcome = run(async () => {
      using _guard = await other.acquire();
      expect(other.locked()).toBe(true);
      throw failure;
    });
    await expect(outcome).rejects.toBe(failure);
    expect(other.locked()).toBe(false);
  });

  it('cannot be awaited itself', () => {
    expect(() =>
      runSync(function* () {
        yield* new Lock() as unknown as Steps<void>;
      }),
    ).toThrow(TypeError);
    expect(new Lock()).not.toHaveProperty('then');
  });

  inBothFlavours('goes to the next waiter when the coroutine whose turn it is gets closed', function* (start, { log }) {
    const lock = yield* heldLock();
    const closed = lock.acquire();
    closed[Symbol.iterator]().next();
    start(
      () => lock.acquire(),
      () => log.push('second'),
    );
    yield* turns();
    lock.release(); // hands it to the coroutine that never runs
    closed.close();
    yield* turns();
    expect(log).toEqual(['second']);
  });
});

describe('the guard of a lock', () => {
  it('releases the lock once, however often it is disposed of', () => {
    runSync(function* () {
      const lock = new Lock();
      const guard = yield* lock.acquire();
      guard[Symbol.dispose]();
      expect(lock.locked()).toBe(false);
      const next = yield* lock.acquire();
      guard[Symbol.dispose]();
      expect(lock.locked()).toBe(true); // the lock has another holder by now
      next[Symbol.dispose]();
      expect(lock.locked()).toBe(false);
    });
  });
});
