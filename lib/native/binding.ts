/** Loads the addon: the one built from source if there is one, otherwise the prebuilt binary for this platform. */

import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

import type { NativeBinding } from './contract.js';
import { BUILT, PREBUILT, packageRoot } from './package-root.js';

/** Enough of an executable for its program headers and the name of its dynamic linker, which follows them. */
const ELF_START_BYTES = 4096;

/**
 * Returns the C library of the running program, as named by its dynamic linker (`/lib/ld-musl-x86_64.so.1`). The order matters, because musl
 * loads some libraries that were built for glibc.
 */
function libraryOfProcess(): 'glibc' | 'musl' {
  try {
    const start = Buffer.alloc(ELF_START_BYTES);
    const fd = openSync(process.execPath, 'r');
    try {
      readSync(fd, start, 0, ELF_START_BYTES, 0);
    } finally {
      closeSync(fd);
    }
    return start.includes('/ld-musl-') ? 'musl' : 'glibc';
  } catch {
    return 'glibc'; // the executable cannot be read: the other library is tried next
  }
}

/** Returns the files that may be the addon, best first. */
function* candidates(): Generator<string> {
  yield BUILT;
  const library = libraryOfProcess();
  for (const name of [library, library === 'glibc' ? 'musl' : 'glibc']) yield `${PREBUILT}/selectloop.${name}.node`;
}

function load(): { native: NativeBinding; addonFile: string } {
  let cause: unknown;
  for (const name of candidates()) {
    const file = join(packageRoot, name);
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
