/** Runs the programs of `examples/pipelines` and compares their output with the README. */

import { run } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { byHand, byIteration } from '../../examples/pipelines/bogus.js';
import { printedByAsync, runExample } from './programs.js';
import { shownBy, shownIn } from './shown.js';

const README = 'examples/pipelines/README.md';
const shown = shownBy(README);

/** Each program is loaded and run by its own test. */
const programs: Record<string, () => Promise<unknown>> = {
  'pipelines/grep': async () => (await import('../../examples/pipelines/grep.js')).main(),
  'pipelines/bogus': async () => (await import('../../examples/pipelines/bogus.js')).main(),
  'pipelines/broadcast': async () => (await import('../../examples/pipelines/broadcast.js')).main(),
  'pipelines/throw': async () => (await import('../../examples/pipelines/throw.js')).main(),
  // In virtual time, the logger's pauses are as long as the kernel needs to report the change, however busy the machine is.
  'pipelines/copipe': async () =>
    run((await import('../../examples/pipelines/copipe.js')).main, {
      loopFactory: () => virtualLoop({ jumpAfterMs: 20 }),
    }),
  'pipelines/events': async () => run((await import('../../examples/pipelines/events.js')).main),
  'pipelines/threaded': async () => (await import('../../examples/pipelines/threaded.js')).main(),
  'pipelines/process': async () => run((await import('../../examples/pipelines/process.js')).main),
};

it('the README of pipelines shows every program, in this order, and then the benchmark', () => {
  expect(shownIn(README).map(({ command }) => command)).toEqual([...Object.keys(programs), 'pipelines/benchmark']);
});

it.each(Object.entries(programs))('%s prints the output of the README', async (command, start) => {
  expect(await printedByAsync(start)).toEqual(shown(command));
});

it('pipelines/benchmark prints the output of the README, except for the times', async () => {
  const { main } = await import('../../examples/pipelines/benchmark.js');
  const withoutTime = (line: string): string => line.replace(/\d+ ns/, 'N ns');
  const lines = await printedByAsync(async () => main(1_000_000));
  expect(lines.map(withoutTime)).toEqual(shown('pipelines/benchmark').map(withoutTime));
});

// As a program, tsx compiles the code that runs in the worker; in the test above, vitest does.
it('pipelines/threaded prints the output of the README as a program', async () => {
  expect(await runExample('pipelines/threaded')).toEqual(shown('pipelines/threaded'));
});

describe('the outputs in the README of pipelines are those of the original programs', () => {
  it('grep looks for python, and says goodbye when it is closed', () => {
    const lines = shown('pipelines/grep');
    expect([lines[0], lines[3]]).toEqual(['Looking for python', 'Going away. Goodbye']);
  });

  it('bogus counts 5, 3, 2, 1, 0 if the sender uses the return value of next()', () => {
    expect(byHand()).toEqual([5, 3, 2, 1, 0]);
    expect(byIteration()).toEqual([5, 2, 1, 0]);
  });

  it('events prints identical lines for three sources', () => {
    const parts = shown('pipelines/events')
      .join('\n')
      .split(/^from .*\n/m)
      .slice(1);
    expect(new Set(parts.map((part) => part.trim())).size).toBe(1);
    expect(parts).toHaveLength(3);
    expect(parts[0]).toMatch(/^22,1403,"North Bound",41\.880481,-87\.629468$/m);
  });
});
