/** Loads the addon: the one built from source if there is one, otherwise the prebuilt binary for this platform. */

import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { enterKernel } from '../platform/kernel-state.js';
import type { NativeBinding } from './contract.js';
import { BUILT, PREBUILT, packageRoot } from './package-root.js';

const PT_INTERP = 3;

/**
 * Returns the dynamic linker that a 64-bit ELF executable asks for, `/lib/ld-musl-x86_64.so.1` for instance: the content of the segment
 * PT_INTERP. Returns the empty string if there is none. The format is described in elf(5).
 */
function dynamicLinkerOf(fd: number): string {
  const read = (offset: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    readSync(fd, bytes, 0, length, offset);
    return bytes;
  };
  const header = read(0, 64);
  if (header.toString('latin1', 0, 5) !== '\x7fELF\x02') return '';
  const size = header.readUInt16LE(54);
  const segments = read(Number(header.readBigUInt64LE(32)), size * header.readUInt16LE(56));
  for (let at = 0; at < segments.length; at += size) {
    if (segments.readUInt32LE(at) !== PT_INTERP) continue;
    return read(Number(segments.readBigUInt64LE(at + 8)), Number(segments.readBigUInt64LE(at + 32))).toString('latin1');
  }
  return '';
}

/** Returns the C library of the running program. The order matters, because musl can load a library that was built for glibc. */
function libraryOfProcess(): 'glibc' | 'musl' {
  try {
    const fd = openSync(process.execPath, 'r');
    try {
      return dynamicLinkerOf(fd).includes('/ld-musl-') ? 'musl' : 'glibc';
    } finally {
      closeSync(fd);
    }
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
      const now = performance.now.bind(performance);
      return { native: Object.assign(addon.exports, { now }) as NativeBinding, addonFile: file };
    } catch (error) {
      cause ??= error; // the error of the best candidate: the other candidates are for another C library
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
 * Puts another kernel below the library, until the result is disposed of. What belongs to the kernel before (the running loop, owners of
 * descriptors, spare buffers) is set aside meanwhile. Loops and sockets must not be used on another kernel than the one that they were
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
