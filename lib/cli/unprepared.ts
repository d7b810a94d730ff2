/**
 * Opens a door in a process that has none, through Node's debugger: only on request (`--force`), because the debugger of that process is
 * open to every user of the machine meanwhile, and the process prints Node's messages about it.
 *
 * SIGUSR1 makes Node open the debugger. One expression loads the library from where the process has it, which is the same instance of its
 * modules, and opens the door. The debugger is closed some time after we have disconnected, because Node 20 crashes if it is closed under a
 * client. A blocking loop does not let the debugger in, so it needs a door.
 */

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { callDebugger } from './debugger-client.js';

/** The bit of SIGUSR1 in the masks of /proc. */
const SIGUSR1_BIT = 1n << 9n;

/** How long the process may take to open its debugger. */
const OPEN_MS = 5000;

/** The debugger is closed this long after the door was opened. */
const CLOSE_AFTER_MS = 500;

/** Opens a door for the running loop of the main thread of a process. @throws an Error that says why it cannot */
export async function forceDoor(pid: number): Promise<void> {
  const root = packageOf(pid);
  if (root === null) throw new Error(`process ${pid} has not loaded selectloop`);
  if (!catchesSigusr1(pid)) throw new Error(`process ${pid} does not open Node's debugger at SIGUSR1`);
  const before = listeningPorts(pid);
  process.kill(pid, 'SIGUSR1');
  const port = await newPort(pid, before);
  if (port === null)
    throw new Error(`process ${pid} has not opened its debugger: its loop blocks, or its port is in use`);
  const answer = (await callDebugger(port, 'Runtime.evaluate', {
    ...{ expression: expressionFor(root), returnByValue: true },
  })) as { exceptionDetails?: { exception?: { description?: string } } };
  const { exceptionDetails: problem } = answer;
  if (problem === undefined) return;
  const [line = 'it threw'] = (problem.exception?.description ?? '').split('\n');
  throw new Error(`process ${pid} has not opened a door: ${line}`);
}

/** @param root the folder of the package */
function expressionFor(root: string): string {
  const file = (name: string): string => JSON.stringify(join(root, 'dist', name));
  return `(() => {
    const { createRequire } = process.getBuiltinModule('node:module');
    setTimeout(() => process.getBuiltinModule('node:inspector').close(), ${CLOSE_AFTER_MS});
    const load = createRequire(${file('index.js')});
    const { getRunningLoop } = load(${file('index.js')});
    return load(${file('inspect/index.js')}).openInspector(getRunningLoop()).name;
  })()`;
}

/** Returns the folder of the package whose addon a process has loaded. */
function packageOf(pid: number): string | null {
  const [, root] =
    /\s(\/.*)\/(?:build\/Release|prebuilds\/[\w-]+)\/selectloop[\w.]*\.node$/m.exec(read(`/proc/${pid}/maps`)) ?? [];
  return root ?? null;
}

function catchesSigusr1(pid: number): boolean {
  const [, mask = '0'] = /^SigCgt:\s+([0-9a-f]+)$/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return (BigInt(`0x${mask}`) & SIGUSR1_BIT) !== 0n;
}

async function newPort(pid: number, before: ReadonlySet<number>): Promise<number | null> {
  const endMs = performance.now() + OPEN_MS;
  while (performance.now() < endMs) {
    for (const port of listeningPorts(pid)) if (!before.has(port)) return port;
    await sleep(20);
  }
  return null;
}

/** Returns the TCP ports of 127.0.0.1 on which a process listens. */
function listeningPorts(pid: number): Set<number> {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // closed meanwhile
    }
  }
  const ports = new Set<number>();
  for (const line of read(`/proc/${pid}/net/tcp`).split('\n')) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state === '0A' && inodes.has(inode)) ports.add(parseInt(local.split(':')[1] ?? '', 16));
  }
  return ports;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has ended, or belongs to another user
  }
}
