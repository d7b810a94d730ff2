/** Mutual exclusion between tasks. */

import { InvalidStateError } from '../errors/index.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import { Guard } from './guard.js';
import { type QueueRules, QueuedSteps } from './queued-steps.js';
import { WaiterQueue } from './waiter-queue.js';

/**
 * A mutex: at most one task holds it at a time, and waiting tasks acquire it in the order in which they began to wait.
 *
 * `release()` wakes the first waiter but does not hand the lock over: the lock is free until that task runs. A task that asks in the
 * meantime still queues behind it, so no task is overtaken.
 *
 * @example
 * import { Lock, run, sleep, taskGroup } from 'selectloop';
 *
 * const lock = new Lock();
 * let balance = 0;
 *
 * async function deposit() {
 *   using guard = await lock.acquire();
 *   const before = balance;
 *   await sleep(10);
 *   balance = before + 100;
 * }
 *
 * await run(async () => {
 *   await taskGroup(async (group) => {
 *     group.createTask(deposit);
 *     group.createTask(deposit);
 *   });
 *   console.log(balance); // 200
 * });
 */
export class Lock extends BoundToLoop {
  private held = false;
  private readonly waiters = new WaiterQueue();
  private readonly acquiring: QueueRules<void, Guard> = {
    primitive: this,
    waiters: this.waiters,
    mustWait: (woken) => !woken && (this.held || this.waiters.anyoneQueues()),
    finish: () => {
      this.held = true;
      return new Guard(this);
    },
    // Regardless of `woken`: `release()` wakes no task if the first waiter is cancelled but has not run yet.
    passOn: () => {
      if (!this.held) this.wakeFirst();
    },
  };

  /** Returns true while a task holds the lock. */
  locked(): boolean {
    return this.held;
  }

  /**
   * Waits until the lock is free, not at all if it is, and takes it. To release it, either dispose the returned guard or call
   * `release()`, once. The lock is not reentrant: a task that already holds it waits for itself indefinitely.
   *
   * A task cancelled while it waits does not hold the lock; if it was next in line, the waiter behind it is woken.
   *
   * @throws InvalidStateError if it has to wait and the lock is bound to another loop
   */
  acquire(options?: Abortable): Coroutine<Guard> {
    return operation('Lock.acquire', this._acquireSteps(), options);
  }

  /** Releases the lock and wakes the first waiter. Throws InvalidStateError if the lock is not held. */
  release(): void {
    if (!this.held) throw new InvalidStateError('Lock.release: the lock is not acquired');
    this.held = false;
    this.wakeFirst();
  }

  /** @internal The steps of `acquire`, to be part of another operation. */
  _acquireSteps(): Steps<Guard> {
    return new QueuedSteps(this.acquiring, undefined);
  }

  private wakeFirst(): void {
    const { first } = this.waiters;
    // A first waiter that is done was woken and is about to run: waking another as well would let two tasks take the lock.
    if (first?.done() === false) first.setResult();
  }

  protected describe(): string {
    return `${this.held ? 'locked' : 'unlocked'}${this.waiters.describe()}`;
  }
}
