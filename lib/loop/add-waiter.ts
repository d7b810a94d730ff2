/** Waiting for a descriptor, on a loop that may have nothing else to do. */

import type { Direction } from './descriptor-registry.js';
import type { LoopCore } from './loop-core.js';
import type { DescriptorWaiter } from './runnable.js';

/** Registers a waiter, as `DescriptorRegistry.add` does, and keeps a hosting process alive for it. */
export function addWaiter(
  loop: LoopCore,
  fd: number,
  direction: Direction,
  waiter: DescriptorWaiter,
  owner: object | null,
): void {
  loop._descriptors.add(fd, direction, waiter, owner);
  loop._workAdded();
}
