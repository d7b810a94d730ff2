/**
 * The items of the ready queue.
 *
 * A callback needs a Handle. A task, or a future that waits for a timer or a descriptor, is queued itself: it is its own handle, which
 * saves an object and a closure per wait.
 */

import type { HeapEntry } from '../collections/timer-heap.js';
import type { Socket } from '../sockets/socket.js';

/** An item that the loop can run once. */
export interface Runnable {
  /** @internal Runs it. Errors go to the exception handler of the loop. */
  _run(): void;
  /** Drops it: it will not run. A no-op if it has run. */
  cancel(): unknown;
  /** Returns true once it was cancelled. */
  cancelled(): boolean;
  /** Describes it, for messages and traces. */
  toString(): string;
}

/** A runnable with a deadline. */
export interface Timer extends Runnable, HeapEntry {
  /** @internal True while it is in the timer heap, so that cancelling it is counted there. */
  _scheduled: boolean;
}

/** A runnable that waits for a descriptor. */
export interface DescriptorWaiter extends Runnable {
  /** @internal The socket from which it will receive bytes when it runs: the batch may make that receive, together with others. */
  readonly _receivesFrom?: Socket | null;
  /** @internal Other code is closing the descriptor. Without this method the waiter is cancelled. */
  _descriptorClosed?(): void;
}
