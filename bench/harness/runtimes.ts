/** Finds or installs the runtimes of the contenders, or reports why one is missing. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { installBun, installNode } from '../../scripts/registry-binary.mjs';
import { messageOf } from '../bench-error.js';
import type { Contender, Runtime } from '../contenders.js';
import { nativeProgram } from './native.js';

/** Debian's Python, because Debian's uvloop is installed for it and not for another Python in PATH. */
const PYTHON = '/usr/bin/python3';
const PYTHON_NEEDED = '3.11';

/** A runtime that is available, or the reason why it is missing. */
export type Availability =
  { readonly command: readonly string[]; readonly version: string } | { readonly missing: string };

function printed(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function works(command: string, ...args: string[]): boolean {
  try {
    printed(command, ...args);
    return true;
  } catch {
    return false;
  }
}

/** Installs a Debian package if the user is root. Returns null, or the reason why the package is missing. */
function aptInstall(name: string): string | null {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return `not installed; Debian: sudo apt-get install ${name}`;
  }
  process.stderr.write(`installing ${name}\n`);
  const installed = works('apt-get', 'install', '-y', '-qq', '--no-install-recommends', name);
  return installed ? null : `"apt-get install ${name}" failed`;
}

function python(): Availability {
  if (!existsSync(PYTHON)) return { missing: `no ${PYTHON}; Debian: apt-get install python3` };
  const version = printed(PYTHON, '-c', 'import platform; print(platform.python_version())');
  const enough = version.localeCompare(PYTHON_NEEDED, 'en', { numeric: true }) >= 0;
  return enough ? { command: [PYTHON], version } : { missing: `expected Python ${PYTHON_NEEDED}, got ${version}` };
}

function uvloop(): Availability {
  const interpreter = python();
  if ('missing' in interpreter) return interpreter;
  if (!works(PYTHON, '-c', 'import uvloop')) {
    const missing = aptInstall('python3-uvloop');
    if (missing !== null) return { missing };
  }
  return { command: [PYTHON], version: printed(PYTHON, '-c', 'import uvloop; print(uvloop.__version__)') };
}

function fromRegistry(install: () => string): Availability {
  try {
    const binary = install();
    return { command: [binary], version: printed(binary, '--version').replace(/^v/, '') };
  } catch (error) {
    return { missing: `not available from the npm registry: ${messageOf(error).split('\n')[0]!}` };
  }
}

const UV_VERSION = '/usr/include/uv/version.h';

function libuv(): Availability {
  if (nativeProgram('echo-libuv') === null)
    return { missing: 'not built: libuv is not installed (Debian: libuv1-dev)' };
  const header = existsSync(UV_VERSION) ? readFileSync(UV_VERSION, 'utf8') : '';
  const part = (name: string): string => new RegExp(`define UV_VERSION_${name} (\\d+)`).exec(header)?.[1] ?? '?';
  return { command: [], version: ['MAJOR', 'MINOR', 'PATCH'].map(part).join('.') };
}

/** Installs the headers of libuv if they are missing. Must run before the programs in C are built. */
export function installLibuv(): void {
  if (!existsSync('/usr/include/uv.h')) aptInstall('libuv1-dev');
}

const FINDERS: Readonly<Record<Runtime, () => Availability>> = {
  shell: () => ({ command: ['sh', '-c'], version: 'as given' }),
  native: () => ({ command: [], version: printed('cc', '--version').split('\n')[0]! }),
  libuv,
  node: () => ({ command: [process.execPath], version: process.versions.node }),
  node24: () => fromRegistry(() => installNode('24')),
  bun: () => fromRegistry(installBun),
  python,
  uvloop,
};

const found = new Map<Runtime, Availability>();

/** Finds a runtime. The result is cached. */
export function runtimeOf(runtime: Runtime): Availability {
  let availability = found.get(runtime);
  if (availability === undefined) {
    availability = FINDERS[runtime]();
    found.set(runtime, availability);
  }
  return availability;
}

/** Returns the complete command line of a contender, or the reason why it cannot run. */
export function commandOf({ runtime, program }: Contender): { command: string[] } | { missing: string } {
  const availability = runtimeOf(runtime);
  if ('missing' in availability) return availability;
  if (runtime === 'native' || runtime === 'libuv') return { command: [nativeProgram(program[0]!)!] };
  // With exec, the process is that of the server, whose CPU time is measured, and not that of the shell.
  if (runtime === 'shell') return { command: [...availability.command, `exec ${program[0]!}`] };
  return { command: [...availability.command, ...program] };
}
