/** Loads the addon: the one built from source if there is one, otherwise the prebuilt binary for this platform. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { enterKernel } from '../platform/kernel-state.js';
import type { NativeBinding } from './contract.js';
import { BUILT, PREBUILT, packageRoot } from './package-root.js';

function load(): { native: NativeBinding; addonFile: string } {
  let cause: unknown;
  for (const name of [BUILT, `${PREBUILT}/selectloop.node`]) {
    const file = join(packageRoot, name);
    if (!existsSync(file)) continue;
    try {
      const addon = { exports: {} };
      process.dlopen(addon, file);
      const now = performance.now.bind(performance);
      return { native: Object.assign(addon.exports, { now }) as NativeBinding, addonFile: file };
    } catch (error) {
      cause ??= error;
    }
  }
  throw new Error(
    `selectloop: expected an addon for ${process.platform}-${process.arch} in ${packageRoot}, got none that loads; build it ` +
      `with "npm run build:native" in node_modules/selectloop (needs Linux, python3, make and a C++17 compiler)`,
    { cause },
  );
}

const loaded = load();

/**
 * The kernel below the library: the addon of this thread, whose state belongs to the Node environment, so each worker thread has its own.
 * In a simulation, a simulated kernel.
 */
export let { native } = loaded;

/** The file that the addon was loaded from. */
export const { addonFile } = loaded;

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
