/**
 * What the ready queue holds.
 *
 * A callback needs a Handle. A task, or a future that waits for a timer or a descriptor, can stand in the queue itself: it is
 * its own handle, which saves an object and a closure per wait.
 */

import type { HeapEntry } from '../collections/timer-heap.js';
import type { Socket } from '../sockets/socket.js';

/** Something the loop can run once. */
export interface Runnable {
  /** @internal Runs it. What it throws goes to the exception handler of the loop. */
  _run(): void;
  /** Takes it back: it will not run, and drops what it refers to. Harmless when it has run. */
  cancel(): unknown;
  /** True once it was taken back. */
  cancelled(): boolean;
  /** What it is, for messages and traces. */
  toString(): string;
}

/** A runnable with a time. */
export interface Timer extends Runnable, HeapEntry {
  /** @internal True while it stands in the heap, so that cancelling it is counted there. */
  _scheduled: boolean;
}

/** A runnable that waits for a descriptor. */
export interface DescriptorWaiter extends Runnable {
  /** @internal The socket from which it will receive bytes when it runs: they may be received for it, together with those of others. */
  readonly _receivesFrom?: Socket | null;
  /** @internal The descriptor is about to be closed beneath it; without this method it is cancelled. */
  _descriptorClosed?(): void;
}
