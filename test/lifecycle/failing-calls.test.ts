/** Faults that `npm run test:faults` has found: system calls that fail where the library did not expect it. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';

const FAULTS = fileURLToPath(new URL('../../scripts/faults/', import.meta.url));
/** More than the control structure of inject.c needs. */
const CONTROL_BYTES = 4096;

let folder: string;
let library: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'selectloop-failing-'));
  library = join(folder, 'inject.so');
  execFileSync('g++', ['-x', 'c', '-O1', '-shared', '-fPIC', '-o', library, join(FAULTS, 'inject.c'), '-ldl']);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Cell {
  readonly scenario?: string;
  readonly outcome?: string;
  readonly problem?: string | null;
  readonly fatal?: string;
}

/** Lets the system calls of a scenario fail, one after the other, at each of its places; returns the outcomes and what was wrong. */
async function failing(
  mode: string,
  scenario: string,
  calls: readonly string[],
): Promise<{ cells: number; problems: unknown[] }> {
  const control = join(folder, [scenario, ...calls].join('-'));
  writeFileSync(control, new Uint8Array(CONTROL_BYTES));
  const plan = { mode, selector: 'epoll', scenarios: [scenario], calls, quick: false, from: 0 };
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', join(FAULTS, 'run-cells.mjs'), JSON.stringify(plan)],
    { env: { ...env, LD_PRELOAD: library, SELECTLOOP_FAULTS: control }, timeout: 50_000 },
  );
  const lines = stdout.trim().split('\n');
  const cells = lines.map((line) => JSON.parse(line) as Cell).filter(({ outcome }) => outcome !== undefined);
  return { cells: cells.length, problems: cells.flatMap(({ problem }) => problem ?? []) };
}

describe.concurrent('system calls that fail', () => {
  it.each([
    ['a UNIX server whose name cannot be read leaves no socket open', 'hosted', 'unix', ['getsockname']],
    ['a loop that cannot watch its signal pipe leaves no pipe open', 'blocking', 'messages', ['epoll_ctl']],
    [
      'a connection whose close reports an error does not keep other connections open',
      'blocking',
      'batches',
      ['close'],
    ],
    ['a child whose unused pipe ends report an error when closed runs as usual', 'hosted', 'children', ['close']],
    ['a signal pipe that cannot be read is reported, and the loop does not spin', 'blocking', 'signals', ['read']],
    ['drain and communicate throw the error that ended the connection', 'hosted', 'children', ['write']],
    [
      'a lookup that finds no thread or descriptor throws the errno',
      'blocking',
      'names',
      ['eventfd', 'pthread_create'],
    ],
  ] as const)('%s', async (_, mode, scenario, calls) => {
    const { cells, problems } = await failing(mode, scenario, calls);
    expect(problems).toEqual([]);
    expect(cells).toBeGreaterThanOrEqual(4);
  });

  it('a thread that finds too few descriptors fails with EMFILE, hosted and blocking', async () => {
    const ending = await runProgram(`
      import { execFileSync } from 'node:child_process';
      import { closeSync, openSync } from 'node:fs';
      import { run, runSync, toThread } from 'selectloop';
      execFileSync('prlimit', ['--pid', process.pid, '--nofile=64:64']);
      const main = function* () {
        const opened = [];
        try {
          for (;;) opened.push(openSync('/dev/null'));
        } catch {
          // A thread needs more than five.
          for (let free = 0; free < 5; free += 1) closeSync(opened.pop());
        }
        try {
          return yield* toThread((a, b) => a + b, 20, 22);
        } catch (error) {
          return error.code;
        } finally {
          for (const number of opened) closeSync(number);
        }
      };
      console.log(await run(main), runSync(main));
    `);
    expect(ending).toEqual({ code: 0, signal: null, stdout: 'EMFILE EMFILE\n', stderr: '' });
  });
});
