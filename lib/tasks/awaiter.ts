/**
 * Done-callbacks that stand for a wait: those of `gather`, `wait`, `shield`, task groups. The call graph follows them; without
 * the mark it would end there.
 */

import type { Future } from './future.js';

const awaiterMark = Symbol('awaiter');

/** Marks a done-callback: it is there because `awaiter`, a task or an outer future, waits. Returns the callback. */
export function onBehalfOf<C extends (...args: never[]) => unknown>(awaiter: Future, callback: C): C {
  (callback as C & { [awaiterMark]?: unknown })[awaiterMark] = awaiter;
  return callback;
}

/** Who waits through this done-callback; null if it only wants to be told. */
export function awaiterOf(callback: unknown): Future | null {
  return (callback as { [awaiterMark]?: Future })[awaiterMark] ?? null;
}
