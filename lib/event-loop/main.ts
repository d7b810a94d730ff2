/** The main program of `run`, `runSync` and `Runner`. */

import { wrongType } from '../errors/index.js';
import type { Context } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Coroutine, type Future, type Steps, createTaskOn, isCoroutine, isFuture } from '../tasks/index.js';
import { refusePromise } from '../tasks/refuse-promise.js';

/** A coroutine, a generator object, a future, or a function that returns one of these or a promise. */
export type Main<T> =
  Coroutine<T> | Steps<T> | Future<T> | (() => Coroutine<T> | Steps<T> | Future<T> | PromiseLike<T>);

/**
 * Starts main on a loop.
 *
 * A promise is refused; see `refusePromise`.
 *
 * @param context the context of its task; default: a copy of the current one
 */
export function startMain<T>(loop: LoopCore, main: Main<T>, context?: Context): Future<T> {
  checkMain(main);
  if (!isFuture(main)) return createTaskOn(loop, main, context === undefined ? {} : { context });
  if (main.getLoop() !== loop) throw new RangeError('run: expected a future of this loop, got one of another loop');
  return main;
}

/** Throws a TypeError unless `main` can be run. */
function checkMain(main: unknown): void {
  if (typeof main === 'function' || isFuture(main) || isCoroutine(main)) return;
  refusePromise(main, 'a promise cannot be run', 'run(_)');
  throw wrongType('run', 'a coroutine, or a function that returns one', main);
}
