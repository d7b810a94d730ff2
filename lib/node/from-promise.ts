/** Promises as futures. */

import { wrongType } from '../errors/index.js';
import { type Future, ensureFuture } from '../tasks/index.js';

/**
 * A future of the running loop that settles as the promise does, so that a generator coroutine can wait for it:
 * `yield* fromPromise(fetch(url))`. Cancelling the future leaves the promise alone: what is behind it goes on, unheard (hand it an
 * `abortSignal` if it takes one).
 *
 * @throws TypeError unless it has a `then`; LoopError ERR_NEEDS_HOST in a blocking loop, where promises never settle
 */
export function fromPromise<T>(promise: PromiseLike<T>): Future<T> {
  const then: unknown = (promise as { then?: unknown } | null | undefined)?.then;
  if (typeof then !== 'function') throw wrongType('fromPromise', 'a promise', promise);
  return ensureFuture<T>(promise);
}
