/** Thread pools and the end of their process, in separate programs. */

import { describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';

describe.concurrent('a program that has used threads', () => {
  it.each([
    ['run', 'await run(main)'],
    ['runSync', 'runSync(main)'],
  ])('ends when %s has ended, although a thread of another pool is still busy', async (_, call) => {
    const ending = await runProgram(`
      import { WorkerPool, run, runSync, toThread } from 'selectloop';
      function* main() {
        const pool = new WorkerPool();
        pool.submit(() => { for (;;); });
        return yield* toThread((a, b) => a + b, 20, 22);
      }
      console.log(${call});
    `);
    expect(ending).toEqual({ code: 0, signal: null, stdout: '42\n', stderr: '' });
  });

  it('ends although an idle pool is left and its loop was never closed; its functions import without eval', async () => {
    const program = `
      import { newEventLoop } from 'selectloop';
      const loop = newEventLoop();
      console.log(loop.runUntilComplete(loop.runInExecutor(null, async () => {
        const path = await import('node:path');
        const named = await import('node-gyp-build'); // packages and files, seen from the current directory
        const file = await import('./package.json', { with: { type: 'json' } });
        const same = named.default === require('node-gyp-build') && file.default.name === require('./package.json').name;
        return path.posix.join('a', require('node:path').basename('/x/b'), String(same));
      })));
    `;
    const nodeFlags = ['--disallow-code-generation-from-strings'];
    const ending = await runProgram(program, { nodeFlags });
    expect(ending).toEqual({ code: 0, signal: null, stdout: 'a/b/true\n', stderr: '' });
  });

  it('a pool in a worker closes with the worker', async () => {
    const ending = await runProgram(`
      import { Worker } from 'node:worker_threads';
      import { readdirSync, readlinkSync } from 'node:fs';
      import { setTimeout as wait } from 'node:timers/promises';
      const pipes = () => readdirSync('/proc/self/fd').filter((fd) => {
        try { return readlinkSync('/proc/self/fd/' + fd).startsWith('pipe:'); } catch { return false; }
      }).length;
      const before = pipes();
      const worker = new Worker(\`
        const { runSync, toThread } = require('selectloop');
        const { parentPort } = require('node:worker_threads');
        runSync(function* () {
          parentPort.postMessage(yield* toThread(() => 'from a thread of a worker'));
          yield* toThread(() => { for (;;); });
        });
      \`, { eval: true, execArgv: [] });
      console.log(await new Promise((resolve) => worker.once('message', resolve)));
      await worker.terminate();
      for (let i = 0; i < 200 && pipes() !== before; i += 1) await wait(10);
      console.log(pipes() - before);
    `);
    expect(ending).toEqual({ code: 0, signal: null, stdout: 'from a thread of a worker\n0\n', stderr: '' });
  });
});
