/** 1 GiB through the proxy, from a fast sender to a slow reader, in Python. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

import { describe, expect, it } from 'vitest';

import { ServerProcess } from './servers.js';

/** First some bytes that are not measured: until then V8 compiles the code, and its heap grows to the size it works with. */
const WARM_UP_BYTES = 128 << 20;
const BYTES = 1 << 30;
const MOST_GROWTH = 32 << 20;

describe.each(['select', 'poll', 'epoll'])('1 GiB through the proxy (%s)', (selector) => {
  it('arrives unharmed, and costs less than 32 MiB of memory', async () => {
    const sizes = [WARM_UP_BYTES, BYTES].map(String);
    const pump = spawn('python3', ['test/clients/programs/pump.py', ...sizes], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(pump.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    await using server = await ServerProcess.example('proxy', ['--port', '0', '--to-port', await next()], selector);
    const cold = server.memory().rss;
    const checksums = async (): Promise<string[]> => {
      pump.stdin.write(`${server.port}\n`);
      return (await next()).split(' ');
    };

    const [warmUp, warmedUp] = await checksums();
    expect(warmedUp).toBe(warmUp);
    const warm = server.memory();
    const [sent, received] = await checksums();
    const { peak } = server.memory();

    expect(received).toBe(sent);
    const inMiB = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(`${selector}: at most ${inMiB(peak - warm.rss)} more; since it started, ${inMiB(peak - cold)}`);
    expect(peak - warm.rss).toBeLessThan(MOST_GROWTH);
    if (pump.exitCode === null) await once(pump, 'exit');
  });
});
