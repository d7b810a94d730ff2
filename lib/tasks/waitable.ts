/** The faces that futures and tasks show to the pieces that connect them, so that those need not know the classes. */

import type { Linked } from '../collections/linked-list.js';
import { CancelledError } from '../errors/index.js';
import type { ContextCarrier } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';

/** Marks futures, also those of another copy of this library. */
export const futureMark: unique symbol = Symbol.for('selectloop.future');

/** True for whatever carries the mark. */
export function isWaitable(x: unknown): x is Waitable {
  return typeof x === 'object' && x !== null && futureMark in x && x[futureMark] === true;
}

/** A future, as the one who waits for it sees it. */
export interface Waitable<T = unknown> {
  readonly _loop: LoopCore;
  /** Set while a `yield*` hands it to its task. */
  _yielded: boolean;
  done(): boolean;
  cancelled(): boolean;
  result(): T;
  cancel(reason?: unknown): boolean;
  _listen(listener: Runnable): void;
  _unlisten(listener: Runnable): number;
  /** What it is, without what it waits for itself: two tasks that wait for each other must have an end when printed. */
  _describeBriefly(): string;
  toString(): string;
}

/** True if a future that is done was cancelled, or failed with somebody's cancellation. Asking counts as retrieving its error. */
export function endedByCancellation(future: Waitable): boolean {
  try {
    future.result();
    return false;
  } catch (error) {
    return error instanceof CancelledError;
  }
}

/** A wait of an async function on one future. */
export interface PendingWait extends Runnable, Linked {
  readonly future: Waitable;
}

/** A task, as the waits of its async function see it. */
export interface WaitingTask extends Runnable, ContextCarrier {
  readonly _loop: LoopCore;
  /** True if it runs an async function: then what is awaited while it runs is awaited by it. */
  readonly _awaits: boolean;
  /** What it runs, for messages. */
  readonly _label: string;
  done(): boolean;
  /** A wait begins: cancelling the task will cancel its future. */
  _waitBegins(wait: PendingWait): void;
  /** The wait is over. Returns the error to throw at it if the task was cancelled when the future could no longer be. */
  _waitEnds(wait: PendingWait): CancelledError | null;
}
