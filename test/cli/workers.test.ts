import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from 'vitest';

import { type ChildProgram, startFile } from '../support/child-program.js';

const running: ChildProgram[] = [];

afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL');
  await Promise.all(running.splice(0).map((program) => program.ended));
});

async function start(...args: string[]): Promise<{ program: ChildProgram; port: number; pid: number }> {
  const program = startFile('dist/cli/main.js', ['echo', '--port', '0', ...args]);
  running.push(program);
  const [, port = ''] = await program.printed(/echo server on \S+:(\d+)\n[^]*Ctrl-C stops it\n/);
  return { program, port: Number(port), pid: program.process.pid! };
}

/** The process ids of the workers. */
function workersOf(pid: number): number[] {
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

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20); // ends at the latest with the test's timeout
}

async function roundTrip(port: number, message: string): Promise<string> {
  const client = connect(port, '127.0.0.1');
  client.end(message);
  return await text(client);
}

describe.each([
  ['hosted', ['--api', 'protocol']],
  ['blocking', ['--api', 'streams', '--blocking']],
])('selectloop echo --workers (%s)', (_, args) => {
  it('shares the port between N processes, and one Ctrl-C stops all of them in the middle of connections', async () => {
    const { program, port, pid } = await start('--workers', '3', ...args);
    const workers = workersOf(pid);
    expect(workers).toHaveLength(3);
    for (let i = 0; i < 20; i += 1) expect(await roundTrip(port, `hello ${i}`)).toBe(`hello ${i}`);
    const idle = connect(port, '127.0.0.1');
    await once(idle.resume(), 'connect');
    const idleClosed = once(idle, 'close');

    program.process.kill('SIGINT');

    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/workers +3 processes[^]*stopped\n$/);
    expect(workers.filter(isAlive)).toEqual([]);
    await idleClosed;
  });
});

describe('selectloop echo --workers', () => {
  it('shares its port with no other command, restarts a worker that crashed, and stops at a Ctrl-C that the workers also get', async () => {
    const { program, port, pid } = await start('--workers', '2');
    const other = startFile('dist/cli/main.js', ['echo', '--port', String(port), '--workers', '2']);
    running.push(other);
    expect(await other.ended).toMatchObject({ code: 1, stderr: `selectloop: bind EADDRINUSE 127.0.0.1:${port}\n` });

    const [first = 0, second = 0] = workersOf(pid);
    process.kill(first, 'SIGKILL');
    await until(() => {
      const now = workersOf(pid);
      return now.length === 2 && !now.includes(first) && now.includes(second);
    });
    await until(
      async () => (await Promise.all(Array.from({ length: 8 }, (_, i) => roundTrip(port, `${i}`)))).length === 8,
    );

    process.kill(second, 'SIGINT'); // as a terminal does; the restarted one may not be ready for it
    program.process.kill('SIGINT');
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^selectloop: worker [12] \(pid \d+\) was killed by SIGKILL; restarting it in 0\.1 s\n$/);
    expect(stderr).toContain(`pid ${first}`);
  });

  it('waits longer before each restart of a worker that crashes immediately', async () => {
    const { program, pid } = await start('--workers', '1');
    const stderr = once(program.process, 'exit').then(async () => (await program.ended).stderr);
    for (let crashes = 0; crashes < 3; crashes += 1) {
      await until(() => workersOf(pid).length === 1);
      process.kill(workersOf(pid)[0]!, 'SIGKILL');
      await until(() => workersOf(pid).length === 0);
    }
    program.process.kill('SIGTERM'); // also works while it waits for the next start
    expect((await stderr).match(/(?<=restarting it in )\S+/g)).toEqual(['0.1', '0.2', '0.4']);
    expect((await program.ended).code).toBe(0);
  });

  it('leaves no worker behind when it is killed', async () => {
    const { program, pid } = await start('--workers', '2', '--blocking');
    const workers = workersOf(pid);
    program.process.kill('SIGKILL');
    await program.ended;
    await until(() => !workers.some(isAlive));
  });
});
