/** Loads the addon: the one built from source if there is one, otherwise the prebuilt binary for this platform. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { absentKernel } from './absent-kernel.js';
import type { NativeBinding } from './contract.js';
import { BUILT, PREBUILT, packageRoot } from './package-root.js';

/** A kernel below the library. */
export interface Loaded {
  readonly native: NativeBinding;
  /** The file of the addon; empty where there is none. */
  readonly addonFile: string;
  /** False where only simulated programs can run. */
  readonly hasKernel: boolean;
}

/**
 * Returns the addon; on a system that is not Linux, what stands in for it.
 *
 * @throws Error on Linux, if no addon loads
 */
export function loadAddon(): Loaded {
  const now = performance.now.bind(performance);
  const { platform, arch } = process;
  if (platform !== 'linux')
    return { native: absentKernel(`${platform}-${arch}`, now), addonFile: '', hasKernel: false };
  let cause: unknown;
  for (const name of [BUILT, `${PREBUILT}/selectloop.node`]) {
    const file = join(packageRoot, name);
    if (!existsSync(file)) continue;
    try {
      const addon = { exports: {} };
      process.dlopen(addon, file);
      return { native: Object.assign(addon.exports, { now }) as NativeBinding, addonFile: file, hasKernel: true };
    } catch (error) {
      cause ??= error;
    }
  }
  throw new Error(
    `selectloop: expected an addon for ${platform}-${arch} in ${packageRoot}, got none that loads; build it ` +
      `with "npm run build:native" in node_modules/selectloop (needs Linux, python3, make and a C++17 compiler)`,
    { cause },
  );
}
