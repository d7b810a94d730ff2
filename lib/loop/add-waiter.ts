/** Waiting for a descriptor, on a loop that may have nothing else to do. */

import type { Direction } from './descriptor-registry.js';
import type { LoopCore } from './loop-core.js';
import type { DescriptorWaiter } from './runnable.js';

/** Puts a waiter in place, as `DescriptorRegistry.add` does, and has the host wake up for it. */
export function addWaiter(
  loop: LoopCore,
  fd: number,
  direction: Direction,
  waiter: DescriptorWaiter,
  owner: object | null,
): void {
  loop._descriptors.add(fd, direction, waiter, owner);
  if (loop._onWork !== null) loop._onWork();
}
