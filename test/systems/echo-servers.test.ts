/** Tests every echo server of the examples and the library's own with the same client and with the blaster. */

import { describe, expect, it } from 'vitest';

import { blast } from '../../examples/traps/blaster.js';
import { startFile } from '../support/child-program.js';
import { driveEcho } from './echo-client.js';
import { runExample, startExample } from './programs.js';

type Started = ReturnType<typeof startExample>;

interface Server {
  name: string;
  start: () => Started;
  /** It serves one client at a time. */
  oneByOne?: boolean;
}

const servers: Server[] = [
  {
    name: 'tiny/net/blocking-echo',
    start: () => startExample('tiny/net/blocking-echo', ['server', '--port', '0']),
    oneByOne: true,
  },
  { name: 'tiny/net/select-echo', start: () => startExample('tiny/net/select-echo', ['server', '--port', '0']) },
  { name: 'tiny/net/selector-echo', start: () => startExample('tiny/net/selector-echo', ['server', '--port', '0']) },
  { name: 'traps/echogood', start: () => startExample('traps/echogood', ['--port', '0']) },
  { name: 'traps/echoserver', start: () => startExample('traps/echoserver', ['--port', '0', '--alive-ms', '50']) },
  { name: 'the library, generators', start: () => startFile('dist/cli/main.js', ['echo', '--port', '0']) },
  {
    name: 'the library, async functions',
    start: () => startFile('dist/cli/main.js', ['echo', '--port', '0', '--api', 'async']),
  },
];

/** Starts a server, runs `use` with its port, and kills it. Resolves with what the server printed. */
async function withServer(
  start: () => Started,
  use: (port: number, server: Started) => Promise<unknown>,
): Promise<string> {
  const server = start();
  try {
    const [, port] = await server.printed(/ on 127\.0\.0\.1:(\d+)\n/);
    await use(Number(port), server);
    expect(server.process.exitCode).toBe(null); // no client made it exit
  } finally {
    server.process.kill('SIGKILL');
  }
  return (await server.ended).stdout;
}

describe.each(servers)('$name', ({ start, oneByOne = false }) => {
  it('serves random sizes, slow writers, killed clients, 200 concurrent ones, and the blaster', async () => {
    await withServer(start, async (port) => {
      await driveEcho(port);
      expect(await blast({ port, connections: 100, messages: 3, bytes: 1024, oneByOne })).toBe(300);
    });
  });
});

describe('traps/blaster', () => {
  it('loads traps/echoserver with 3 processes x 300 connections while its alive task keeps running', async () => {
    const printed = await withServer(
      () => startExample('traps/echoserver', ['--port', '0', '--alive-ms', '20']),
      async (port) => {
        const lines = await runExample('traps/blaster', ['--port', String(port), '--messages', '2']);
        expect(lines.slice(0, 2)).toEqual([
          '3 processes x 300 connections x 2 messages of 1024 bytes',
          '1800 messages were echoed correctly',
        ]);
        expect(lines[2]).toMatch(/^\d+\.\d s, \d+ messages per second, including the start of the processes$/);
      },
    );
    expect(printed.match(/I'm alive!/g)!.length).toBeGreaterThan(10);
  }, 60_000);
});

describe('traps/echobad', () => {
  it('prints "I\'m alive!" only once before the first connection, and serves one client at a time', async () => {
    await withServer(
      () => startExample('traps/echobad', ['--port', '0']),
      async (port, server) => {
        await server.printed(/I'm alive!/);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const before = await server.printed(/^[^]*$/);
        expect(before[0].match(/I'm alive!/g)).toHaveLength(1);
        expect(await blast({ port, connections: 30, messages: 3, bytes: 1024, oneByOne: true })).toBe(90);
        await driveEcho(port);
      },
    );
  });
});
