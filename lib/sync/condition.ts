/** Waiting, under a lock, until something the lock protects has changed. */

import { CancelledError, InvalidStateError, outOfRange, wrongType } from '../errors/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import type { Guard } from './guard.js';
import { Lock } from './lock.js';
import { WaiterQueue } from './waiter-queue.js';

/**
 * A condition variable. `wait()` gives the lock up, waits for a `notify()`, and holds the lock again before it returns, also when
 * it ends by a cancellation: the code around it can rely on that.
 */
export class Condition extends BoundToLoop {
  private readonly lock: Lock;
  private readonly waiters = new WaiterQueue();

  /** @param lock may be shared between conditions; default a new one */
  constructor(lock: Lock = new Lock()) {
    super();
    if (!(lock instanceof Lock)) throw wrongType('Condition: lock', 'a Lock', lock);
    this.lock = lock;
  }

  /** True while a task holds the lock. */
  locked(): boolean {
    return this.lock.locked();
  }

  /** Acquires the lock, as `Lock.acquire` does. */
  acquire(): Coroutine<Guard> {
    return this.lock.acquire();
  }

  /** Releases the lock. InvalidStateError when nobody holds it. */
  release(): void {
    this.lock.release();
  }

  /**
   * Waits for a notification; returns true. The caller must hold the lock (InvalidStateError), and holds it afterwards, whatever
   * happens. Cancelled after it was notified, it passes the notification on to another waiter.
   */
  wait(): Coroutine<true> {
    return new Coroutine(this.waitSteps(), 'Condition.wait');
  }

  /**
   * Waits until `predicate()` is truthy, asked now and, with the lock held, after each notification; returns its value. The caller
   * must hold the lock (InvalidStateError, unless it need not wait). Cancellation as in `wait()`; an error of the predicate
   * comes out.
   */
  waitFor<T>(predicate: () => T): Coroutine<T> {
    if (typeof predicate !== 'function') throw wrongType('Condition.waitFor: predicate', 'a function', predicate);
    return new Coroutine(this.waitForSteps(predicate), 'Condition.waitFor');
  }

  /**
   * Wakes at most `n` waiters, those that wait longest. They run one by one, as the lock becomes free. InvalidStateError unless
   * the lock is held.
   */
  notify(n = 1): void {
    if (!Number.isInteger(n) || n < 0) throw outOfRange('Condition.notify: n', 'an integer >= 0', n);
    this.checkLocked('notify');
    this.wake(n);
  }

  /** Wakes every waiter. InvalidStateError unless the lock is held. */
  notifyAll(): void {
    this.checkLocked('notifyAll');
    this.wake(Infinity);
  }

  private *waitSteps(): Steps<true> {
    this.checkLocked('wait');
    const waiter = this._newWaiter();
    this.waiters.add(waiter);
    this.lock.release();
    let returns = false;
    try {
      try {
        yield* waiter;
      } finally {
        this.waiters.delete(waiter);
        yield* this.reacquire();
      }
      returns = true;
    } finally {
      // It was notified, and cancelled before it could act on that: the notification must not end here.
      if (!returns && waiter.done() && !waiter.cancelled()) this.wake(1);
    }
    return true;
  }

  /** Acquires the lock however often the task is cancelled meanwhile; the last cancellation is thrown when it holds it. */
  private *reacquire(): Steps<void> {
    let cancelled: CancelledError | null = null;
    for (;;) {
      try {
        yield* this.lock._acquireSteps();
        break;
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error;
        cancelled = error;
      }
    }
    if (cancelled !== null) throw cancelled;
  }

  private *waitForSteps<T>(predicate: () => T): Steps<T> {
    for (;;) {
      const value = predicate();
      if (value) return value;
      yield* this.waitSteps();
    }
  }

  private wake(n: number): void {
    for (let left = n; left > 0; left -= 1) {
      const waiter = this.waiters.firstPending();
      if (waiter === null) return;
      waiter.setResult();
    }
  }

  private checkLocked(operation: string): void {
    if (!this.lock.locked()) throw new InvalidStateError(`Condition.${operation}: the lock is not acquired`);
  }

  protected describe(): string {
    return `${this.locked() ? 'locked' : 'unlocked'}${this.waiters.describe()}`;
  }
}
