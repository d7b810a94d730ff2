/**
 * Where a task was created, for the AsyncLocalStorage of the program.
 *
 * An async function is called in that place once, and the engine keeps the stores from there on. The steps of a generator have to enter it one
 * by one, which a loop does only with the option `asyncLocalStorage`. For generators on other loops, a ContextVar follows the task.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { AsyncResource } from '../platform/async-context.js';

/** A place. Its stores are those of the code that was running. */
export type PlaceOfCall = Pick<AsyncResource, 'runInAsyncScope'>;

/** Records the current place. */
export function placeOfCall(): PlaceOfCall {
  return new AsyncResource('selectloop.Task', { requireManualDestroy: true });
}

/** False until the first loop with the option is created, so that other loops need not be looked up. */
let inUse = false;
const entering = new WeakSet<LoopCore>();

/** From now on, the generators of the loop enter the place where their task was created. */
export function enterPlaces(loop: LoopCore): void {
  inUse = true;
  entering.add(loop);
}

/** Records the current place for a generator; null if the generators of its loop do not enter any. */
export function placeForSteps(loop: LoopCore): PlaceOfCall | null {
  return inUse && entering.has(loop) ? placeOfCall() : null;
}
