/** The faces that futures and tasks show to the pieces that connect them, so that those need not know the classes. */

import type { CancelledError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';

/** A future, as the one who waits for it sees it. */
export interface Waitable<T = unknown> {
  readonly _loop: LoopCore;
  _yielded: boolean;
  done(): boolean;
  cancelled(): boolean;
  result(): T;
  cancel(reason?: unknown): boolean;
  _listen(listener: Runnable): void;
  toString(): string;
}

/** A wait of an async function on one future. */
export interface PendingWait {
  readonly future: Waitable;
}

/** A task, as the waits of its async function see it. */
export interface WaitingTask {
  done(): boolean;
  /** A wait begins: cancelling the task will cancel its future. */
  _waitBegins(wait: PendingWait): void;
  /** The wait is over. Returns the error to throw at it if the task was cancelled when the future could no longer be. */
  _waitEnds(wait: PendingWait): CancelledError | null;
}
