/** `selectloop info`: the selectors and limits of this system. */

import { readFileSync } from 'node:fs';
import { release } from 'node:os';

import { chooseSelector } from '../event-loop/index.js';
import { addonFile } from '../loop/addon-file.js';
import { EpollSelector, type SelectorName, selectorByName } from '../selectors/index.js';
import { parseOptions } from './command-line.js';
import { packageVersion } from '../loop/package-version.js';

/** The lines of `--help`. */
export const infoUsage = 'selectloop info: the selectors that work here, the limits of the kernel, versions';

const notes: Readonly<Record<SelectorName, string>> = {
  select: 'cost grows with the highest descriptor; works everywhere',
  poll: 'cost grows with the number of descriptors',
  epoll: 'cost grows with the number of events',
};

/** Prints the report. */
export function infoCommand(args: readonly string[]): void {
  parseOptions(args, {});
  const best = chooseSelector();
  const rows: Array<[string, string]> = [
    ['selectloop', packageVersion()],
    ['node', `${process.versions.node} (libuv ${process.versions.uv})`],
    ['addon', addonFile],
    ['kernel', `Linux ${release()} ${process.arch}`],
    ...(Object.keys(notes) as SelectorName[]).map((name): [string, string] => [name, describeSelector(name)]),
    ['default', best.constructor.name],
    ['epoll timeouts', EpollSelector.nanosecondTimeouts ? 'nanoseconds (epoll_pwait2)' : 'milliseconds, rounded up'],
    ['open files', limitOf('Max open files')],
    ['listen backlog', `at most ${readNumber('/proc/sys/net/core/somaxconn')} (net.core.somaxconn)`],
    ['epoll watches', `${readNumber('/proc/sys/fs/epoll/max_user_watches')} a user (fs.epoll.max_user_watches)`],
    ['local ports', readNumber('/proc/sys/net/ipv4/ip_local_port_range').replace(/\s+/, ' to ')],
  ];
  best.close();
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, text] of rows) process.stdout.write(`${label.padEnd(width)}  ${text}\n`);
}

function describeSelector(name: SelectorName): string {
  try {
    const selector = new (selectorByName(name))();
    selector.select(0);
    selector.close();
    return `works; ${notes[name]}`;
  } catch (error) {
    return `does not work here: ${(error as Error).message}`;
  }
}

function limitOf(name: string): string {
  const line = read('/proc/self/limits')
    .split('\n')
    .find((candidate) => candidate.startsWith(name));
  const [soft = 'unknown', hard = 'unknown'] = line?.slice(name.length).trim().split(/\s+/) ?? [];
  return `${soft} now, at most ${hard} (ulimit -n)`;
}

function readNumber(path: string): string {
  return read(path).trim() || 'unknown';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // a container may hide it; the report then shows "unknown"
  }
}
