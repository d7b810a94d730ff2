/** Waiting until something that a lock protects has changed. */

import type { CancelledError } from '../errors/index.js';
import { InvalidStateError, isCancelled, outOfRange, wrongType } from '../errors/index.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import type { Guard } from './guard.js';
import { Lock } from './lock.js';
import { WaiterQueue } from './waiter-queue.js';

/**
 * A condition variable. `wait()` releases the lock, waits for a `notify()`, and acquires the lock again before it returns. This holds
 * even when the wait is cancelled, so the code around it always runs under the lock.
 *
 * @example
 * import { Condition, createTask, run } from 'selectloop';
 *
 * await run(async () => {
 *   const changed = new Condition();
 *   let value = 0;
 *   const reader = createTask(async () => {
 *     using guard = await changed.acquire();
 *     await changed.waitFor(() => value > 0);
 *     return value;
 *   });
 *   const writer = createTask(async () => {
 *     using guard = await changed.acquire();
 *     value = 42;
 *     changed.notifyAll();
 *   });
 *   await writer;
 *   console.log(await reader); // 42
 * });
 */
export class Condition extends BoundToLoop {
  private readonly lock: Lock;
  private readonly waiters = new WaiterQueue();

  /** @param lock can be shared between conditions; default: a new lock */
  constructor(lock: Lock = new Lock()) {
    super();
    if (!(lock instanceof Lock)) throw wrongType('Condition: lock', 'a Lock', lock);
    this.lock = lock;
  }

  /** Returns true while a task holds the lock. */
  locked(): boolean {
    return this.lock.locked();
  }

  /** Acquires the lock; see {@link Lock.acquire}. */
  acquire(options?: Abortable): Coroutine<Guard> {
    return this.lock.acquire(options);
  }

  /** Releases the lock. Throws InvalidStateError if it is not held. */
  release(): void {
    this.lock.release();
  }

  /**
   * Waits for a notification; returns true. The caller must hold the lock, and holds it again afterwards, however the wait ends. A
   * task that is cancelled after it was notified passes the notification on to another waiter.
   *
   * @throws InvalidStateError if the lock is not held, or the condition is bound to another loop
   */
  wait(options?: Abortable): Coroutine<true> {
    return operation('Condition.wait', this.waitSteps(), options);
  }

  /**
   * Waits until `predicate()` is truthy, and returns its value. The predicate is called immediately and, with the lock held, after
   * each notification; its errors propagate. Cancellation works as in `wait()`.
   *
   * @throws InvalidStateError if it has to wait and the lock is not held
   */
  waitFor<T>(predicate: () => T, options?: Abortable): Coroutine<T> {
    if (typeof predicate !== 'function') throw wrongType('Condition.waitFor: predicate', 'a function', predicate);
    return operation('Condition.waitFor', this.waitForSteps(predicate), options);
  }

  /**
   * Wakes at most `n` waiters, longest-waiting first. They resume one by one, as the lock becomes free.
   *
   * @param n an integer >= 0
   * @throws InvalidStateError if the lock is not held
   */
  notify(n = 1): void {
    if (!Number.isInteger(n) || n < 0) throw outOfRange('Condition.notify: n', 'an integer >= 0', n);
    this.checkLocked('notify');
    this.wake(n);
  }

  /** Wakes every waiter. Throws InvalidStateError if the lock is not held. */
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
      // Notified, but cancelled before it could act on it: pass the notification on, or it would be lost.
      if (!returns && waiter.done() && !waiter.cancelled()) this.wake(1);
    }
    return true;
  }

  /** Acquires the lock even if the task is cancelled while it waits; then throws the last cancellation, with the lock held. */
  private *reacquire(): Steps<void> {
    let cancelled: CancelledError | null = null;
    for (;;) {
      try {
        yield* this.lock._acquireSteps();
        break;
      } catch (error) {
        if (!isCancelled(error)) throw error;
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
