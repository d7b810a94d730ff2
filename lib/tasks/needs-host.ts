/** Refuses async functions and promises in a blocking loop. */

import { LoopError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';

/**
 * Throws a LoopError with the code ERR_NEEDS_HOST if `loop` runs as a blocking loop. Async functions and promises continue in microtasks,
 * which the engine does not run while the loop is on the stack, so they would never settle.
 */
export function checkSettles(loop: LoopCore, what: string): void {
  if (!loop.isRunning() || loop._isHosted()) return;
  throw new LoopError(
    'ERR_NEEDS_HOST',
    `${what} cannot be awaited in a blocking loop, where promises never settle; ` +
      'use run() instead of runSync(), or a generator coroutine',
  );
}

/** Does the same for an existing promise, whose outcome is ignored if it is refused. */
export function checkPromiseSettles(loop: LoopCore, promise: PromiseLike<unknown>, what: string): void {
  try {
    checkSettles(loop, what);
  } catch (error) {
    promise.then(undefined, () => undefined); // its own error must not end the process in addition
    throw error;
  }
}
