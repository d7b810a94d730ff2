/** The waiters of a primitive, in the order in which they came. */

import { type Linked, LinkedList } from '../collections/linked-list.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Future } from '../tasks/index.js';

/** A future that can be queued, and that names the primitive it belongs to in traces and call graphs. */
export class Waiter<T = void> extends Future<T> implements Linked {
  /** @internal See `Linked`. */
  _previous: Linked | null = null;
  /** @internal See `Linked`. */
  _next: Linked | null = null;

  constructor(
    loop: LoopCore,
    private readonly primitive: object,
  ) {
    super({ loop });
  }

  override _describeWait(): string {
    return this.primitive.constructor.name;
  }
}

/** A queue of waiters. Joining it and leaving it from any position (when cancelled) cost a few stores. */
export class WaiterQueue extends LinkedList<Waiter> {
  /** Returns the first waiter that was neither woken nor cancelled; null if there is none. */
  firstPending(): Waiter | null {
    let waiter = this.first;
    while (waiter?.done() === true) waiter = this.after(waiter);
    return waiter;
  }

  /** Returns true if a waiter is pending, or was woken and has not run yet. Then a new task has to queue. */
  anyoneQueues(): boolean {
    let waiter = this.first;
    while (waiter?.cancelled() === true) waiter = this.after(waiter);
    return waiter !== null;
  }

  /** Returns ", waiters: 3", or an empty string if there are none. */
  describe(): string {
    return this.size === 0 ? '' : `, waiters: ${this.size}`;
  }
}
