/** What futures, tasks and waits show to each other, as interfaces: the modules that connect them do not depend on the classes. */

import type { Linked } from '../collections/linked-list.js';
import type { ContextCarrier } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';
import type { Cancellation } from './cancellation.js';

/** Marks futures, including those of another copy of this library. */
export const futureMark: unique symbol = Symbol.for('selectloop.future');

/** True for any object with the mark. */
export function isWaitable(x: unknown): x is Waitable {
  return typeof x === 'object' && x !== null && futureMark in x && x[futureMark] === true;
}

/** A target of `cancel()`: a future, or a coroutine that an async function awaits. */
export interface Cancellable {
  done(): boolean;
  /** Returns false if it is done, or cannot be cancelled. */
  cancel(reason?: unknown): boolean;
  /** Describes it without what it waits for in turn, if that could be a circle. Default: `toString`. */
  _describeBriefly?(): string;
  toString(): string;
  /** Its name in a call graph or a trace. */
  _describeWait(): string;
}

/**
 * How passing on a request has gone: at least one target has taken it; none has, and one of them waits for the relay itself; or none has.
 */
export type PassedOn = 'taken' | 'circle' | 'refused';

/** A target that ends through what it waits for, so a request to cancel it is passed on: a task, a continuation, a gather. */
export interface Relay extends Cancellable {
  /** Set while a request is passed on. */
  _visit: Visit | null;
  /** A request arrives. Returns what to pass it on to. */
  _cancelBegins(reason: unknown): readonly Cancellable[];
  /** The request was passed on. Returns the outcome for the one that passed it to this relay. */
  _cancelEnds(reason: unknown, outcome: PassedOn): PassedOn;
}

/** The way of a request through one relay. */
export interface Visit {
  readonly relay: Relay;
  readonly targets: readonly Cancellable[];
  next: number;
  outcome: PassedOn;
  /** True if the `cancel` method of a target, which a program may override, has led back to the relay. */
  reentered: boolean;
  /** The visit that led here. */
  readonly from: Visit | null;
}

/** True for a target that passes requests on. */
export function isRelay(target: Cancellable): target is Relay {
  return '_cancelBegins' in target;
}

/** A future, as its waiters see it. */
export interface Waitable<T = unknown> extends Cancellable {
  readonly _loop: LoopCore;
  /** True while a `yield*` hands it to its task. */
  _yielded: boolean;
  cancelled(): boolean;
  result(): T;
  _listen(listener: Runnable): void;
  _unlisten(listener: Runnable): void;
  toString(): string;
}

/** One `await` of an async function that has not ended. */
export interface PendingWait extends Runnable, Linked {
  /** What it waits for. */
  readonly _awaited: Cancellable;
  /** Ends the wait, although what it waits for is not done. */
  interrupt(): void;
}

/** The waits of an async function. */
export interface PendingWaits {
  /** A wait begins: cancelling the task cancels what the wait is for. */
  add(wait: PendingWait): void;
  /** The wait has ended. */
  delete(wait: PendingWait): void;
}

/** A task, as the waits of its code see it. */
export interface WaitingTask extends Runnable, ContextCarrier {
  readonly _loop: LoopCore;
  /** If it runs an async function, the waits of that function: it awaits whatever is awaited while it runs. Null for a generator. */
  readonly _awaiting: PendingWaits | null;
  /** The name of its code, for messages. */
  readonly _label: string;
  /** Its cancellation requests; null before the first one. */
  readonly _cancellation: Cancellation | null;
  done(): boolean;
}

/** At most this many names are listed in a description. */
const MOST_NAMES = 10;

/** Describes what a task or a coroutine waits for, to be appended to its own description. */
export function describeWaits(waits: readonly Cancellable[]): string {
  if (waits.length === 0) return '';
  const names = waits.slice(0, MOST_NAMES).map((each) => each._describeBriefly?.() ?? each.toString());
  if (waits.length > MOST_NAMES) names.push(`... (${waits.length - MOST_NAMES} more)`);
  return ` wait_for=${names.join(',')}`;
}
