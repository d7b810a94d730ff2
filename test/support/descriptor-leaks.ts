/**
 * Runs around every test file (vitest's `setupFiles`): a socket, pipe, eventfd or epoll descriptor that is open after the
 * file's last test and was not before its first fails the file.
 *
 * Only these kinds count, because the loop and its sockets consist of them, while vitest's module loading opens and closes
 * regular files.
 *
 * A loop that is still running after a test, such as one that has timed out, fails only that test: it is detached, so that the
 * following tests in this process can run their loops.
 */

import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { lookup } from 'node:dns/promises';

import { afterAll, afterEach, beforeAll } from 'vitest';

import { leaveLoop, runningLoopOrNull } from '../../lib/loop/running-loop.js';

const COUNTED_KINDS = /^(socket|pipe|anon_inode):\[?(\d+|eventpoll|eventfd|signalfd|timerfd)\]?/;
const SETTLE_MS = 1000;
const RETRY_MS = 50;

const processWide = globalThis as { selectloopOwnDescriptors?: Promise<void> };
let openBefore = new Set<string>();

beforeAll(async () => {
  // This module is loaded again for every file, while Node's descriptors last as long as the process.
  await (processWide.selectloopOwnDescriptors ??= makeNodesOwnDescriptors());
  openBefore = openDescriptors();
});

afterEach(() => {
  const loop = runningLoopOrNull();
  if (loop === null) return;
  leaveLoop(loop);
  throw new Error('a loop is still running after this test');
});

// Hooks run in reverse order of registration after a file, so this one runs after every clean-up of the file itself.
afterAll(async () => {
  const leaked = await leakedAfterSettling();
  if (leaked.length > 0) throw new Error(`descriptors still open after this test file:\n  ${leaked.join('\n  ')}`);
});

/** Node makes some descriptors once, at first use, and keeps them: libuv's signal pipe and the thread pool's. */
async function makeNodesOwnDescriptors(): Promise<void> {
  execFileSync(process.execPath, ['--version']);
  const ignore = (): void => undefined;
  process.on('SIGUSR2', ignore);
  process.removeListener('SIGUSR2', ignore);
  await lookup('127.0.0.1');
}

/** Sockets close in a later iteration of libuv, and collectable objects when they are collected: both get a second. */
async function leakedAfterSettling(): Promise<string[]> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const leaked = [...openDescriptors()].filter((entry) => !openBefore.has(entry));
    if (leaked.length === 0 || performance.now() > deadline) return leaked;
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The counted descriptors of this process as `number -> target`, such as `23 -> socket:[88123]`. */
function openDescriptors(): Set<string> {
  const open = new Set<string>();
  for (const fd of readdirSync('/proc/self/fd')) {
    const target = targetOf(fd);
    if (COUNTED_KINDS.test(target)) open.add(`${fd} -> ${target}`);
  }
  return open;
}

/** '' for a descriptor that is already closed, such as the one that `readdirSync` itself used. */
function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
