/** `npm run examples`, `npm run example`, and the form that every example and README must have. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { programNamed, programs } from '../../examples/support/catalogue.js';
import { startExample, startSource } from './programs.js';
import { shownIn } from './shown.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const all = programs();

describe('the catalogue', () => {
  it('finds a program by its whole name, by its last part, and by its path', () => {
    for (const name of ['tiny/flow', 'flow', 'examples/tiny/flow.ts']) {
      expect(programNamed(name).name).toBe('tiny/flow');
    }
  });

  it.each([
    ['flwo', 'tiny/flow'],
    ['tiny/oi', 'tiny/io'],
  ])('suggests the most similar name: for %s, %s', (wrong, right) => {
    expect(() => programNamed(wrong)).toThrow(`there is no example "${wrong}"; did you mean "${right}"?`);
  });

  it('names the candidates of an ambiguous last part', () => {
    const twins = ['a/same', 'b/same'].map((name) => ({ name, file: name, header: ['x'] }));
    expect(() => programNamed('same', twins)).toThrow('several names: a/same, b/same');
  });
});

// The first program is started with tsx, as npm does it; the following ones from the package, because loading tsx takes longer than they run.
describe('the commands', () => {
  it('npm run examples lists every program with the first line of its header', async () => {
    const { stdout, code } = await startSource('support/list').ended;
    expect(code).toBe(0);
    for (const { name, header } of all) {
      expect(stdout.split('\n').find((line) => line.trim().startsWith(`${name} `))).toContain(header[0]);
    }
  });

  it('npm run example passes its arguments to the program', async () => {
    const { stdout, stderr, code } = await startExample('support/run-example', ['flow', '--nonsense']).ended;
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toContain('--nonsense');
  });

  it('npm run example with an unknown name prints a suggestion and exits with code 2', async () => {
    const { stderr, code } = await startExample('support/run-example', ['flwo']).ended;
    expect({ stderr, code }).toEqual({
      stderr: 'there is no example "flwo"; did you mean "tiny/flow"?\n',
      code: 2,
    });
  });
});

describe.each(all)('$name', ({ name, header, file }) => {
  it('begins with three comment lines about what it shows', () => {
    expect(header).toHaveLength(3);
    for (const line of header) expect(line).not.toBe('');
  });

  it('ends with a call of program(), and is described in the README of its folder', () => {
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)).toMatch(/^(await )?program\(import\.meta, |\}\);$/);
    const [folder = ''] = name.split('/');
    const readme = `${root}examples/${folder}/README.md`;
    expect(existsSync(readme) ? readFileSync(readme, 'utf8') : '').toContain(`${name.slice(folder.length + 1)}.ts`);
  });
});

describe('the READMEs', () => {
  const folders = [...new Set(all.map(({ name }) => name.split('/')[0]!))];
  const tests = readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
    .join('\n');

  it.each(folders)('the README of %s shows only output that a test produces', (folder) => {
    const shown = shownIn(`examples/${folder}/README.md`);
    expect(shown.length).toBeGreaterThan(0);
    for (const { command } of shown) expect(tests).toContain(`'${command}'`);
  });

  it.each(folders)('the README of %s links to files that exist', (folder) => {
    const url = new URL(`../../examples/${folder}/README.md`, import.meta.url);
    const targets = [...readFileSync(url, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, path]) => path!);
    for (const target of targets) expect([target, existsSync(new URL(target, url))]).toEqual([target, true]);
  });
});
