/**
 * Those who wait for a primitive, in the order in which they came.
 *
 * A linked list through the waiters themselves: coming, leaving from anywhere (when cancelled) and finding the first cost a few
 * stores. A Set would hash every waiter, and make a new table after every few that have come and gone.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { Future } from '../tasks/index.js';

/** A wait that can tell what it is for, to traces and call graphs. */
export class Waiter<T = void> extends Future<T> {
  /** @internal The queue that it stands in, and its neighbours there. */
  _queue: WaiterQueue | null = null;
  _before: Waiter | null = null;
  _behind: Waiter | null = null;

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

/** A queue of waiters. */
export class WaiterQueue {
  private first: Waiter | null = null;
  private last: Waiter | null = null;
  private count = 0;

  /** How many stand in it. */
  get size(): number {
    return this.count;
  }

  /** Puts a new one at the end. */
  add(waiter: Waiter): void {
    const { last } = this;
    waiter._queue = this;
    waiter._before = last;
    if (last === null) this.first = waiter;
    else last._behind = waiter;
    this.last = waiter;
    this.count += 1;
  }

  /** Takes one out; harmless if it has left before. */
  delete(waiter: Waiter): void {
    if (waiter._queue !== this) return;
    const { _before: before, _behind: behind } = waiter;
    if (before === null) this.first = behind;
    else before._behind = behind;
    if (behind === null) this.last = before;
    else behind._before = before;
    waiter._queue = null;
    waiter._before = null;
    waiter._behind = null;
    this.count -= 1;
  }

  /** The one who came first, whatever its state. */
  head(): Waiter | null {
    return this.first;
  }

  /** The first who was neither woken nor cancelled. */
  firstPending(): Waiter | null {
    let waiter = this.first;
    while (waiter?.done() === true) waiter = waiter._behind;
    return waiter;
  }

  /** True if one of them still waits, or was woken and has not run yet: whoever comes now has to queue up. */
  anyoneQueues(): boolean {
    let waiter = this.first;
    while (waiter?.cancelled() === true) waiter = waiter._behind;
    return waiter !== null;
  }

  /** ", waiters: 3", or nothing. */
  describe(): string {
    return this.count === 0 ? '' : `, waiters: ${this.count}`;
  }
}
