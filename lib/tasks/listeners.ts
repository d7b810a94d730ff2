/**
 * The listeners of a future: callbacks, and runnables that the loop runs directly, such as a parked task.
 *
 * Most futures have one listener or none, so a list is made only for the second one.
 */

import type { Context } from '../loop/context.js';
import { Handle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a callback of a Future<T>; futures stay covariant in T this way
export type AnyDoneCallback = (future: any) => unknown;

/** A callback without a context, or a runnable: a task, a waiting promise, a handle with a callback and its context. */
export type Listener = AnyDoneCallback | Runnable;

/** None, one, or several listeners. */
export type Listeners = Listener | Listener[] | null;

/** Returns the listeners with one more at the end. */
export function withListener(listeners: Listeners, listener: Listener): Listeners {
  if (listeners === null) return listener;
  if (!Array.isArray(listeners)) return [listeners, listener];
  listeners.push(listener);
  return listeners;
}

/** Returns the listeners without those for `listener`, which may be the callback of a handle. */
export function withoutListener(listeners: Listeners, listener: Listener): Listeners {
  const left = listenersOf(listeners).filter(
    (other) => other !== listener && !(other instanceof Handle && other._callback === listener),
  );
  return left.length === 0 ? null : left;
}

/** Returns the listeners as a list. */
export function listenersOf(listeners: Listeners): readonly Listener[] {
  if (listeners === null) return [];
  return Array.isArray(listeners) ? listeners : [listeners];
}

/**
 * Returns the runnable of a listener; for a callback, a handle that calls `callback(future)`.
 *
 * @param context of the callback; null: an empty one, and not that of the code that settles the future
 */
export function runnableOf(
  listener: Listener,
  future: { readonly _loop: LoopCore },
  context: Context | null = null,
): Runnable {
  if (typeof listener !== 'function') return listener;
  return new Handle(listener, [future], future._loop._sourceOfCaller(), context);
}
