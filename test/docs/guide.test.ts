/**
 * Every code block of the documents, as CONTRIBUTING.md ("Documents") promises: programs are run and their output is compared,
 * TypeScript is checked, shell sessions are played, and commands that are only shown must exist.
 *
 * Each document has a temporary folder with this package in its node_modules, like a user's project.
 */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text as received } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Ending, startFile } from '../support/child-program.js';
import { compile } from './compile.js';
import {
  type Block,
  type Document,
  ROOT,
  isProgram,
  parseDocument,
  placeOf,
  readDocuments,
  valueOf,
} from './documents.js';
import { needsProcess, runInWorker } from './run-in-worker.js';

const documents = readDocuments();
const blocks = documents.flatMap((document) => document.blocks);
const folders = mkdtempSync(join(tmpdir(), 'selectloop-docs-'));

const folderOf = (document: string): string => join(folders, document.replaceAll('/', '-'));
const isTypeScript = (block: Block): boolean => block.language === 'ts';
/** The path of a program or file when it is run. */
const fileOf = (block: Block): string =>
  (valueOf(block, 'file') ?? `line-${block.line}.${block.language}`).replace(/\.ts$/, '.js');
/** The path of its source for the compiler. */
const sourceOf = (block: Block): string =>
  join(block.document.replaceAll('/', '-'), fileOf(block).replace(/\.js$/, '.ts'));

const compiled = compile(new Map(blocks.filter(isTypeScript).map((block) => [sourceOf(block), block.text])));

