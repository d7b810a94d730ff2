/**
 * Ending a worker whose blocking loop waits.
 *
 * `worker.terminate()` marks the worker's JavaScript as terminated, which takes effect as soon as some runs, and sends a
 * message to its libuv. A loop that waits in the kernel runs no JavaScript, and with nothing to wake it the promise of
 * `terminate()` would stay pending for ever. So the loop of a worker also watches for news from libuv: the select returns,
 * and JavaScript, meaning the rest of the thread, is over.
 *
 * Other news (a posted message) costs one iteration in which nothing happens. It does not make the loop spin, see
 * NativeLibuvEdges. The main thread cannot be terminated and watches nothing.
 */

import { isMainThread } from 'node:worker_threads';

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import type { LoopCore } from './loop-core.js';

/** Calls `body`; in a worker, what waits in it can be ended by `worker.terminate()`. */
export function terminable<T>(loop: LoopCore, body: () => T): T {
  if (isMainThread) return body();
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
