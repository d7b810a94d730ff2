/** What cannot work in a blocking loop. */

import { LoopError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';

/**
 * Throws a LoopError with the code ERR_NEEDS_HOST if a blocking loop is at work: the continuations of async functions and
 * promises are microtasks, which the engine does not run while the loop is on the stack. They would never settle.
 */
export function checkSettles(loop: LoopCore, what: string): void {
  if (!loop.isRunning() || loop._isHosted()) return;
  throw new LoopError(
    'ERR_NEEDS_HOST',
    `${what} cannot be awaited in a blocking loop, where promises never settle; ` +
      'use run() instead of runSync(), or a generator coroutine',
  );
}

/** The same for a promise that exists already: what becomes of it interests nobody when it is refused. */
export function checkPromiseSettles(loop: LoopCore, promise: PromiseLike<unknown>, what: string): void {
  try {
    checkSettles(loop, what);
  } catch (error) {
    promise.then(undefined, () => undefined); // its own error must not end the process on top
    throw error;
  }
}
