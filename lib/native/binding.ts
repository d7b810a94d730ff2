/** The kernel below the library. */

import { enterKernel } from '../platform/kernel-state.js';
import type { NativeBinding } from './contract.js';
import { loadAddon } from './load-addon.js';

const loaded = loadAddon();

/**
 * The kernel below the library: the addon of this thread, whose state belongs to the Node environment, so each worker thread has its own.
 * In a simulation, a simulated kernel.
 */
export let { native } = loaded;

/** The file that the addon was loaded from; empty if there is none. */
export const { addonFile } = loaded;

/** False on a system that is not Linux, and in a page: only simulated programs can run there. */
export const { hasKernel } = loaded;

/**
 * Puts another kernel below the library, until the result is disposed of. The state that belongs to the present kernel (the
 * running loop, owners of descriptors, spare buffers) is set aside meanwhile. Loops and sockets must not be used on another kernel than the one that they were
 * created on. @internal
 */
export function useBinding(binding: NativeBinding): Disposable {
  const outer = native;
  const leave = enterKernel();
  native = binding;
  return {
    [Symbol.dispose]() {
      native = outer;
      leave();
    },
  };
}