beforeAll(() => {
  for (const { path } of documents) {
    const folder = folderOf(path);
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
    symlinkSync(ROOT, join(folder, 'node_modules/selectloop'));
    const command = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/cli/main.js')}' "$@"\n`;
    writeFileSync(join(folder, 'node_modules/.bin/selectloop'), command, { mode: 0o755 });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  }
  for (const block of blocks) {
    if (block.language !== 'js' && block.language !== 'ts') continue;
    const text = isTypeScript(block) ? compiled.programs.get(sourceOf(block).replace(/ts$/, 'js')) : block.text;
    writeFileSync(join(folderOf(block.document), fileOf(block)), text ?? 'throw new Error("not compiled");');
  }
});

afterAll(() => rmSync(folders, { recursive: true }));

/** Compares with the text that a document shows, where `…` stands for anything within its line. */
function expectShown(actual: string, text: string): void {
  const parts = text.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  if (parts.length === 1) expect(actual).toBe(text);
  else expect(actual).toMatch(new RegExp(`^${parts.join('.*')}$`));
}

/** The variables that the words of a block set. */
function envOf(block: Block): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const word of block.words) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(word) ?? [];
    if (name !== undefined) env[name] = value;
  }
  return env;
}

const pathOf = (block: Block): string => join(folderOf(block.document), fileOf(block));

function start(block: Block, port = '0'): ReturnType<typeof startFile> {
  return startFile(pathOf(block), [], { env: { PORT: port, ...envOf(block) }, cwd: folderOf(block.document) });
}

const connectTo = (port: string): Socket => connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true });

/** Sends a message that takes the kernel many buffers, and compares the answer. */
async function expectEcho(port: string, message: string): Promise<void> {
  const client = connectTo(port);
  client.end(message.repeat(50_000));
  expect((await received(client)) === message.repeat(50_000)).toBe(true);
}

/** The server echoes, dies of SIGINT without a stack trace, and starts again on its port while a connection is open. */
async function expectToServe(block: Block): Promise<void> {
  const first = start(block);
  const [, port = ''] = await first.printed(/listening on (\d+)\n/);
  await Promise.all(['one', 'two', 'three'].map((message) => expectEcho(port, message)));
  const open = connectTo(port); // half-open: it does not close when the server does
  open.write('hello');
  await once(open, 'data');
  first.process.kill('SIGINT');
  expect(await first.ended).toMatchObject({ code: null, signal: 'SIGINT', stderr: '' });

  const second = start(block, port);
  await second.printed(new RegExp(`listening on ${port}\n`));
  open.destroy();
  second.process.kill('SIGKILL');
  expect((await second.ended).stderr).toBe('');
}

/** Returns true for a program that can run after others in one worker. */
function canShare(block: Block): boolean {
  const own = block.words.length > 0 || needsProcess(block.text) || /Task-\d/.test(block.output ?? '');
  return isProgram(block) && !own;
}

/** The runs of the programs that share a worker, by document. */
const together = new Map<string, ReturnType<typeof runInWorker>>();

async function endingOf(block: Block): Promise<Ending> {
  if (!canShare(block)) return await start(block).ended;
  const { document } = block;
  const shared = blocks.filter((other) => other.document === document && canShare(other));
  if (!together.has(document)) together.set(document, runInWorker(shared.map(pathOf)));
  const ending = (await together.get(document)!)[shared.indexOf(block)];
  if (ending === undefined) throw new Error('a program above has ended the worker');
  return ending;
}

async function expectToPrint(block: Block): Promise<void> {
  const exitCode = Number(valueOf(block, 'exit') ?? 0);
  const { code, signal, stdout, stderr } = await endingOf(block);
  expect({ code, signal, stderr }).toEqual({ code: exitCode, signal: null, stderr: exitCode === 0 ? '' : stderr });
  expectShown(stdout, block.output ?? '');
}

/** Plays `$ command` lines; the lines after each must be all its output. */
async function expectSession(block: Block): Promise<void> {
  const [first, ...steps] = block.text.split(/^\$ /m);
  expect(first, 'a session begins with `$ `').toBe('');
  expect(steps.length).toBeGreaterThan(0);
  const cwd = folderOf(block.document);
  const path = [join(cwd, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(delimiter);
  for (const step of steps) {
    const [command = '', ...output] = step.split('\n');
    const { stdout, stderr } = await new Promise<Pick<Ending, 'stdout' | 'stderr'>>((resolve) => {
      const env = { ...process.env, PATH: path, NODE_OPTIONS: '', NO_COLOR: '1' };
      execFile('sh', ['-c', command], { cwd, env, timeout: 50_000 }, (_, out, error) =>
        resolve({ stdout: out, stderr: error }),
      );
    });
    expectShown(stdout + stderr, output.join('\n'));
  }
}

const scripts = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
);
const COMMANDS = new Set(['npm', 'npx', 'node', 'selectloop', 'printf', 'nc', 'curl', 'git', 'cd', 'cp', 'kill']);

/** The mistake in a command that is shown and not run; null if there is none. */
function mistakeIn(command: string, block: Block): string | null {
  const [program = '', first = '', second = ''] = command.replace(/^[A-Z_]+=\S+ /, '').split(/\s+/);
  if (!COMMANDS.has(program)) return `no rule for '${program}'`;
  if (program === 'npm' && first === 'run' && !scripts.includes(second)) return `no script '${second}'`;
  if (program !== 'node' || first.startsWith('-')) return null;
  const ofDocument = blocks.some((each) => each.document === block.document && valueOf(each, 'file') === first);
  return ofDocument || existsSync(join(ROOT, first)) ? null : `no file '${first}'`;
}

/** A module is used by other blocks of its document: by later programs, or in a session. */
function isUsed(block: Block): boolean {
  const name = fileOf(block);
  return blocks.some((other) => other !== block && other.document === block.document && other.text.includes(name));
}

describe.each(documents.filter(({ blocks }) => blocks.some(({ language }) => language !== 'diagram')))(
  '$path',
  (document: Document) => {
    const named = (select: (block: Block) => boolean): Array<[string, Block]> =>
      document.blocks.filter(select).map((block) => [`line ${block.line}`, block]);
    const declare = (
      rule: string,
      select: (block: Block) => boolean,
      test: (block: Block) => Promise<void> | void,
    ): void => {
      const cases = named(select);
      if (cases.length > 0) it.concurrent.each(cases)(`%s: ${rule}`, async (_, block) => test(block));
    };

    declare('is TypeScript without errors', isTypeScript, (block) => {
      expect(compiled.errors.get(sourceOf(block)) ?? []).toEqual([]);
    });
    const serves = (block: Block): boolean => block.words.includes('server');
    declare('echoes, ends at Ctrl-C, and restarts with an open connection', serves, expectToServe);
    declare('runs and prints what is shown', (block) => isProgram(block) && !serves(block), expectToPrint);
    declare(
      'is a file that other blocks use',
      (block) => valueOf(block, 'file') !== null && !serves(block),
      (block) => {
        expect(isUsed(block), 'another block that names it').toBe(true);
      },
    );
    declare('is a shell session that prints what is shown', (block) => block.language === 'console', expectSession);
    declare(
      'shows commands that exist',
      (block) => block.language === 'sh',
      (block) => {
        const commands = block.text.split(/\n|&&|\|\|?/).map((line) => line.replace(/#.*/, '').trim());
        const mistakes = commands.filter((command) => command !== '').map((command) => mistakeIn(command, block));
        expect(mistakes.filter((mistake) => mistake !== null)).toEqual([]);
      },
    );
  },
);

describe('the rules for code blocks', () => {
  const parse = (text: string): readonly Block[] => parseDocument('x.md', text).blocks;

  it('give a program the text block that follows it in its section', () => {
    expect(parse('```js\n1\n```\n\nprints\n\n```text\none\n```\n')[0]?.output).toBe('one\n');
    expect(parse('```js\n1\n```\n\n## Next\n\n```text\none\n```\n')[0]?.output).toBeNull();
    expect(parse('```js\n1\n```\n\n```sh\nnpm ci\n```\n\n```text\none\n```\n')[0]?.output).toBeNull();
  });

  it.each([
    ['a fence without a language', '```\nx\n```\n', /expected one of/],
    ['a language without a rule', '```python\nx\n```\n', /expected one of/],
    ['an unknown word', '```js skip\nx\n```\n', /no 'skip' here/],
    ['a word that has no meaning there', '```sh server\nx\n```\n', /no 'server' here/],
    ['an open fence', '```js\nx\n', /x\.md:1: the fence is not closed/],
    ['an indented block', 'Text:\n\n    npm ci\n', /x\.md:3: an indented code block/],
  ])('reject %s', (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('let … stand for anything within a line, and for nothing else', () => {
    expectShown('took 3 ms\n', 'took … ms\n');
    expectShown('a.b\n', 'a.b\n');
    expectShown('a.b 3\n', 'a.b …\n');
    const refused: Array<[string, string]> = [
      ['took 3 ms\nx\n', 'took … ms\n'],
      ['took 3\n4 ms\n', 'took … ms\n'],
      ['axb 3\n', 'a.b …\n'],
      ['axb\n', 'a.b\n'],
    ];
    for (const [actual, text] of refused) expect(() => expectShown(actual, text)).toThrow();
  });

  it('locate a block by document and line', () => {
    expect(parse('\n```js\n```\n').map(placeOf)).toEqual(['x.md:2']);
  });
});
