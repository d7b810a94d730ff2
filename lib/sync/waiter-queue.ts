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
  /** @internal The queue that it is in. */
  _queue: WaiterQueue<T> | null = null;

  constructor(
    loop: LoopCore,
    private readonly primitive: object,
  ) {
    super({ loop });
  }

  /** Cancels it. It stays in its queue until its task runs, and is counted there. */
  override cancel(reason?: unknown): boolean {
    const cancelled = super.cancel(reason);
    if (cancelled) this._queue?._noteCancelled();
    return cancelled;
  }

  override _describeWait(): string {
    return this.primitive.constructor.name;
  }
}

/**
 * A queue of waiters. A waiter leaves when its task resumes, from any position if it was cancelled.
 *
 * Until then waiters that were woken or cancelled are still in the queue, and there may be many: a program can cancel 40,000 waiters and
 * then wake others before any of their tasks runs. Walking over them for each wake-up would take quadratic time. A waiter that is done
 * never becomes pending again, so the queue remembers how far it has looked, and looks at each waiter once.
 */
export class WaiterQueue<T = void> extends LinkedList<Waiter<T>> {
  /** Every waiter before this one is done; null if all are. */
  private next: Waiter<T> | null = null;
  private cancelledCount = 0;

  /** The number of waiters that are not cancelled. */
  get live(): number {
    return this.size - this.cancelledCount;
  }

  override add(waiter: Waiter<T>): void {
    super.add(waiter);
    waiter._queue = this;
    this.next ??= waiter;
  }

  /** Removes a waiter; does nothing if it is not in this queue. */
  override delete(waiter: Waiter<T>): void {
    if (waiter._queue !== this) return;
    waiter._queue = null;
    if (this.next === waiter) this.next = this.after(waiter);
    if (waiter.cancelled()) this.cancelledCount -= 1;
    super.delete(waiter);
  }

  /** Returns the first waiter that was neither woken nor cancelled; null if there is none. */
  firstPending(): Waiter<T> | null {
    while (this.next?.done() === true) this.next = this.after(this.next);
    return this.next;
  }

  /** Returns true if a waiter is pending, or was woken and has not run yet. Then a new task has to queue. */
  anyoneQueues(): boolean {
    return this.size > this.cancelledCount;
  }

  /** Wakes the first pending waiter and removes it. Returns false if there is none. */
  takeFirst(result: T): boolean {
    const waiter = this.firstPending();
    if (waiter === null) return false;
    this.delete(waiter);
    waiter.setResult(result);
    return true;
  }

  /** @internal A waiter of this queue has been cancelled. */
  _noteCancelled(): void {
    this.cancelledCount += 1;
  }

  /** Returns ", waiters: 3", or an empty string if there are none. */
  describe(): string {
    return this.size === 0 ? '' : `, waiters: ${this.size}`;
  }
}
