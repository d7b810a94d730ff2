/** The programs of `examples/tiny` on the library: one import is changed, and the trace stays the same. */

import { type Main, run, runSync } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { expect, it, vi } from 'vitest';

import { main as flow } from '../../examples/tiny/flow.js';
import { local as ioLocal } from '../../examples/tiny/io.js';
import { printedBy, printedByAsync } from './programs.js';
import { shownBy } from './shown.js';

// What an editor would do to the one line: whoever imports tiny.js gets the library under tiny's names.
vi.mock('../../examples/tiny/tiny.js', () => import('../../examples/tiny/tiny-on-selectloop.js'));

const shown = shownBy('examples/tiny/README.md');

/** The type checker still sees the import as it stands. */
function asMain<T>(main: () => Generator<unknown, T>): Main<T> {
  return main as Main<T>;
}

it('flow prints the trace that it prints on tiny', () => {
  const main = asMain(() => flow());
  expect(printedBy(() => runSync(main, { loopFactory: virtualLoop }))).toEqual(shown('tiny/flow'));
});

it('io --local prints the trace that it prints on tiny', async () => {
  expect(await printedByAsync(() => run(asMain(ioLocal)))).toEqual(shown('tiny/io -- --local'));
});
