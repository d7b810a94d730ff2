/**
 * The echo server of the command line with clients that do not use this library, one on Node's `net` and one on Python's
 * asyncio. Each opens up to 500 concurrent connections, sends 64 KiB of random bytes on each in random pieces, and checks every byte.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { startFile } from '../support/child-program.js';

const execute = promisify(execFile);
const clients = fileURLToPath(new URL('../support/clients/', import.meta.url));

const CONNECTIONS = 500;
const BYTES = 64 * 1024;
const CLIENTS = {
  "Node's net": [process.execPath, `${clients}echo-client.mjs`],
  "Python's asyncio": ['python3', `${clients}echo_client.py`],
} as const;

/**
 * Both modes of the loop have a foreign client on every selector. The APIs differ above the selector, so one is enough for async. Each client
 * has 500 connections in both modes, and so has each selector in one; the other two cases have fewer.
 */
const CASES = [
  { selector: 'select', way: '--api sockets', client: "Node's net", connections: 50 },
  { selector: 'poll', way: '--api sockets', client: "Node's net", connections: CONNECTIONS },
  { selector: 'epoll', way: '--api async', client: "Python's asyncio", connections: CONNECTIONS },
  { selector: 'select', way: '--api sockets --blocking', client: "Python's asyncio", connections: CONNECTIONS },
  { selector: 'poll', way: '--api sockets --blocking', client: "Python's asyncio", connections: 50 },
  { selector: 'epoll', way: '--api sockets --blocking', client: "Node's net", connections: CONNECTIONS },
] as const;

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

it.each(CASES)(
  'the echo server on $selector with $way returns every byte to $connections connections of $client',
  async ({ selector, way, client, connections }) => {
    const [command, script] = CLIENTS[client];
    await withEchoServer(['--selector', selector, ...way.split(' ')], async (port) => {
      const { stdout } = await execute(command, [script, port, connections, BYTES].map(String));
      expect(stdout).toBe(`${connections} connections echoed ${BYTES} bytes each\n`);
    });
  },
  60_000,
);
