/** Loads the addon: the one built from source if there is one, otherwise the prebuilt binary for this platform. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

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
      return { native: addon.exports as NativeBinding, addonFile: file };
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

/** The addon of this thread. Its state belongs to the Node environment, so each worker thread has its own. */
export const native: NativeBinding = loaded.native;

/** The file that it was loaded from. */
export const { addonFile } = loaded;
