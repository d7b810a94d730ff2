import { execFile } from 'node:child_process';
import { connect, createServer, type Socket as NodeSocket } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

import { afterEach, describe, expect, it } from 'vitest';

import { type ChildProgram, startFile } from '../support/child-program.js';

const running: ChildProgram[] = [];

afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL');
  await Promise.all(running.splice(0).map((program) => program.ended));
});

async function startEcho(...args: string[]): Promise<{ program: ChildProgram; port: number }> {
  const program = startFile('dist/cli/main.js', ['echo', '--port', '0', ...args]);
  running.push(program);
  const [, port = ''] = await program.printed(/echo server on \S+:(\d+)\n[^]*Ctrl-C stops it\n/);
  return { program, port: Number(port) };
}

async function roundTrip(port: number, message: string, host = '127.0.0.1'): Promise<string> {
  const client = connect(port, host);
  client.end(message);
  return await text(client);
}

/** A client that sends as fast as it can and reads everything that comes back. */
async function flood(port: number, host: string): Promise<NodeSocket> {
  const client = connect(port, host);
  client.on('error', () => undefined);
  await once(client, 'connect');
  const chunk = Buffer.alloc(1 << 20);
  const pump = (): void => {
    while (!client.destroyed && client.write(chunk));
  };
  client.on('drain', pump).resume();
  pump();
  return client;
}

/** Every API in each mode that it has, and every selector in each mode; three listen on a name, on IPv6, and on any address. */
const variants: Array<[string, string[], string?]> = [
  ['select, hosted, generators', ['--selector', 'select']],
  ['poll, hosted, async functions', ['--selector', 'poll', '--api', 'async', '--host', 'localhost'], 'localhost'],
  ['epoll, hosted, protocol', ['--selector', 'epoll', '--api', 'protocol']],
  ['epoll, hosted, streams', ['--selector', 'epoll', '--api', 'streams', '--host', '::1'], '::1'],
  ['select, blocking, generators', ['--selector', 'select', '--blocking']],
  ['poll, blocking, protocol', ['--selector', 'poll', '--api', 'protocol', '--blocking', '--host', '']],
  ['epoll, blocking, streams', ['--selector', 'epoll', '--api', 'streams', '--blocking']],
];

describe.each(variants)('selectloop echo (%s)', (_, args, host = '127.0.0.1') => {
  it('echoes, and Ctrl-C ends it soon with code 0, even under a flood of data', async () => {
    const { program, port } = await startEcho(...args);
    expect(await roundTrip(port, 'hello\n', host)).toBe('hello\n');
    const idle = connect(port, host);
    await once(idle.resume(), 'connect');
    const idleClosed = once(idle, 'close');
    const busy = await flood(port, host);
    await once(busy, 'data');

    const interrupted = performance.now();
    program.process.kill('SIGINT');
    const ending = await program.ended;

    expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(ending.stdout).toMatch(/stopped\n$/);
    expect(performance.now() - interrupted).toBeLessThan(5000); // well under a second, unless the machine is very busy
    busy.destroy();
    await idleClosed; // the server also closed the connections
  });
});

describe('selectloop echo', () => {
  it('prints its address, its selector, its mode, and a command to try it with, which works', async () => {
    const { program, port } = await startEcho('--selector', 'poll', '--blocking');
    const command = `printf 'hello\\n' | nc -N 127.0.0.1 ${port}`;
    expect((await promisify(execFile)('sh', ['-c', command])).stdout).toBe('hello\n');
    program.process.kill('SIGINT');
    const { stdout } = await program.ended;
    expect(stdout).toContain(`echo server on 127.0.0.1:${port}`);
    expect(stdout).toMatch(/selector +poll\n/);
    expect(stdout).toMatch(/mode +blocking/);
    expect(stdout).toContain(command);
  });

  it('survives a client that resets its connection, and ends with code 0 on SIGTERM', async () => {
    const { program, port } = await startEcho();
    for (let i = 0; i < 20; i += 1) {
      const client = connect(port, '127.0.0.1');
      await once(client, 'connect');
      client.write('x');
      client.resetAndDestroy();
    }
    expect(await roundTrip(port, 'still here')).toBe('still here');
    program.process.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('reports in one line that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const program = startFile('dist/cli/main.js', ['echo', '--port', String(port)]);
    running.push(program);
    expect(await program.ended).toMatchObject({ code: 1, stderr: `selectloop: bind EADDRINUSE 127.0.0.1:${port}\n` });
    other.close();
  });
});
