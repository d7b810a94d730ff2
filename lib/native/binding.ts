/** Loads the addon: the one built from source if there is one, otherwise the prebuilt binary for this platform. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { NativeBinding } from './contract.js';
import { BUILT, PREBUILT, packageRoot } from './package-root.js';

/** The files that may be the addon. The prebuilt binary for the C library of this system comes first, as far as can be seen. */
function candidates(): string[] {
  const libraries = existsSync('/etc/alpine-release') ? ['musl', 'glibc'] : ['glibc', 'musl'];
  return [BUILT, ...libraries.map((library) => `${PREBUILT}/selectloop.${library}.node`)];
}

function load(): { native: NativeBinding; addonFile: string } {
  let cause: unknown;
  for (const file of candidates().map((name) => join(packageRoot, name))) {
    if (!existsSync(file)) continue;
    try {
      const addon = { exports: {} };
      process.dlopen(addon, file);
      return { native: addon.exports as NativeBinding, addonFile: file };
    } catch (error) {
      cause = error; // for another C library, or another processor
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
