/**
 * The programs of `examples/tiny` on the library: one import is changed, as an editor would, and the trace stays the same.
 *
 * The edited copies are files of their own. A mock of `tiny.js` would not do: test files share processes, so the programs may
 * stand loaded with tiny already, by a test file that ran before.
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

/** Imports a program that takes its loop from the library. The relative imports of the copy are made absolute. */
async function onSelectloop(name: string): Promise<Record<string, () => Generator>> {
  const source = readFileSync(join(EXAMPLES, `${name}.ts`), 'utf8');
  const edited = source.replace("from './tiny.js'", "from './tiny-on-selectloop.js'");
  expect(edited).not.toBe(source);
  const copy = join(copies, `${name}.ts`);
  const absolute = (_: string, path: string): string => `from '${resolve(EXAMPLES, path).replace(/js$/, 'ts')}'`;
  writeFileSync(copy, edited.replace(/from '(\.[^']*)'/g, absolute));
  return (await import(copy)) as Record<string, () => Generator>;
}

/** The type checker knows the programs as programs of tiny. */
function asMain(main: unknown): Main<unknown> {
  return main as Main<unknown>;
}

it('flow prints the trace that it prints on tiny', async () => {
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

it('io --local prints the trace that it prints on tiny', async () => {
  const { local } = await onSelectloop('io');
  expect(await printedByAsync(() => run(asMain(local)))).toEqual(shown('tiny/io -- --local'));
});
