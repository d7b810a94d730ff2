/** SELECTLOOP_TRACE and `selectloop/trace/register`: traces of programs that are not changed. */

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ChromeTrace, EventTrace } from 'selectloop/trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startFile } from '../support/child-program.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-register-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a loop, or two, and ends as the word says; `all` also runs the program in a child process and in a worker. */
const PROGRAM = `
  import { spawnSync } from 'node:child_process';
  import { once } from 'node:events';
  import { Worker } from 'node:worker_threads';
  import { createTask, run, runSync, sleep } from 'selectloop';

  const [word] = process.argv.slice(2);
  await run(async () => {
    createTask(() => sleep(1), { name: 'nap of ' + word });
    await sleep(5);
    if (word === 'exit') process.exit(3);
    if (word === 'crash') setImmediate(() => { throw new Error('boom'); });
    await sleep(word === 'crash' ? 60_000 : 0);
  });
  if (word === 'all' || word === 'two') runSync(() => sleep(1));
  if (word === 'all') {
    process.chdir('/');
    spawnSync(process.execPath, [process.argv[1], 'child']);
    await once(new Worker(new URL(import.meta.url), { argv: ['worker'] }), 'exit');
  }
`;

/** Imports only an entry point that is not the main one, and blocks. */
const SUBPATH = `
  import { virtualLoop } from 'selectloop/testing';

  for (const name of ['first', 'second']) {
    const loop = virtualLoop();
    loop.runUntilComplete(loop.createTask(function* () {}, { name }));
    loop.close();
    process.env.SELECTLOOP_TRACE = 'late.txt'; // is not read again
  }
`;

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules/selectloop'));
  writeFileSync(join(folder, 'app.mjs'), PROGRAM);
  writeFileSync(join(folder, 'subpath.mjs'), SUBPATH);
});

/** Runs the program in a new folder, and returns how it ended and the files that it has written. */
async function traced(
  word: string,
  trace: string | undefined,
  nodeFlags: string[] = [],
  program = 'app.mjs',
): Promise<{ code: number | null; stderr: string; files: Map<string, string> }> {
  const cwd = mkdtempSync(join(folder, 'run-'));
  const env = trace === undefined ? {} : { SELECTLOOP_TRACE: trace };
  const { code, stderr } = await startFile(join(folder, program), [word], { cwd, env, nodeFlags }).ended;
  const names = readdirSync(cwd).toSorted();
  return { code, stderr, files: new Map(names.map((name) => [name, readFileSync(join(cwd, name), 'utf8')])) };
}

describe('SELECTLOOP_TRACE', () => {
  it('writes a trace of each loop: of the process, of its child processes, and of its workers', async () => {
    const { code, stderr, files } = await traced('all', 'trace.txt');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const names = [...files.keys()].map((name) => name.replace(/\d{2,}/, 'PID'));
    expect(names.toSorted()).toEqual(['trace-2.txt', 'trace-PID-thread1.txt', 'trace-PID.txt', 'trace.txt']);
    const napsOf = (pattern: RegExp): string =>
      [...files].find(([name]) => pattern.test(name))![1].match(/nap of \w+/)?.[0] ?? '';
    expect(napsOf(/^trace\.txt$/)).toBe('nap of all');
    expect(napsOf(/^trace-\d\d+\.txt$/)).toBe('nap of child');
    expect(napsOf(/thread1/)).toBe('nap of worker');
  });

  it('records a program that imports only a subpath: the variable is read when its first loop is created', async () => {
    const { code, stderr, files } = await traced('', 'trace.txt', [], 'subpath.mjs');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect([...files.keys()]).toEqual(['trace-2.txt', 'trace.txt']);
    expect(files.get('trace.txt')).toContain("task 'first'");
    expect(files.get('trace-2.txt')).toContain("task 'second'");
  });

  it('names the process by %p, and writes the trace at process.exit', async () => {
    const { code, files } = await traced('exit', 'of-%p.json');
    expect(code).toBe(3);
    const [[name, text]] = [...files] as [[string, string]];
    expect(name).toMatch(/^of-\d+\.json$/);
    expect((JSON.parse(text) as ChromeTrace).traceEvents.length).toBeGreaterThan(0);
  });

  it('writes the player for a name that ends in .html', async () => {
    const { code, stderr, files } = await traced('page', 'trace.html');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(files.get('trace.html')).toMatch(/^<!doctype html>[^]*"version":2[^]*nap of page/);
    const [, json] = /id="trace">(.*?)<\/script>/.exec(files.get('trace.html')!)!;
    const { names, sources } = JSON.parse(json!) as EventTrace;
    const { place } = Object.values(names).find(({ name }) => name === 'nap of page')!;
    expect(sources![place!.file]!.split('\n')[place!.line - 1]).toContain('createTask(() => sleep(1)');
  });

  it.each([
    ['/nowhere/trace.txt', "ENOENT: no such file or directory, open '/nowhere/trace.txt'"],
    ['/trace.xml', 'SELECTLOOP_TRACE: expected a file name that ends in .txt, .json or .html, got "/trace.xml"'],
  ])('says in one line that %s cannot be written, and runs the program', async (path, message) => {
    const { code, stderr, files } = await traced('two', path);
    expect({ code, stderr, files: files.size }).toEqual({
      code: 0,
      stderr: `selectloop: no trace is written: ${message}\n`,
      files: 0,
    });
  });
});

describe('node --import selectloop/trace/register', () => {
  it('writes selectloop-trace.json, also after an uncaught exception', async () => {
    const { code, stderr, files } = await traced('crash', undefined, ['--import', 'selectloop/trace/register']);
    expect(code).toBe(1);
    expect(stderr).toContain('Error: boom');
    expect([...files.keys()]).toEqual(['selectloop-trace.json']);
    expect(files.get('selectloop-trace.json')).toContain('nap of crash');
  });
});
