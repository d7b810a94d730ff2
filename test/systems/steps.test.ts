/** Runs the programs of `examples/steps` and compares their output with the README. */

import { describe, expect, it } from 'vitest';

import { printedByAsync, runExample } from './programs.js';
import { shownBy, shownIn } from './shown.js';

const README = 'examples/steps/README.md';
const shown = shownBy(README);

/** Each program is loaded by its own test. */
const programs: Record<string, () => Promise<{ main: () => unknown }>> = {
  'steps/step01': () => import('../../examples/steps/step01.js'),
  'steps/step02': () => import('../../examples/steps/step02.js'),
  'steps/step03': () => import('../../examples/steps/step03.js'),
  'steps/step04': () => import('../../examples/steps/step04.js'),
  'steps/step05': () => import('../../examples/steps/step05.js'),
  'steps/step06': () => import('../../examples/steps/step06.js'),
  'steps/step07': () => import('../../examples/steps/step07.js'),
  'steps/step08': () => import('../../examples/steps/step08.js'),
  'steps/step09': () => import('../../examples/steps/step09.js'),
  'steps/step10': () => import('../../examples/steps/step10.js'),
  'steps/step11': () => import('../../examples/steps/step11.js'),
  'steps/step12': () => import('../../examples/steps/step12.js'),
  'steps/step13': () => import('../../examples/steps/step13.js'),
  'steps/step14': () => import('../../examples/steps/step14.js'),
  'steps/step15': () => import('../../examples/steps/step15.js'),
  'steps/step16': () => import('../../examples/steps/step16.js'),
  'steps/own-loop-native': () => import('../../examples/steps/own-loop-native.js'),
  'steps/marking': () => import('../../examples/steps/marking.js'),
};

it('the README of steps shows every program, in this order', () => {
  expect(shownIn(README).map(({ command }) => command)).toEqual(Object.keys(programs));
});

it.each(Object.entries(programs))('%s prints the output of the README', async (name, load) => {
  const { main } = await load();
  expect(await printedByAsync(async () => main())).toEqual(shown(name));
});

it('steps/step15 prints the output of the README as a program', async () => {
  expect(await runExample('steps/step15')).toEqual(shown('steps/step15'));
});

describe('the facts that the README of steps explains', () => {
  const loopSteps = (name: string): string[] =>
    shown(name).flatMap((line) => /^Loop step \d+ \[(.*)\]$/.exec(line)?.[1] ?? []);

  it.each([
    ['steps/step05', 4],
    ['steps/step13', 9],
    ['steps/step14', 8],
    ['steps/step16', 8],
  ])('%s takes %i ticks', (name, ticks) => {
    expect(loopSteps(name)).toHaveLength(ticks);
  });

  it('step05 runs main, chaining, one and two in four steps', () => {
    expect(
      shown('steps/step05')
        .filter((line) => line.startsWith(' '))
        .join(','),
    ).toBe('  main 1,  chaining 1,  one 1,  one 2,  chaining 2,  two 1,  two 2,  two 3,  chaining 3,  main 2');
  });

  it('step06 does not run one and two, and the library warns', () => {
    expect(shown('steps/step06').filter((line) => /one|two/.test(line))).toEqual([
      '  the library says: coroutine one() was never awaited',
    ]);
  });

  it('step13 needs a wake-up and a step for each wait', () => {
    expect(loopSteps('steps/step13')).toEqual([
      'initial step',
      'X step, Y step',
      'result 1 wake-up, result 2 wake-up',
      'X step, Y step',
      'X wake-up',
      'initial step',
      'Y wake-up',
      'initial step',
      'initial done',
    ]);
  });

  it('step16 ends with a CancelledError', () => {
    expect(shown('steps/step16').at(-1)).toBe('run threw CancelledError: Y was cancelled');
  });
});
