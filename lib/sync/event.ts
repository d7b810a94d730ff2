/** A flag that tasks wait for. */

import { Coroutine } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import { type QueueRules, QueuedSteps } from './queued-steps.js';
import { WaiterQueue } from './waiter-queue.js';

/** Tasks wait until it is set; then all go on, in the order in which they came, also if it is cleared at once. */
export class Event extends BoundToLoop {
  private flag = false;
  private readonly waiters = new WaiterQueue();
  private readonly waiting: QueueRules<void, true> = {
    primitive: this,
    waiters: this.waiters,
    mustWait: (woken) => !woken && !this.flag,
    finish: () => true,
    passOn: () => undefined, // everybody else was woken as well
  };

  /** True once it is set. */
  isSet(): boolean {
    return this.flag;
  }

  /** Sets it and wakes everybody who waits. */
  set(): void {
    if (this.flag) return;
    this.flag = true;
    for (;;) {
      const waiter = this.waiters.firstPending();
      if (waiter === null) return;
      waiter.setResult();
    }
  }

  /** Unsets it: who waits from now on waits for the next `set()`. */
  clear(): void {
    this.flag = false;
  }

  /**
   * Waits until it is set; returns true, at once if it is. Cancelled, it leaves nothing behind.
   *
   * @throws InvalidStateError when it would have to wait and the event is bound to another loop
   */
  wait(): Coroutine<true> {
    return new Coroutine(new QueuedSteps(this.waiting, undefined), 'Event.wait');
  }

  protected describe(): string {
    return `${this.flag ? 'set' : 'unset'}${this.waiters.describe()}`;
  }
}
