/**
 * Marks the done-callbacks of `gather`, `wait`, `shield` and task groups: a task waits for the future through them, and the call graph
 * follows the mark to that task.
 */

import type { Future } from './future.js';

const awaiterMark = Symbol('awaiter');

/** Marks a done-callback through which `awaiter`, a task or an outer future, waits. Returns the callback. */
export function onBehalfOf<C extends (...args: never[]) => unknown>(awaiter: Future, callback: C): C {
  (callback as C & { [awaiterMark]?: unknown })[awaiterMark] = awaiter;
  return callback;
}

/** Returns the task or future that waits through this done-callback; null if the callback is not marked. */
export function awaiterOf(callback: unknown): Future | null {
  return (callback as { [awaiterMark]?: Future })[awaiterMark] ?? null;
}
