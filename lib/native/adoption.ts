/**
 * Closes the descriptors of a thread when the thread ends. Those that the addon creates for it are adopted when they are created.
 *
 * A terminated worker runs no more JavaScript, so no `finally` and no `using` closes its descriptors: a listening port would stay bound,
 * and connected peers would wait, until the whole process ends. The addon closes adopted descriptors together with the worker. The
 * main thread needs no adoption, because it ends with the process, and the kernel closes everything then.
 */

import { isMainThread } from 'node:worker_threads';

import { native } from './binding.js';

if (!isMainThread) native.adoptCreated();

/** Has the descriptor closed when this thread ends, if it is still open then. */
export function adoptDescriptor(fd: number): void {
  if (!isMainThread) native.adopt(fd);
}

/** Reverts the adoption before `fd` is handed over, because its new owner may close it. `native.close` does this by itself. */
export function disownDescriptor(fd: number): void {
  if (!isMainThread) native.disown(fd);
}
