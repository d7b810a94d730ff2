/** Child processes beside Node's, after the end of their loop, and with bad arguments. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import { createSubprocess, gather, getRunningLoop, newEventLoop, run } from 'selectloop';
import { socketpair } from 'selectloop/sockets';
import { describe, expect, it, vi } from 'vitest';

import { native } from '../../lib/native/binding.js';
import { runProgram } from '../support/child-program.js';

/** True while the process exists, even as a zombie. */
const exists = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Waits until a process is gone, zombie included; at most five seconds. */
async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 1000 && exists(pid); i += 1) await wait(5);
  return !exists(pid);
}

describe('createSubprocess', () => {
  it('works beside the children of node:child_process', () =>
    run(async () => {
      const theirs = Array.from({ length: 5 }, (_, i) => spawn('sh', ['-c', `exit ${i}`]));
      const exits = theirs.map((child) => once(child, 'exit'));
      const ours = await gather(Array.from({ length: 5 }, (_, i) => createSubprocess('sh', ['-c', `exit ${i + 10}`])));
      expect(await gather(ours.map((child) => child.wait()))).toEqual([10, 11, 12, 13, 14]);
      expect((await Promise.all(exits)).map(([code]) => code as number)).toEqual([0, 1, 2, 3, 4]);
    }));

  it('a child outlives its loop, and is reaped when it ends', async () => {
    const [parent, child] = socketpair();
    try {
      const loop = newEventLoop();
      const started = loop.runUntilComplete(createSubprocess('cat', [], { stdin: child, stdout: 'ignore' }));
      loop.close();
      child.close();
      expect(exists(started.pid)).toBe(true);
      parent.close();
      expect(await gone(started.pid)).toBe(true);
      expect(started.returncode).toBeNull();
      expect(() => started.terminate()).toThrow(expect.objectContaining({ code: 'ESRCH' }));
    } finally {
      parent.close();
      child.close();
    }
  });

  it('the child of a terminated worker is reaped when it ends', async () => {
    const ending = await runProgram(`
      import { existsSync } from 'node:fs';
      import { setTimeout as wait } from 'node:timers/promises';
      import { Worker } from 'node:worker_threads';
      const worker = new Worker(\`
        const { runSync, createSubprocess } = require('selectloop');
        runSync(function* () {
          const child = yield* createSubprocess('cat', [], { stdin: 'pipe' });
          require('node:worker_threads').parentPort.postMessage(child.pid);
          yield* child.wait();
        });
      \`, { eval: true, execArgv: [] });
      const pid = await new Promise((resolve) => worker.once('message', resolve));
      console.log(existsSync('/proc/' + pid));
      await worker.terminate(); // closes the pipe, which ends cat
      for (let i = 0; i < 1000 && existsSync('/proc/' + pid); i += 1) await wait(5);
      console.log(existsSync('/proc/' + pid));
    `);
    expect(ending).toEqual({ code: 0, signal: null, stdout: 'true\nfalse\n', stderr: '' });
  });

  it('a running child does not keep the process alive once main has ended', async () => {
    const ending = await runProgram(`
      import { run, createSubprocess } from 'selectloop';
      const child = await run(() => createSubprocess('sleep', ['0.2'], { stdout: 'ignore', stderr: 'ignore' }));
      console.log(child.returncode);
    `);
    expect(ending).toEqual({ code: 0, signal: null, stdout: 'null\n', stderr: '' });
  });

  it('a status that other code has collected is reported, and the returncode is 255', async () => {
    const errors: unknown[] = [];
    const reap = vi.spyOn(native, 'reapChild').mockReturnValue(-native.constants['ECHILD']!);
    try {
      await run(async () => {
        getRunningLoop().setExceptionHandler((_, { exception }) => errors.push(exception));
        const child = await createSubprocess('true');
        expect(await child.wait()).toBe(255);
      });
    } finally {
      reap.mockRestore();
    }
    expect(errors).toEqual([expect.objectContaining({ code: 'ECHILD', syscall: 'waitid' })]);
  });

  it('`await using` kills the child and waits for it', () =>
    run(async () => {
      let pid: number;
      {
        await using child = await getRunningLoop().createSubprocess('sleep', ['60'], { stdin: 'pipe' });
        pid = child.pid;
        expect(String(child)).toBe(`<Process ${pid}>`);
      }
      expect(exists(pid)).toBe(false);
    }));

  it('`await using` closes the pipes of a child that other code has reaped', () =>
    run(async () => {
      const child = await createSubprocess('sleep', ['0.05'], { stdin: 'pipe', stdout: 'pipe' });
      const signal = vi.spyOn(native, 'signalChild').mockReturnValue(-native.constants['ESRCH']!);
      try {
        await child[Symbol.asyncDispose]();
      } finally {
        signal.mockRestore();
      }
      expect(child.stdin!.isClosing()).toBe(true);
      expect(child.returncode).toBe(0);
    }));

  it('input needs a pipe, and a signal a valid name', () =>
    run(async () => {
      await using child = await createSubprocess('sleep', ['60']);
      expect(() => child.communicate(Buffer.from('x'))).toThrow(/there is no stdin to write to/);
      expect(() => child.communicate('text' as never)).toThrow(TypeError);
      expect(() => child.sendSignal('SIGNOTHING' as never)).toThrow(RangeError);
      expect(() => child.sendSignal(null as never)).toThrow(TypeError);
    }));

  it.each([
    [[5], TypeError],
    [[''], RangeError],
    [['a\0b'], RangeError],
    [['true', 'x'], TypeError],
    [['true', [1]], TypeError],
    [['true', ['\0']], RangeError],
    [['true', [], { cwd: 5 }], TypeError],
    [['true', [], { env: { A: 1 } }], TypeError],
    [['true', [], { env: { 'A=B': '1' } }], RangeError],
    [['true', [], { env: null }], TypeError],
    [['true', [], { shell: 1 }], TypeError],
    [['true', [], { stdin: 'pipes' }], RangeError],
    [['true', [], { stdout: 'stdout' }], RangeError],
    [['true', [], { stderr: {} }], TypeError],
    [['true', [], { stdin: -1 }], TypeError],
    [['true', [], { limit: 0 }], RangeError],
  ])('rejects %j at the call', (args, kind) => {
    expect(() => (createSubprocess as (...args: unknown[]) => unknown)(...args)).toThrow(kind);
  });
});
