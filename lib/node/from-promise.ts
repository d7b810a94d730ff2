/** Promises as futures. */

import { wrongType } from '../errors/index.js';
import { type Future, ensureFuture } from '../tasks/index.js';

/**
 * Returns a future of the running loop that settles when the promise does, so that a generator coroutine can wait for it:
 * `yield* fromPromise(fetch(url))`. Cancelling the future does not affect the promise: its operation continues, and its result is ignored
 * (pass an `abortSignal` to operations that accept one).
 *
 * @throws TypeError unless the argument has a `then`; LoopError ERR_NEEDS_HOST in a blocking loop, where promises never settle
 */
export function fromPromise<T>(promise: PromiseLike<T>): Future<T> {
  const then: unknown = (promise as { then?: unknown } | null | undefined)?.then;
  if (typeof then !== 'function') throw wrongType('fromPromise', 'a promise', promise);
  return ensureFuture<T>(promise);
}
