/** Iterating over what a stream delivers. */

import type { Coroutine } from '../tasks/index.js';

/** Iterates over the buffers that `read` returns, until one is empty, which means EOF. */
export function iterationOf(read: () => Coroutine<Buffer>): AsyncIterator<Buffer, undefined> {
  // Not an async generator, so that `then` is called inside the caller's task, which thereby registers what it waits for.
  return {
    next: () =>
      read().then((bytes) => (bytes.length === 0 ? { done: true, value: undefined } : { done: false, value: bytes })),
  };
}
