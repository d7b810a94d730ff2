/** A flag that tasks wait for. */

import { Coroutine, type Future, type Steps } from '../tasks/index.js';
import { BoundToLoop, describeWaiters } from './bound-to-loop.js';

/** Tasks wait until it is set; then all go on, in the order in which they came, also if it is cleared at once. */
export class Event extends BoundToLoop {
  private flag = false;
  private readonly waiters = new Set<Future<void>>();

  /** True once it is set. */
  isSet(): boolean {
    return this.flag;
  }

  /** Sets it and wakes everybody who waits. */
  set(): void {
    if (this.flag) return;
    this.flag = true;
    for (const waiter of this.waiters) if (!waiter.done()) waiter.setResult();
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
    return new Coroutine(this.waitSteps(), 'Event.wait');
  }

  private *waitSteps(): Steps<true> {
    if (this.flag) return true;
    const waiter = this.newWaiter();
    this.waiters.add(waiter);
    try {
      yield* waiter;
    } finally {
      this.waiters.delete(waiter);
    }
    return true;
  }

  protected describe(): string {
    return `${this.flag ? 'set' : 'unset'}${describeWaiters(this.waiters)}`;
  }
}
