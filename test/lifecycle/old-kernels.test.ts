/** Kernels and seccomp filters without newer system calls: the core works, or says what is missing. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let launcher: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'selectloop-deny-'));
  launcher = join(folder, 'deny-calls');
  // The compiler that also builds the addon.
  execFileSync('g++', ['-x', 'c', '-O1', '-o', launcher, join(ROOT, 'test/support/deny-calls.c')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program for which `calls` fail, and returns its output as JSON. */
async function outputWithout(calls: string, error: string, program: string): Promise<unknown> {
  const args = [error, calls, process.execPath, '--no-warnings', '--input-type=module', '--eval', program];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(launcher, args, { cwd: ROOT, env, timeout: 50_000 });
  return JSON.parse(stdout);
}

const EVERY_LOOP = ['select', 'poll', 'epoll'].flatMap((selector) => [`${selector} hosted`, `${selector} blocking`]);

/** Uses the parts of the library that make system calls, on each of the loops. */
const core = (loops: readonly string[]): string => `
  import {
    createSubprocess, getaddrinfo, openConnection, run, runSync, sleep, startServer, toThread, waitFor
  } from 'selectloop';
  const main = function* () {
    const outcome = [];
    const server = yield* startServer(function* (reader, writer) {
      writer.write(yield* reader.readline());
      writer.close();
    }, '127.0.0.1', 0);
    const { reader, writer } = yield* openConnection('127.0.0.1', server.port);
    writer.write(Buffer.from('hello\\n'));
    outcome.push(String(yield* waitFor(reader.read(), 10_000)).trim());
    writer.close();
    server.close();
    const child = yield* createSubprocess('/bin/sh', ['-c', 'ls /proc/self/fd | wc -l; exit 7'], { stdout: 'pipe' });
    outcome.push(Number(yield* child.stdout.read()), yield* waitFor(child.wait(), 10_000));
    outcome.push((yield* getaddrinfo('127.0.0.1', 80))[0].address.port);
    outcome.push(yield* waitFor(toThread((a, b) => a + b, 20, 22), 20_000));
    const started = performance.now();
    yield* sleep(3.25);
    outcome.push(performance.now() - started >= 3.25);
    return outcome.join();
  };
  const outcomes = new Set();
  for (const [selector, mode] of ${JSON.stringify(loops.map((loop) => loop.split(' ')))}) {
    outcomes.add(mode === 'hosted' ? await run(main, { selector }) : runSync(main, { selector }));
  }
  console.log(JSON.stringify([...outcomes]));
`;

describe.concurrent('the core of the library', () => {
  // Only epoll makes the first of these calls, and no selector the others.
  it.each([
    ['epoll_pwait2', 'ENOSYS', ['epoll hosted', 'epoll blocking']],
    ['close_range', 'ENOSYS', ['epoll hosted', 'select blocking']],
    ['pidfd_open', 'ENOSYS', ['select hosted', 'poll blocking']],
    ['clone3', 'ENOSYS', ['poll hosted', 'epoll blocking']],
    ['epoll_pwait2,close_range,pidfd_open,clone3', 'ENOSYS', EVERY_LOOP],
    ['epoll_pwait2,close_range,pidfd_open', 'EPERM', EVERY_LOOP],
  ])('works where %s fails with %s', async (calls, error, loops) => {
    expect(await outputWithout(calls, error, core(loops))).toEqual(['hello,4,7,80,42,true']);
  });

  it.each(['ENOSYS', 'EPERM'])('names accept where accept4 fails with %s, and does not spin', async (error) => {
    const program = `
      import { Socket, getRunningLoop, run, runSync, sleep, sockAccept, sockConnect, startServer } from 'selectloop';
      const main = function* () {
        const reports = [];
        const loop = getRunningLoop();
        loop.setExceptionHandler((_, { message, exception }) => reports.push(message + ': ' + exception.code));
        const server = yield* startServer(() => undefined, '127.0.0.1', 0);
        const client = new Socket();
        client.setBlocking(false);
        yield* sockConnect(client, { host: '127.0.0.1', port: server.port });
        yield* sleep(100);
        server.close();
        const listener = new Socket();
        listener.setBlocking(false);
        listener.bind({ host: '127.0.0.1', port: 0 });
        listener.listen();
        const other = new Socket();
        other.setBlocking(false);
        yield* sockConnect(other, listener.getsockname());
        try { yield* sockAccept(listener); } catch (error) { reports.push(error.name + ' ' + error.code + ' ' + error.syscall); }
        for (const socket of [client, listener, other]) socket.close();
        return reports.join();
      };
      const outcomes = new Set([await run(main), runSync(main)]);
      console.log(JSON.stringify([...outcomes]));
    `;
    expect(await outputWithout('accept4', error, program)).toEqual([
      `socket.accept() failed: ${error},OSError ${error} accept`,
    ]);
  });
});
