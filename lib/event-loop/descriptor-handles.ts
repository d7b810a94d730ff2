/** The handles of descriptors: `addReader`, `addWriter` and their counterparts. */

import { addWaiter } from '../loop/add-waiter.js';
import { type Callback, checkCallback } from '../loop/callback.js';
import type { Direction } from '../loop/descriptor-registry.js';
import { Handle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { FileObject } from '../selectors/index.js';
import { descriptorIfOpen, descriptorOf } from '../selectors/file-object.js';

/**
 * Puts `callback(...args)` on the ready queue whenever the descriptor is ready in that direction. Replaces the previous callback.
 *
 * @throws InvalidStateError if a transport uses the descriptor
 */
export function addDescriptorHandle(
  loop: LoopCore,
  fd: FileObject,
  direction: Direction,
  callback: Callback,
  args: unknown[],
): void {
  loop.checkOpen();
  checkCallback(callback, direction === 'reader' ? 'addReader' : 'addWriter', loop.getDebug());
  const number = descriptorOf(fd);
  loop._descriptors.checkUnclaimed(number, null);
  addWaiter(loop, number, direction, new Handle(callback, args, loop._sourceOfCaller()), null);
}

/** Removes the callback of a descriptor. Returns false if there was none. */
export function removeDescriptorHandle(loop: LoopCore, fd: FileObject, direction: Direction): boolean {
  const number = descriptorIfOpen(fd);
  loop._descriptors.checkUnclaimed(number, null);
  return loop._descriptors.removeHandle(number, direction);
}
