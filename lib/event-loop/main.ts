/** What `run` and its relatives take as the main program. */

import { wrongType } from '../errors/index.js';
import type { Context } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Coroutine, type Future, type Steps, createTaskOn, isCoroutine, isFuture } from '../tasks/index.js';

/** A coroutine, a generator object, a future, or a function that makes one of these or a promise. */
export type Main<T> =
  Coroutine<T> | Steps<T> | Future<T> | (() => Coroutine<T> | Steps<T> | Future<T> | PromiseLike<T>);

/**
 * Starts main on a loop.
 *
 * A promise is refused: the async function that made it has begun outside of any task already, could not be cancelled, and
 * would not know its loop.
 *
 * @param context for its task; default: a copy of the present one
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
  if (isThenable(main)) {
    main.then(undefined, () => undefined); // it is refused; its own error must not end the process on top
    throw new TypeError('a promise cannot be run: pass the function itself, run(main) and not run(main())');
  }
  throw wrongType('run', 'a coroutine, or a function that makes one', main);
}

function isThenable(x: unknown): x is PromiseLike<unknown> {
  return typeof (x as { then?: unknown } | null | undefined)?.then === 'function';
}
