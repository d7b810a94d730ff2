import { BoundedSemaphore, Future, Semaphore, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { turns } from '../tasks/both-flavours.js';
import { inBothFlavours } from './scripts.js';

describe.each([Semaphore, BoundedSemaphore])('%o', (AnySemaphore) => {
  it('takes an integer of at least 0, with 1 as the default', () => {
    for (const value of [-1, 0.5, NaN, '1' as never]) expect(() => new AnySemaphore(value)).toThrow(RangeError);
    expect(new AnySemaphore(0).locked()).toBe(true);
    runSync(function* () {
      const semaphore = new AnySemaphore();
      yield* semaphore.acquire();
      expect(semaphore.locked()).toBe(true);
    });
  });

  inBothFlavours('is locked when all slots are taken', function* (start) {
    const semaphore = new AnySemaphore(3);
    for (const expected of [false, false, true]) {
      yield* start(() => semaphore.acquire());
      expect(semaphore.locked()).toBe(expected);
    }
    semaphore.release();
    expect(semaphore.locked()).toBe(false);
  });

  inBothFlavours(
    'is locked while a woken task has yet to take its slot, although another slot is free',
    function* (start) {
      const semaphore = new AnySemaphore(2);
      yield* semaphore.acquire();
      yield* semaphore.acquire();
      const task = start(() => semaphore.acquire());
      yield* turns();
      semaphore.release(); // goes to the waiter, which has not run yet
      semaphore.release(); // stays free
      expect(semaphore.locked()).toBe(true);
      yield* task;
      expect(semaphore.locked()).toBe(false);
    },
  );

  inBothFlavours('serves waiters first come, first served, round after round', function* (start, { log }) {
    const semaphore = new AnySemaphore(1);
    const names = ['c1', 'c2', 'c3'];
    for (const name of names) {
      const round = (n: number) => [
        () => semaphore.acquire(),
        () => log.push(`${name}_${n}`),
        () => sleep(10),
        () => semaphore.release(),
      ];
      start(...round(1), ...round(2));
    }
    yield* sleep(1000);
    expect(log).toEqual(['c1_1', 'c2_1', 'c3_1', 'c1_2', 'c2_2', 'c3_2']);
  });

  inBothFlavours('a task that releases and acquires again goes to the end of the queue', function* (start, { log }) {
    const semaphore = new AnySemaphore(1);
    const gate = new Future<void>();
    start(
      () => semaphore.acquire(),
      () => log.push(1),
      () => gate,
      () => semaphore.release(),
      () => semaphore.acquire(),
      () => log.push(4),
    );
    for (const name of [2, 3]) {
      start(
        () => semaphore.acquire(),
        () => log.push(name),
        () => semaphore.release(),
      );
    }
    yield* turns();
    gate.setResult();
    yield* turns(10);
    expect(log).toEqual([1, 2, 3, 4]);
  });

  inBothFlavours('several releases wake as many waiters, before a task that comes later', function* (start, { log }) {
    const semaphore = new AnySemaphore(3);
    for (let i = 0; i < 3; i += 1) yield* semaphore.acquire();
    const enter = (name: number) =>
      start(
        () => semaphore.acquire(),
        () => log.push(name),
      );
    for (const name of [1, 2, 3]) enter(name);
    yield* turns();
    for (let i = 0; i < 3; i += 1) semaphore.release();
    enter(4);
    yield* turns();
    expect(log).toEqual([1, 2, 3]);
    semaphore.release();
    yield* turns();
    expect(log).toEqual([1, 2, 3, 4]);
  });

  inBothFlavours(
    'a waiter that is cancelled in the iteration of the release passes the slot on',
    function* (start, { log }) {
      const semaphore = new AnySemaphore(1);
      yield* semaphore.acquire();
      const [first] = [1, 2, 3].map((name) =>
        start(
          () => semaphore.acquire(),
          () => log.push(name),
        ),
      );
      yield* turns();
      semaphore.release();
      first?.cancel();
      yield* turns();
      expect(log).toEqual([2]);
      semaphore.release();
      yield* turns();
      expect(log).toEqual([2, 3]);
      semaphore.release();
      expect(String(semaphore)).toBe(`<${AnySemaphore.name} unlocked, value: 1>`);
    },
  );

  inBothFlavours(
    'a task queued behind a woken waiter gets a free slot when that waiter is cancelled',
    function* (start, { log }) {
      const semaphore = new AnySemaphore(2);
      yield* semaphore.acquire();
      yield* semaphore.acquire();
      const woken = start(() => semaphore.acquire());
      yield* turns();
      semaphore.release();
      semaphore.release();
      // Its own first step queues it behind the woken task, which has not run; there will be no further release.
      const behind = semaphore.acquire();
      const steps = behind[Symbol.iterator]();
      const future = steps.next().value as Future;
      expect(future.done()).toBe(false);
      woken.cancel();
      yield* turns();
      expect(future.done()).toBe(true);
      steps.next();
      log.push('got it');
      expect(semaphore.locked()).toBe(false);
    },
  );

  it('a closed coroutine returns the slot that it was given', () => {
    runSync(function* () {
      const semaphore = new AnySemaphore(1);
      const guard = yield* semaphore.acquire();
      const closed = semaphore.acquire();
      closed[Symbol.iterator]().next();
      guard[Symbol.dispose]();
      guard[Symbol.dispose]();
      expect(semaphore.locked()).toBe(true);
      closed.close();
      expect(String(semaphore)).toBe(`<${AnySemaphore.name} unlocked, value: 1>`);
    });
  });
});

describe('releasing a semaphore too often', () => {
  it('throws a RangeError for a BoundedSemaphore', () => {
    runSync(function* () {
      const semaphore = new BoundedSemaphore(2);
      expect(() => semaphore.release()).toThrow(RangeError);
      yield* semaphore.acquire();
      semaphore.release();
      expect(() => semaphore.release()).toThrow('BoundedSemaphore.release: released too many times (2 slots)');
      expect(String(semaphore)).toBe('<BoundedSemaphore unlocked, value: 2>');
    });
  });

  it('adds a slot to a Semaphore', () => {
    const semaphore = new Semaphore(1);
    semaphore.release();
    expect(String(semaphore)).toBe('<Semaphore unlocked, value: 2>');
  });
});
