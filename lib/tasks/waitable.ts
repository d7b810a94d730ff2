/** The interfaces between futures, tasks and waits. The modules that connect them use these, and do not depend on the classes. */

import type { Linked } from '../collections/linked-list.js';
import type { ContextCarrier } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';
import type { Cancellation } from './cancellation.js';

/** The property that marks a future. The symbol is global, so that futures of another copy of this library are recognised. */
export const futureMark: unique symbol = Symbol.for('selectloop.future');

/** True for any object with the mark. */
export function isWaitable(x: unknown): x is Waitable {
  return typeof x === 'object' && x !== null && futureMark in x && x[futureMark] === true;
}

/** A target of `cancel()`: a future, or a coroutine that an async function awaits. */
export interface Cancellable {
  done(): boolean;
  /** Requests cancellation. Returns false if it is done or cannot be cancelled. */
  cancel(reason?: unknown): boolean;
  /** Describes it without its own waits, so that a circle of waits can be printed. Default: `toString`. */
  _describeBriefly?(): string;
  toString(): string;
  /** Its name in a call graph or a trace. */
  _describeWait(): string;
}

/**
 * The outcome of passing on a request. 'taken': at least one target has taken it. 'circle': none has, and one of them waits, directly or
 * not, for the relay itself. 'refused': none has.
 */
export type PassedOn = 'taken' | 'circle' | 'refused';

/** A target that is cancelled by cancelling what it waits for, so that it passes requests on: a task, a continuation, a gather. */
export interface Relay extends Cancellable {
  /** Set while a request is passed on. */
  _visit: Visit | null;
  /** Called when a request arrives. Returns the targets to pass it on to. */
  _cancelBegins(reason: unknown): readonly Cancellable[];
  /** Called when the request has been passed on, with the outcome. Returns the outcome to report to the sender of the request. */
  _cancelEnds(reason: unknown, outcome: PassedOn): PassedOn;
}

/** The state of passing a request through one relay. */
export interface Visit {
  readonly relay: Relay;
  readonly targets: readonly Cancellable[];
  /** The index of the next target. */
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

/** The members of a future that its waiters use. */
export interface Waitable<T = unknown> extends Cancellable {
  readonly _loop: LoopCore;
  /** True while a `yield*` passes it to its task. */
  _yielded: boolean;
  cancelled(): boolean;
  result(): T;
  _listen(listener: Runnable): void;
  _unlisten(listener: Runnable): void;
  toString(): string;
}

/** One pending `await` of an async function. */
export interface PendingWait extends Runnable, Linked {
  /** What it waits for. */
  readonly _awaited: Cancellable;
  /** Ends the wait before the awaited object is done. */
  interrupt(): void;
}

/** The pending waits of an async function. */
export interface PendingWaits {
  /** Called when a wait begins. From then on, cancelling the task cancels the awaited object. */
  add(wait: PendingWait): void;
  /** Called when a wait has ended. */
  delete(wait: PendingWait): void;
}

/** The members of a task that the waits of its code use. */
export interface WaitingTask extends Runnable, ContextCarrier {
  readonly _loop: LoopCore;
  /** The pending waits of the async function that it runs; null if it runs a generator. */
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
