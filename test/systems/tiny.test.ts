/** Runs the programs of `examples/tiny` on tiny.ts; `tiny-on-selectloop.test.ts` runs them on the library. */

import { describe, expect, it } from 'vitest';

import { main as flow } from '../../examples/tiny/flow.js';
import { local as ioLocal } from '../../examples/tiny/io.js';
import { run } from '../../examples/tiny/tiny.js';
import { printedBy, runExample } from './programs.js';
import { shownBy } from './shown.js';
import { runVirtually } from './tiny-time.js';

const shown = shownBy('examples/tiny/README.md');

describe('tiny/flow', () => {
  it('prints the output of the README in virtual time', () => {
    expect(printedBy(() => runVirtually(() => flow()))).toEqual(shown('tiny/flow'));
  });

  it('prints the output of the README as a program, ten times as fast with --scale 0.1', async () => {
    const started = performance.now();
    const withoutTime = (line: string): string => line.replace(/^t=\d+ */, '');
    const lines = await runExample('tiny/flow', ['--scale', '0.1']);
    expect(lines.map(withoutTime)).toEqual(shown('tiny/flow').map(withoutTime));
    expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
  });
});

describe('tiny/io --local', () => {
  it('prints the output of the README', () => {
    expect(printedBy(() => run(ioLocal))).toEqual(shown('tiny/io -- --local'));
  });

  it('prints the output of the README as a program', async () => {
    expect(await runExample('tiny/io', ['--local'])).toEqual(shown('tiny/io -- --local'));
  });
});
