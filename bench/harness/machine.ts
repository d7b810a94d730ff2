/** Describes the machine on which the figures were measured. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

import type { Machine } from '../results.js';
import type { Cores } from './cores.js';

const ROOT = join(import.meta.dirname, '../..');

/** Returns the version in package.json and the commit, with a + if the working tree has changes. */
function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'lib', 'native') === '' ? '' : '+';
    return `${version} (${git('rev-parse', '--short', 'HEAD')}${changed})`;
  } catch {
    return version; // not a checkout
  }
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}

/** Describes this machine. @param versions the versions of the runtimes that take part */
export function describeMachine(cores: Cores, versions: Readonly<Record<string, string>>): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: systemName(),
    serverCore: cores.server,
    loadCore: cores.load,
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
    versions: { selectloop: ownVersion(), ...versions },
  };
}
