/** Builds what `npm run test:sanitize` runs, into `build-sanitize/`; `build/` stays as it is. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

import { environmentWith } from '../campaign/processes.mjs';
import { findUvHeaders } from '../uv-headers.mjs';

const ROOT = dirname(dirname(import.meta.dirname));
export const OUT = join(ROOT, 'build-sanitize');

/** The addon under AddressSanitizer and UndefinedBehaviorSanitizer. */
export const ADDON = join(OUT, 'addon', 'selectloop.node');
/** Exists once a process has loaded it: see redirect.cjs. */
export const LOADED = join(OUT, 'loaded');
/** The C++ unit tests under ThreadSanitizer. */
export const THREAD_TESTS = join(OUT, 'thread');

const require = createRequire(import.meta.url);

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.slice(0, 4).join(' ')} failed\n${error ?? stdout + stderr}`);
}

function cmake(folder, definitions) {
  const options = Object.entries(definitions).map(([name, value]) => `-D${name}=${value}`);
  run('cmake', ['-S', ROOT, '-B', folder, ...options]);
  run('cmake', ['--build', folder, '--parallel', String(availableParallelism())]);
}

/** The compiler's runtime library of a sanitizer, such as `libasan.so`. @throws Error if it is not installed */
function sanitizerLibrary(name) {
  const file = execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  if (!existsSync(file)) throw new Error(`g++ has no ${name}; install it (Debian: apt-get install g++)`);
  return file;
}

/** Fails unless the commands that building needs are installed. */
export function requireTools() {
  for (const command of ['cmake', 'ctest', 'g++', 'make']) {
    const { error } = spawnSync(command, ['--version'], { stdio: 'ignore' });
    if (error) throw new Error(`"${command}" is missing; install it (Debian: apt-get install cmake g++ make)`);
  }
  sanitizerLibrary('libasan.so');
  sanitizerLibrary('libtsan.so');
}

export function buildAddon() {
  cmake(join(OUT, 'addon-objects'), {
    CMAKE_BUILD_TYPE: 'Debug',
    CMAKE_JS_INC: [
      require('node-api-headers').include_dir,
      dirname(require.resolve('node-addon-api/package.json')),
    ].join(';'),
    CMAKE_LIBRARY_OUTPUT_DIRECTORY: dirname(ADDON),
    SELECTLOOP_UV_INCLUDE: findUvHeaders(),
    SELECTLOOP_SANITIZERS: 'address,undefined',
  });
  if (!existsSync(ADDON)) throw new Error(`no ${ADDON} after the build`);
}

export function buildThreadTests() {
  cmake(THREAD_TESTS, {
    CMAKE_BUILD_TYPE: 'Debug',
    SELECTLOOP_NATIVE_TESTS: 'ON',
    SELECTLOOP_SANITIZERS: 'thread',
  });
}

/**
 * The environment in which Node loads the sanitized addon. The reports go to files, because a test may read a child's stderr. Leaks are
 * not searched: V8 and Node end without freeing everything. `npm run test:native` searches them in native/core.
 */
export function sanitizedEnvironment(reports) {
  return {
    ...environmentWith(),
    NODE_OPTIONS: `--require ${join(import.meta.dirname, 'redirect.cjs')}`,
    SELECTLOOP_SANITIZED: ADDON,
    SELECTLOOP_SANITIZED_LOADED: LOADED,
    LD_PRELOAD: sanitizerLibrary('libasan.so'),
    ASAN_OPTIONS: `detect_leaks=0:log_path=${join(reports, 'address')}`,
    UBSAN_OPTIONS: `print_stacktrace=1:log_path=${join(reports, 'undefined')}`,
  };
}
