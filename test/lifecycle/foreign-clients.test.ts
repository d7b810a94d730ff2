/**
 * The echo server of the command line with clients that do not use this library, one on Node's `net` and one on Python's
 * asyncio. Each opens 500 concurrent connections, sends 64 KiB of random bytes on each in random pieces, and checks every byte.
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { startFile } from '../support/child-program.js';

const execute = promisify(execFile);
const clients = fileURLToPath(new URL('../support/clients/', import.meta.url));

const CONNECTIONS = 500;
const BYTES = 64 * 1024;
const CLIENTS = {
  "Node's net": [process.execPath, `${clients}echo-client.mjs`],
  "Python's asyncio": ['python3', `${clients}echo_client.py`],
} as const;

const SELECTORS = ['select', 'poll', 'epoll'] as const;
/** Async functions need libuv, so they are not available with --blocking. */
const WAYS = ['--api sockets', '--api async', '--api sockets --blocking'] as const;

/** Runs the command while `body` uses it, and interrupts it as Ctrl-C does; it must then end with code 0. */
async function withEchoServer(options: readonly string[], body: (port: number) => Promise<void>): Promise<void> {
  const server = startFile('dist/cli/main.js', ['echo', '--port', '0', ...options], { timeoutMs: 60_000 });
  try {
    const [, port] = await server.printed(/^.*127\.0\.0\.1:(\d+)/m);
    await body(Number(port));
  } finally {
    server.process.kill('SIGINT');
  }
  const ending = await server.ended;
  expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
}

describe.each(SELECTORS)('the echo server on %s', (selector) => {
  describe.each(WAYS)('with %s', (way) => {
    // A second client where the modes differ; one client suffices for the differences between the APIs.
    const names = Object.keys(CLIENTS) as Array<keyof typeof CLIENTS>;
    it.each(way === '--api sockets' ? names : names.slice(0, 1))(
      'returns every byte to 500 connections of %s',
      async (client) => {
        const [command, script] = CLIENTS[client];
        await withEchoServer(['--selector', selector, ...way.split(' ')], async (port) => {
          const { stdout } = await execute(command, [script, port, CONNECTIONS, BYTES].map(String));
          expect(stdout).toBe(`${CONNECTIONS} connections echoed ${BYTES} bytes each\n`);
        });
      },
      60_000,
    );
  });
});

describe('the echo server', () => {
  it('answers netcat: printf hello | nc -N', async () => {
    await withEchoServer([], async (port) => {
      const netcat = spawn('nc', ['-N', '127.0.0.1', String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
      netcat.stdin.end('hello\n');
      const exit = once(netcat, 'close');
      expect(await text(netcat.stdout)).toBe('hello\n');
      expect(await exit).toEqual([0, null]);
    });
  });
});
