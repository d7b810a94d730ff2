/** 1 GiB through the proxy, from a fast sender to a slow reader, in Python. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

import { describe, expect, it } from 'vitest';

import { ServerProcess } from './servers.js';

const BYTES = 1 << 30;
const MOST_GROWTH = 32 << 20;

describe.each(['select', 'poll', 'epoll'])('1 GiB through the proxy (%s)', (selector) => {
  it('arrives unchanged, and costs less than 32 MiB of memory', async () => {
    const pump = spawn('python3', ['test/clients/programs/pump.py', String(BYTES)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(pump.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    await using server = await ServerProcess.example('proxy', ['--port', '0', '--to-port', await next()], selector);
    const before = server.memory();
    pump.stdin.write(`${server.port}\n`);
    const [sent, received] = (await next()).split(' ');
    const growth = server.memory().peak - before.rss;
    console.log(`${selector}: the memory grew by ${(growth / 2 ** 20).toFixed(1)} MiB at most`);
    expect(received).toBe(sent);
    expect(growth).toBeLessThan(MOST_GROWTH);
    if (pump.exitCode === null) await once(pump, 'exit');
  });
});
