/**
 * Accepting when the process has run out of descriptors, in a separate process with a limit of 64.
 *
 * The connection stays in the listener's queue, so the listener stays readable: a server that retries immediately, or a loop that
 * keeps watching it, uses a whole CPU.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Socket as NodeSocket, connect } from 'node:net';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { OSError, acceptPauseMs } from 'selectloop';

import { ChildProgram } from '../support/child-program.js';
import { everyLoop } from '../support/every-loop.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const server = (selector: string, hosted: boolean): string => `
  import { Socket, acceptPauseMs, createTask, run, runSync, sleep, sockAccept, sockRecv, sockSendAll } from 'selectloop';
  import { execFileSync } from 'node:child_process';
  import { writeSync } from 'node:fs';

  // Only now, as Node opens many files while it loads modules.
  execFileSync('prlimit', ['--nofile=64:64', '--pid', String(process.pid)]);

  function* serve(socket) {
    try {
      for (let data = yield* sockRecv(socket, 100); data.length > 0; data = yield* sockRecv(socket, 100)) {
        if (data.toString() === 'stop') return listener.close();
        yield* sockSendAll(socket, data);
      }
    } finally {
      socket.close();
    }
  }

  const listener = new Socket();
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.setBlocking(false);
  listener.listen();
  writeSync(1, 'port ' + listener.getsockname().port + '\\n');

  function* main() {
    for (;;) {
      try {
        createTask(serve((yield* sockAccept(listener)).socket));
      } catch (error) {
        if (error.code === 'EBADF') return;
        const pauseMs = acceptPauseMs(error);
        if (pauseMs === null) throw error;
        const [cpu, start] = [process.cpuUsage(), performance.now()];
        yield* sleep(pauseMs);
        const { user, system } = process.cpuUsage(cpu);
        const percent = (user + system) / 10 / (performance.now() - start);
        writeSync(1, 'paused ' + error.code + ' ' + percent.toFixed(1) + ' percent\\n');
      }
    }
  }
  ${hosted ? 'await run' : 'runSync'}(main, { selector: '${selector}' });
  writeSync(1, 'done\\n');
`;

function startServer(selector: string, hosted: boolean): ChildProgram {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const args = ['--input-type=module', '--eval', server(selector, hosted)];
  return new ChildProgram(spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] }), 50_000);
}

async function echo(socket: NodeSocket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

describe.concurrent('a server that has run out of descriptors', () => {
  it.each(everyLoop)('waits without using the CPU and then serves again ($name)', async ({ selector, hosted }) => {
    const child = startServer(selector, hosted);
    const port = Number((await child.printed(/port (\d+)/))[1]);
    const clients = Array.from({ length: 80 }, () => connect(port, '127.0.0.1'));
    try {
      await Promise.all(clients.map((client) => once(client, 'connect')));
      const [, code, percent] = await child.printed(/paused (\w+) ([\d.]+) percent/);
      expect(code).toBe('EMFILE');
      expect(Number(percent)).toBeLessThan(10); // a loop that spins takes 100; a sanitizer doubles the usual 2 or 3
      expect(await echo(clients[0]!, 'those who are in are served')).toBe('those who are in are served');
      // Node itself uses 22 to 26 descriptors, which decides how many clients are connected; the remaining ones must fit in.
      for (const client of clients.slice(0, 60)) client.destroy();
      expect(await echo(clients.at(-1)!, 'and the last one, too')).toBe('and the last one, too');
      clients.at(-1)!.write('stop');
      await child.printed(/done/);
    } finally {
      for (const client of clients) client.destroy();
    }
    expect(await child.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

it('pauses an accept only for a lack of resources', () => {
  const failed = (errno: number): OSError => new OSError(errno, 'accept');
  expect([-24, -23, -105, -12].map((errno) => acceptPauseMs(failed(errno)))).toEqual([1000, 1000, 1000, 1000]);
  for (const other of [failed(-9), failed(-22), new Error('EMFILE'), null]) expect(acceptPauseMs(other)).toBe(null);
});
