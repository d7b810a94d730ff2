/**
 * Done-callbacks behind which something waits: those of `gather`, `wait`, `shield` and task groups. They are marked, so that the call
 * graph can follow them.
 */

import type { Future } from './future.js';

const awaiterMark = Symbol('awaiter');

/** Marks a done-callback that was added because `awaiter`, a task or an outer future, waits. Returns the callback. */
export function onBehalfOf<C extends (...args: never[]) => unknown>(awaiter: Future, callback: C): C {
  (callback as C & { [awaiterMark]?: unknown })[awaiterMark] = awaiter;
  return callback;
}

/** Returns the future or task that waits through this done-callback; null if it is only a callback. */
export function awaiterOf(callback: unknown): Future | null {
  return (callback as { [awaiterMark]?: Future })[awaiterMark] ?? null;
}
