/** Mutual exclusion between tasks. */

import { InvalidStateError } from '../errors/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import { Guard } from './guard.js';
import { type QueueRules, QueuedSteps } from './queued-steps.js';
import { WaiterQueue } from './waiter-queue.js';

/**
 * A lock that one task holds at a time; the others get it in the order in which they asked.
 *
 * `release()` wakes the first waiter but does not hand the lock over: it is free until that task runs. A task that asks in between
 * queues up behind it all the same, so nobody is overtaken.
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
    // Also unless it was woken: `release()` wakes nobody if it finds a waiter that was cancelled but has not run yet.
    passOn: () => {
      if (!this.held) this.wakeFirst();
    },
  };

  /** True while a task holds it. */
  locked(): boolean {
    return this.held;
  }

  /**
   * Waits until the lock is free and takes it; at once if it is. Dispose of the result, or call `release()`, to give it back: one of
   * the two, once. A task that holds it already waits for itself, for ever. Cancelled while it waits, the task does not hold it,
   * and the next waiter is woken if it was this one's turn.
   *
   * @throws InvalidStateError when it would have to wait and the lock is bound to another loop
   */
  acquire(): Coroutine<Guard> {
    return new Coroutine(this._acquireSteps(), 'Lock.acquire');
  }

  /** Gives the lock back. InvalidStateError when nobody holds it. */
  release(): void {
    if (!this.held) throw new InvalidStateError('Lock.release: the lock is not acquired');
    this.held = false;
    this.wakeFirst();
  }

  /** @internal `acquire` as part of another operation. */
  _acquireSteps(): Steps<Guard> {
    return new QueuedSteps(this.acquiring, undefined);
  }

  private wakeFirst(): void {
    const { first } = this.waiters;
    // Done means that it is woken already and will run: waking another would let two tasks believe that it is their turn.
    if (first?.done() === false) first.setResult();
  }

  protected describe(): string {
    return `${this.held ? 'locked' : 'unlocked'}${this.waiters.describe()}`;
  }
}
