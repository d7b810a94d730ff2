/** `serveWorkers`: processes that share a port. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import {
  type StreamReader,
  type StreamWriter,
  createTask,
  getRunningLoop,
  openConnection,
  run,
  serveWorkers,
  sleep,
} from 'selectloop';
import { afterEach, describe, expect, it } from 'vitest';

import { type ChildProgram, startProgram } from '../support/child-program.js';
import { collectErrors } from '../support/loops.js';
import { Notices } from '../systemd/support.js';

const running: ChildProgram[] = [];

afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL');
  await Promise.all(running.splice(0).map((program) => program.ended));
});

interface Started {
  readonly program: ChildProgram;
  readonly port: number;
}

/** Starts a program that serves with workers, and waits until they serve. */
async function start(
  how: 'run' | 'runSync',
  options: string,
  { count = 2, env = {} }: { count?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Started> {
  const source = `
    import { run, runSync, serveWorkers } from 'selectloop';
    const onReady = ({ port }) => console.log('ready on', port);
    const module = 'test/workers/echo-worker.mjs';
    const signal = await ${how}(() => serveWorkers(${count}, module, { port: 0, onReady, ${options} }));
    console.log('stopped by', signal);
  `;
  const program = startProgram(source, { env });
  running.push(program);
  const [, port = ''] = await program.printed(/ready on (\d+)\n/);
  return { program, port: Number(port) };
}

function workersOf({ program }: Started): number[] {
  const { pid } = program.process;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(10); // ends at the latest with the test's timeout
}

type Streams = { reader: StreamReader; writer: StreamWriter };

/** Asks a connection who serves it. */
async function ask({ reader, writer }: Streams): Promise<number> {
  writer.write(Buffer.from('who?\n'));
  return Number(String(await reader.readline()));
}

describe('serveWorkers', () => {
  it('replaces its workers at SIGHUP under load, without a refused or a lost connection', async () => {
    using notices = new Notices(`\0selectloop-test/workers/${process.pid}`);
    const started = await start('run', '', { env: { NOTIFY_SOCKET: notices.address } });
    const first = workersOf(started);
    expect(first).toHaveLength(2);
    const failures: unknown[] = [];
    const seen = new Set<number>();
    let loading = true;
    const client = async (): Promise<void> => {
      while (loading) {
        try {
          const streams = await openConnection('127.0.0.1', started.port);
          const pid = await ask(streams);
          if (Number.isInteger(pid) && pid > 0) seen.add(pid);
          else failures.push(`answer ${pid}`);
          streams.writer.close();
        } catch (error) {
          failures.push(error);
        }
        await sleep(2); // the new workers need the CPU to start
      }
    };
    await run(async () => {
      const clients = Promise.all([client(), client(), client()]);
      await sleep(50);
      const old = await openConnection('127.0.0.1', started.port);
      const server = await ask(old);
      started.program.process.kill('SIGHUP');
      const replaced = (): boolean => [...seen].filter((pid) => !first.includes(pid)).length === 2;
      while (!replaced()) await sleep(10);
      expect(await ask(old)).toBe(server); // the former worker still serves its connections, within its grace
      old.writer.close();
      while (first.some(isAlive)) await sleep(10);
      loading = false;
      await clients;
    });
    expect(failures).toEqual([]);
    expect(workersOf(started).filter(isAlive)).toHaveLength(2);

    started.program.process.kill('SIGTERM');
    const { signal, stdout, stderr } = await started.program.ended;
    expect({ signal, stderr }).toEqual({ signal: 'SIGTERM', stderr: '' });
    expect(await run(() => notices.until('STOPPING=1'))).toEqual([
      'READY=1',
      expect.stringMatching(/^RELOADING=1\nMONOTONIC_USEC=\d+$/),
      'READY=1',
    ]);
    expect(stdout).toMatch(/stopped by SIGTERM\n$/);
    expect([...seen].filter(isAlive)).toEqual([]);
  });

  it('restarts a worker that was killed, which serves the connections in its queue', async () => {
    const started = await start('runSync', 'exitBySignal: false');
    const [first = 0, second = 0] = workersOf(started);
    for (const pid of [first, second]) process.kill(pid, 'SIGSTOP');
    const answers = await run(async () => {
      const connections: Streams[] = [];
      for (let i = 0; i < 20; i += 1) connections.push(await openConnection('127.0.0.1', started.port)); // into both queues
      process.kill(first, 'SIGKILL');
      process.kill(second, 'SIGCONT');
      const pids = await Promise.all(connections.map(ask));
      for (const { writer } of connections) writer.close();
      return pids;
    });
    expect(answers).toHaveLength(20);
    expect(answers).not.toContain(first);
    started.program.process.kill('SIGINT');
    const { code, stdout, stderr } = await started.program.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: `ready on ${started.port}\nstopped by SIGINT\n` });
    expect(stderr).toBe(`selectloop: worker 1 (pid ${first}) was killed by SIGKILL; restarting it in 0.1 s\n`);
  });

  it('stops its workers when it is killed itself', async () => {
    const started = await start('run', '');
    const workers = workersOf(started);
    started.program.process.kill('SIGKILL');
    await until(() => !workers.some(isAlive));
    expect((await started.program.ended).stderr).toBe('');
  });

  it('ends the grace of its workers at a second signal', async () => {
    const started = await start('run', '');
    const workers = workersOf(started);
    await run(async () => {
      const open = await openConnection('127.0.0.1', started.port);
      const server = await ask(open);
      started.program.process.kill('SIGTERM');
      while (workers.filter(isAlive).length > 1) await sleep(10); // the other one has no connection
      expect(isAlive(server)).toBe(true);
      started.program.process.kill('SIGTERM');
      expect(await open.reader.read()).toHaveLength(0);
      open.writer.close();
    });
    expect(await started.program.ended).toMatchObject({ signal: 'SIGTERM', stderr: '' });
  });

  it('kills a worker that does not stop in time', async () => {
    const started = await start('run', 'graceMs: 300', { count: 1 });
    const [stubborn = 0] = workersOf(started);
    process.kill(stubborn, 'SIGSTOP');
    started.program.process.kill('SIGTERM');
    const { signal, stderr } = await started.program.ended;
    expect(signal).toBe('SIGTERM');
    expect(stderr).toBe(`selectloop: worker (pid ${stubborn}) has not stopped in time: killing it\n`);
  });

  it('waits longer before each restart of a worker that fails, and stops meanwhile', async () => {
    const program = startProgram(`
      import { run, serveWorkers } from 'selectloop';
      await run(() => serveWorkers(1, 'test/workers/echo-worker.mjs', { port: 0, args: ['crash'] }));
    `);
    running.push(program);
    let stderr = '';
    program.process.stderr!.on('data', (text: string) => (stderr += text));
    await until(() => stderr.includes('0.4 s'));
    program.process.kill('SIGTERM');
    const ending = await program.ended;
    const pauses = [
      ...ending.stderr.matchAll(/^selectloop: worker 1 \(pid \d+\) exited with code 7; restarting it in (\S+) s$/gm),
    ];
    expect(pauses.map(([, seconds]) => seconds)).toEqual(['0.1', '0.2', '0.4']);
    expect(ending.signal).toBe('SIGTERM');
  });

  it('reports a worker that ends by itself and never served, and one that does not use the passed socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'selectloop-mistaken-'));
    const [ends, listens] = [join(folder, 'ends.mjs'), join(folder, 'listens.mjs')];
    writeFileSync(ends, 'export default function serve() {}');
    const library = import.meta.resolve('selectloop');
    writeFileSync(
      listens,
      `import { run, startServer } from ${JSON.stringify(library)};
       await run(async () => {
         const server = await startServer(() => {}, '127.0.0.1', 0);
         await server.serveUntil('SIGTERM');
       });`,
    );
    const program = startProgram(`
      import { createTask, run, serveWorkers } from 'selectloop';
      await run(async () => {
        createTask(() => serveWorkers(1, ${JSON.stringify(ends)}, { port: 0 }));
        await serveWorkers(1, ${JSON.stringify(listens)}, { port: 0 });
      });
    `);
    running.push(program);
    let stderr = '';
    program.process.stderr!.on('data', (text: string) => (stderr += text));
    await until(() => /never served/.test(stderr) && /not used/.test(stderr));
    rmSync(folder, { recursive: true });
    expect(stderr).toMatch(
      /^selectloop: worker 1 \(pid \d+\) exited with code 0 and never served: its module must call server.serveUntil\(\); restarting/m,
    );
    expect(stderr).toMatch(/^selectloop: the sockets that the parent has passed are not used.*listenFds: true$/m);
  });

  it('reports a worker that does not say in time that it serves, and lets it run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'selectloop-silent-'));
    const module = join(folder, 'silent.mjs');
    writeFileSync(module, 'setInterval(() => {}, 1000);');
    const reports = await run(async () => {
      const errors = collectErrors(getRunningLoop());
      const serving = createTask(() => serveWorkers(1, module, { port: 0, readyTimeoutMs: 50, exitBySignal: false }));
      while (errors.length === 0) await sleep(5);
      await sleep(20);
      serving.cancel();
      await serving.catch(() => undefined);
      return errors.map(({ message }) => message.replace(/\d+/g, 'N'));
    });
    rmSync(folder, { recursive: true });
    expect(reports).toEqual([
      "worker N (pid N) has not reported in N.N s that it serves: its module must call server.serveUntil(), or sdNotify('READY=N')",
    ]);
  });

  it('refuses misuse with an error that says what was expected', async () => {
    const misuse =
      (...args: unknown[]) =>
      () =>
        serveWorkers(...(args as Parameters<typeof serveWorkers>));
    expect(misuse(0, 'x.js', { port: 1 })).toThrow('serveWorkers: count: expected an integer from 1 to');
    expect(misuse(Infinity, 'x.js', { port: 1 })).toThrow(
      /^serveWorkers: count: expected an integer from 1 to \d+, got Infinity$/,
    );
    expect(misuse(1, 'absent.js', { port: 1 })).toThrow('serveWorkers: module: expected a module that exists, got');
    expect(misuse(1, '', { port: 1 })).toThrow('serveWorkers: module: expected the path or the file: URL of a module');
    expect(misuse(1, new URL('http://x/'), { port: 1 })).toThrow(
      'serveWorkers: module: expected the path or the file: URL',
    );
    expect(misuse(1, 'test/workers/echo-worker.mjs')).toThrow('serveWorkers: port: expected a port, got undefined');
    expect(misuse(1, 'test/workers/echo-worker.mjs', { port: -1 })).toThrow('serveWorkers: port: expected');
    expect(misuse(1, 'test/workers/echo-worker.mjs', { port: 1, args: 'a' })).toThrow(
      'serveWorkers: args: expected an array of strings, got "a"',
    );
    expect(misuse(1, 'test/workers/echo-worker.mjs', { port: 1, graceMs: NaN })).toThrow(
      'serveWorkers: graceMs: expected a number',
    );
    const nothing = run(() => serveWorkers(1, 'test/workers/echo-worker.mjs', { listenFds: true }));
    await expect(nothing).rejects.toThrow(
      'serveWorkers: listenFds: expected a passed socket, because no port is given, got true',
    );
  });
});
