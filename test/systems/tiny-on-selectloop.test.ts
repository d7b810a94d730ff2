/**
 * Runs the programs of `examples/tiny` on the library: with one import changed, their output stays the same.
 *
 * The edited copies are separate files. A mock of `tiny.js` would not work: test files share processes, so an earlier test file may
 * have loaded the programs with tiny already.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { type Main, run, runSync } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { afterAll, expect, it } from 'vitest';

import { printedBy, printedByAsync } from './programs.js';
import { shownBy } from './shown.js';

const EXAMPLES = resolve(import.meta.dirname, '../../examples/tiny');
const copies = mkdtempSync(join(tmpdir(), 'selectloop-tiny-'));
const shown = shownBy('examples/tiny/README.md');

afterAll(() => rmSync(copies, { recursive: true }));

/** Imports a copy of a program that uses the library's loop. Relative imports become absolute in the copy. */
async function onSelectloop(name: string): Promise<Record<string, () => Generator>> {
  const source = readFileSync(join(EXAMPLES, `${name}.ts`), 'utf8');
  const edited = source.replace("from './tiny.js'", "from './tiny-on-selectloop.js'");
  expect(edited).not.toBe(source);
  const copy = join(copies, `${name}.ts`);
  const absolute = (_: string, path: string): string => `from '${resolve(EXAMPLES, path).replace(/js$/, 'ts')}'`;
  writeFileSync(copy, edited.replace(/from '(\.[^']*)'/g, absolute));
  return (await import(copy)) as Record<string, () => Generator>;
}

/** Casts `main`: to the type checker it is a program for tiny. */
function asMain(main: unknown): Main<unknown> {
  return main as Main<unknown>;
}

it('tiny/flow prints the same on the library as on tiny.ts', async () => {
  const { main } = await onSelectloop('flow');
  expect(
    printedBy(() =>
      runSync(
        asMain(() => main!()),
        { loopFactory: virtualLoop },
      ),
    ),
  ).toEqual(shown('tiny/flow'));
});

it('tiny/io --local prints the same on the library as on tiny.ts', async () => {
  const { local } = await onSelectloop('io');
  expect(await printedByAsync(() => run(asMain(local)))).toEqual(shown('tiny/io -- --local'));
});
