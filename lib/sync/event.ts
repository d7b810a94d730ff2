/** A flag that tasks can wait for. */

import { type Abortable, type Coroutine, operation } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import { type QueueRules, QueuedSteps } from './queued-steps.js';
import { WaiterQueue } from './waiter-queue.js';

/**
 * A flag: tasks wait until it is set. `set()` wakes all of them, in the order in which they came, even if it is cleared right after.
 *
 * @example
 * import { Event, createTask, run } from 'selectloop';
 *
 * await run(async () => {
 *   const ready = new Event();
 *   const waiter = createTask(async () => {
 *     await ready.wait();
 *     console.log('ready'); // ready
 *   });
 *   ready.set();
 *   await waiter;
 * });
 */
export class Event extends BoundToLoop {
  private flag = false;
  private readonly waiters = new WaiterQueue();
  private readonly waiting: QueueRules<void, true> = {
    primitive: this,
    waiters: this.waiters,
    mustWait: (woken) => !woken && !this.flag,
    finish: () => true,
    passOn: () => undefined, // `set()` has woken every other waiter already
  };

  /** Returns true while it is set. */
  isSet(): boolean {
    return this.flag;
  }

  /** Sets the flag and wakes every waiter. */
  set(): void {
    if (this.flag) return;
    this.flag = true;
    for (;;) {
      const waiter = this.waiters.firstPending();
      if (waiter === null) return;
      waiter.setResult();
    }
  }

  /** Clears the flag: later calls of `wait()` wait for the next `set()`. */
  clear(): void {
    this.flag = false;
  }

  /**
   * Waits until the flag is set, not at all if it is; returns true. Cancelling the wait leaves nothing behind.
   *
   * @throws InvalidStateError if it has to wait and the event is bound to another loop
   */
  wait(options?: Abortable): Coroutine<true> {
    return operation('Event.wait', new QueuedSteps(this.waiting, undefined), options);
  }

  protected describe(): string {
    return `${this.flag ? 'set' : 'unset'}${this.waiters.describe()}`;
  }
}
