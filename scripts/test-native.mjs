/** Builds and runs the C++ unit tests of `native/core` under AddressSanitizer and UndefinedBehaviorSanitizer. Needs no headers of Node. */

import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = dirname(import.meta.dirname);
const OUT = join(ROOT, 'build-native-tests');

function fail(message) {
  console.error(`test-native: ${message}`);
  process.exit(1);
}

function isInstalled(command) {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Fails unless at least one of the alternatives is installed. */
function requireTool(...alternatives) {
  if (alternatives.some(isInstalled)) return;
  fail(`"${alternatives.join('" or "')}" is missing; install it (Debian: apt-get install cmake g++ make)`);
}

function run(command, args) {
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) fail(`"${command} ${args[0]}" ended with ${signal ?? status}`);
}

requireTool('cmake');
requireTool('ctest');
requireTool('g++', 'clang++');
requireTool('make', 'ninja');
run('cmake', ['-S', ROOT, '-B', OUT, '-DSELECTLOOP_NATIVE_TESTS=ON', '-DCMAKE_BUILD_TYPE=Debug']);
run('cmake', ['--build', OUT, '--parallel', String(availableParallelism())]);
run('ctest', ['--test-dir', OUT, '--output-on-failure']);
