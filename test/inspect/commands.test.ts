/** Tests `selectloop ps`, `pstree` and `sockets` on running processes, and what a door means for how a program ends. */

import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EventTrace } from 'selectloop/trace';

import { type ChildProgram, type Ending, runProgram, startProgram } from '../support/child-program.js';
import { commandLines } from '../cli/command-lines.js';

/** Has a door, and tasks whose names a terminal must not obey. */
const PROGRAM = `
  import { createTask, gather, newEventLoop, run, sleep, startServer } from 'selectloop';
  import { openInspector } from 'selectloop/inspect';

  function* nap() {
    yield* sleep(100_000);
  }
  async function wake() {
    await sleep(100_000);
  }
  await run(function* main() {
    const other = newEventLoop();
    if (process.env.TWO) openInspector(other);
    createTask(nap, { name: '\\x1b[2Jevil\\nname\\u202e' });
    const server = yield* startServer(function* () {}, '127.0.0.1', 0);
    process.on('SIGUSR2', () => process.exit(0));
    console.log('ready');
    yield* gather([createTask(nap, { name: 'left' }), createTask(wake, { name: '\\u732b' })]);
  }, { inspect: true });
`;

describe('selectloop ps, pstree and sockets', () => {
  let program: ChildProgram;
  let pid = 0;
  let endings: Array<Partial<Ending>> = [];
  beforeAll(async () => {
    program = startProgram(PROGRAM);
    pid = program.process.pid ?? 0;
    await program.printed(/ready/);
    endings = await commandLines([
      ['ps'],
      ['ps', String(pid)],
      ['pstree', `${pid}-1`],
      ['sockets', String(pid)],
      ['ps', '--json', '--filter', 'EVIL', String(pid)],
      ['ps', '--sort', '-name', '--limit', '1', String(pid)],
      ['ps', 'all'],
      ['ps', '4194305'],
      ['ps', String(process.pid)],
      ['ps', `${pid}-9`],
      ['pstree'],
      ['pstree', '--sort', 'name', String(pid)],
      ['sockets', '--sort', 'name', String(pid)],
      ['ps', '1', '2'],
      ['ps', '--watch', '0', String(pid)],
    ]);
  });
  afterAll(() => program.process.kill('SIGKILL'));

  const linesOf = (i: number): string[] => (endings[i]?.stdout ?? '').trimEnd().split('\n');

  it('without a process list those that have a door', () => {
    expect(linesOf(0)[0]).toMatch(/^DOOR +PROGRAM$/);
    expect(linesOf(0).find((line) => line.startsWith(`${pid}-1 `))).toContain('--input-type=module');
  });

  it('show the tasks, with the names escaped and the lines of generators', () => {
    const lines = linesOf(1);
    expect(lines[0]).toMatch(/^ID +NAME +FUNCTION +STATE +WAITS +PLACE$/);
    expect(lines[1]).toMatch(/^ 1 +Task-1 +main\(\) +waiting +gather of 2 +.*:\d+$/);
    expect(lines[2]).toMatch(
      /^ 2 {2}\\u\{1b\}\[2Jevil\\u\{a\}name\\u\{202e\} +nap\(\) +waiting +sleep, [\d.]+ s left +.*:\d+$/,
    );
    expect(lines).toHaveLength(5);
    expect(endings[1]).toMatchObject({ code: 0, stderr: '' });
  });

  it('show the tasks as a tree', () => {
    const lines = linesOf(2);
    expect(lines[0]).toMatch(/^Task-1 main\(\) {2}\S+:\d+ {2}waits for gather of 2$/);
    expect(lines[1]).toMatch(/^ {4}left nap\(\) {2}\S+:\d+ {2}waits for sleep, /);
    expect(lines[2]).toMatch(/^ {4}猫 wake\(\) {2}waits for sleep\(\): sleep, /);
  });

  it('show the sockets', () => {
    expect(linesOf(3)[0]).toMatch(/^FD +KIND +LOCAL +STATE +WAITERS$/);
    expect(linesOf(3)[1]).toMatch(/^\d+ +tcp listener +127\.0\.0\.1:\d+ +LISTEN +read: <listener fd=\d+>$/);
  });

  it('filter, sort, limit, and write JSON', () => {
    const table = JSON.parse(linesOf(4)[0] ?? '') as object;
    expect(table).toMatchObject({ total: 4, matching: 1, rows: [{ id: 2, name: '\x1b[2Jevil\nname\u202e' }] });
    expect(linesOf(5)[1]).toContain('猫');
    expect(linesOf(5)[2]).toBe('1 of 4 tasks');
  });

  it('explain in one line what is wrong', () => {
    const expected: Array<[number, string | RegExp]> = [
      [2, 'expected a process ID, or the name of a door such as 4711-1, got "all"'],
      [1, 'there is no process 4194305'],
      [1, `process ${process.pid} has no door: start it with SELECTLOOP_INSPECT=1 or run(main, { inspect: true })`],
      [1, `there is no door ${pid}-9; process ${pid} has ${pid}-1`],
      [2, 'expected a process ID: selectloop pstree PID'],
      [2, '--sort: pstree has no columns to sort by'],
      [2, /^selectloop: --sort: expected one of fd, kind, .*, got "name"\n$/],
      [2, "Unexpected argument '2'"],
      [2, '--watch: expected a number from 1 to 3600, got "0"'],
    ];
    expect(endings.slice(6)).toEqual(
      expected.map(([code, message]) => ({
        ...{ code, stdout: '' },
        stderr: typeof message === 'string' ? `selectloop: ${message}\n` : (expect.stringMatching(message) as string),
      })),
    );
  });

  it('record a program for a time, and write its trace or its player', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'selectloop-play-'));
    try {
      const [trace, page] = ['trace.json', 'page.html'].map((name) => join(folder, name)) as [string, string];
      const written = await commandLines([
        ['play', '--seconds', '1', '-o', trace, String(pid)],
        ['play', trace, '-o', page],
      ]);
      expect(written.map(({ stdout }) => stdout)).toEqual([
        `trace written to ${trace}\n`,
        `player written to ${page}\n`,
      ]);
      const { version, names } = JSON.parse(readFileSync(trace, 'utf8')) as EventTrace;
      expect(version).toBe(2);
      expect(Object.values(names).map(({ name }) => name)).toContain('left');
      expect(readFileSync(page, 'utf8')).toContain('id="trace">{"format":"selectloop-trace"');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('watch a program until it ends, and name its loops if it has several', async () => {
    const two = startProgram(PROGRAM, { env: { TWO: '1' } });
    await two.printed(/ready/);
    const id = two.process.pid ?? 0;
    const source = `process.argv = [process.execPath, 'main.js', ...JSON.parse(process.env.ARGS)]; await import('./dist/cli/main.js');`;
    const watching = startProgram(source, { env: { ARGS: JSON.stringify(['ps', '--watch', '1', `${id}-1`]) } });
    await watching.printed(/Task-1[\s\S]*Task-1/);
    const [ambiguous] = await commandLines([['ps', String(id)]]);
    expect(ambiguous?.code).toBe(1);
    expect(ambiguous?.stderr).toMatch(/^selectloop: process \d+ has 2 loops, so name one of them: \d+-1, \d+-2\n$/);
    two.process.kill('SIGUSR2');
    expect(await two.ended).toMatchObject({ code: 0 });
    expect(await watching.ended).toMatchObject({ code: 0, stderr: `selectloop: ${id}-1: the program has ended\n` });
    expect(readdirSync(doors()).filter((name) => name.startsWith(`${id}-`))).toEqual([]);
  });
});

describe('selectloop ps --force', () => {
  it('opens a door in a process that has none, and closes its debugger again', async () => {
    const source = `
      import { run, sleep } from 'selectloop';
      console.log('ready');
      await run(() => sleep(100_000));
    `;
    const program = startProgram(source, { nodeFlags: ['--inspect-port=0'] });
    const pid = String(program.process.pid);
    try {
      await program.printed(/ready/);
      const [without, forced, again] = await commandLines([
        ['ps', pid],
        ['ps', '--force', pid],
        ['ps', pid],
      ]);
      expect(without?.stderr).toContain('has no door');
      expect(forced).toMatchObject({ code: 0, stderr: '' });
      expect(forced?.stdout).toContain('sleep, 9');
      expect(again?.stdout).toContain('sleep, 9');
      await program.complained(/Debugger ending/);
    } finally {
      program.process.kill('SIGKILL');
    }
  });
});

/** The directory where the programs of this test make their doors. */
function doors(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime === undefined ? `/tmp/selectloop-${process.getuid?.()}` : `${runtime}/selectloop`;
}

describe('SELECTLOOP_INSPECT', () => {
  const QUIET = `
    import { Future, run, sleep } from 'selectloop';
    await run(() => sleep(Number(process.env.MS)));
    console.log('done');
    void run(async () => {
      await new Future(); // nothing is left to do: the process ends
    });
  `;

  it('opens a door, with a thread or without, that does not keep the process from ending', async () => {
    for (const SELECTLOOP_INSPECT of ['1', 'thread']) {
      const ending = await runProgram(QUIET, { env: { SELECTLOOP_INSPECT, MS: '20' } });
      expect(ending).toMatchObject({ code: 0, signal: null, stdout: 'done\n' });
      expect(ending.stderr).toMatch(/^selectloop: the process ends before main: .*\n$/);
    }
  });

  it('with another value says so in one line, and the program runs', async () => {
    const { stdout, stderr } = await runProgram(QUIET, { env: { SELECTLOOP_INSPECT: 'yes', MS: '0' } });
    expect(stdout).toBe('done\n');
    expect(stderr.split('\n')[0]).toBe(
      'selectloop: no door is opened: SELECTLOOP_INSPECT: expected one of 1, thread, control, stop, got "yes"',
    );
  });
});
