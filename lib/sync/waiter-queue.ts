/** Those who wait for a primitive, in the order in which they came. */

import { type Linked, LinkedList } from '../collections/linked-list.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Future } from '../tasks/index.js';

/** A wait that can stand in a queue, and tell what it is for, to traces and call graphs. */
export class Waiter<T = void> extends Future<T> implements Linked {
  /** @internal */
  _previous: Linked | null = null;
  /** @internal */
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

/** The queue. Joining, leaving from anywhere (when cancelled) and finding the first cost a few stores. */
export class WaiterQueue extends LinkedList<Waiter> {
  /** The first who was neither woken nor cancelled. */
  firstPending(): Waiter | null {
    let waiter = this.first;
    while (waiter?.done() === true) waiter = this.after(waiter);
    return waiter;
  }

  /** True if one of them still waits, or was woken and has not run yet: whoever comes now has to queue up. */
  anyoneQueues(): boolean {
    let waiter = this.first;
    while (waiter?.cancelled() === true) waiter = this.after(waiter);
    return waiter !== null;
  }

  /** ", waiters: 3", or nothing. */
  describe(): string {
    return this.size === 0 ? '' : `, waiters: ${this.size}`;
  }
}
