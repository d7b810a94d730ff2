/** Builds the programs in C. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { BenchError } from '../bench-error.js';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = join(ROOT, 'bench/native');
const BUILD = join(ROOT, '.bench/native');

/** Returns the path of a program, or null if it was not built. */
export function nativeProgram(name: string): string | null {
  const path = join(BUILD, name);
  return existsSync(path) ? path : null;
}

function run(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { code, stderr = '', stdout = '' } = error as { code?: string; stderr?: string; stdout?: string };
    if (code === 'ENOENT') throw new BenchError(`"${command}" is missing (Debian: apt-get install cmake gcc make)`);
    throw new BenchError(`"${command} ${args[0]!}" failed:\n${stderr || stdout}`);
  }
}

/** Builds the programs whose sources have changed. */
export function buildNative(): void {
  run('cmake', ['-S', SOURCES, '-B', BUILD]);
  run('cmake', ['--build', BUILD]);
}
