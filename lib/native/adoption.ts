/**
 * Descriptors that must not outlive their thread.
 *
 * When a worker is terminated none of its JavaScript runs any more, so no `finally` and no `using` closes anything: a listening
 * port would stay taken and connected peers would wait, until the whole process ends. What is adopted here the addon closes
 * together with the worker. The main thread ends with the process, where the kernel does it.
 */

import { isMainThread } from 'node:worker_threads';

import { native } from './binding.js';

/** From now on the descriptor is closed with this thread at the latest. */
export function adoptDescriptor(fd: number): void {
  if (!isMainThread) native.adopt(fd);
}

/** Takes `adoptDescriptor` back. Comes before the close: right after it the number may be another thread's. */
export function disownDescriptor(fd: number): void {
  if (!isMainThread) native.disown(fd);
}
