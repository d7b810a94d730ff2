/** Loads the addon: a prebuilt binary if there is one for this platform, otherwise the one built by node-gyp. */

import { createRequire } from 'node:module';

import type { NativeBinding } from './contract.js';
import { packageRoot } from './package-root.js';

const require = createRequire(import.meta.url);

function load(): NativeBinding {
  const nodeGypBuild = require('node-gyp-build') as (directory: string) => NativeBinding;
  try {
    return nodeGypBuild(packageRoot);
  } catch (cause) {
    throw new Error(
      `selectloop: no native addon for ${process.platform}-${process.arch} under ${packageRoot}; ` +
        `run "npm rebuild selectloop" (needs Linux, python3, make and a C++17 compiler)`,
      { cause },
    );
  }
}

/** The addon of this thread. Its state belongs to the Node environment, so each worker thread has its own. */
export const native: NativeBinding = load();
