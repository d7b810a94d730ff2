/**
 * Ending a worker whose blocking loop sleeps.
 *
 * `worker.terminate()` marks the worker's JavaScript as terminated, which takes effect as soon as some of it runs, and sends a message to
 * the worker's libuv. A loop that sleeps in the kernel runs no JavaScript, so without a wake-up the promise of `terminate()` would never
 * settle. Therefore a worker's loop also watches libuv: the poll returns, and the thread ends.
 *
 * Any other event of libuv (a posted message) costs one iteration that does nothing. The loop does not spin, see NativeLibuvEdges. The
 * main thread cannot be terminated and watches nothing; a loop on the simulated kernel never sleeps.
 */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { isSimulated } from '../platform/kernel-state.js';
import { isMainThread } from '../platform/threads.js';
import type { LoopCore } from './loop-core.js';

/** Calls `body`. In a worker, `worker.terminate()` can end a poll inside it. */
export function terminable<T>(loop: LoopCore, body: () => T): T {
  if (isMainThread || isSimulated()) return body();
  const edges = new native.LibuvEdges();
  try {
    const fd = checked(edges.open(), 'epoll_create1');
    loop._descriptors.addInternal(fd, () => edges.clear(), 'worker.terminate()');
    try {
      return body();
    } finally {
      loop._descriptors.removeInternal(fd);
    }
  } finally {
    edges.close();
  }
}
