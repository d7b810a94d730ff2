/** Runs the programs of `examples/traps` and compares their output with the README. */

import { expect, it } from 'vitest';

import { main as os1 } from '../../examples/traps/os1.js';
import { main as os2 } from '../../examples/traps/os2.js';
import { main as os3 } from '../../examples/traps/os3.js';
import { main as os4 } from '../../examples/traps/os4.js';
import { main as os5 } from '../../examples/traps/os5.js';
import { main as os6 } from '../../examples/traps/os6.js';
import { main as trampoline } from '../../examples/traps/trampoline.js';
import { printedBy, runExample, startExample } from './programs.js';
import { shownBy } from './shown.js';

const shown = shownBy('examples/traps/README.md');

const times = (n: number, ...lines: string[]): string[] => Array.from({ length: n }, () => lines).flat();

const programs: Array<[name: string, main: () => void, expected: string[]]> = [
  ['traps/os1', os1, ['Running foo()', 'Part 1', 'Resuming foo()', 'Part 2']],
  ['traps/os2', os2, times(3, "I'm foo", "I'm bar")],
  [
    'traps/os3',
    os3,
    [
      ...times(5, "I'm foo", "I'm bar"),
      ...["I'm foo", 'Task 2 terminated'],
      ...times(4, "I'm foo"),
      'Task 1 terminated',
    ],
  ],
  [
    'traps/os4',
    os4,
    [...times(5, "I'm foo 1", "I'm bar 2"), 'Task 1 terminated', ...times(5, "I'm bar 2"), 'Task 2 terminated'],
  ],
  ['traps/os5', os5, [...times(5, "I'm foo 2"), 'Task 2 terminated', 'main done', 'Task 1 terminated']],
  [
    'traps/os6',
    os6,
    [
      ...["I'm foo", 'Waiting for child'],
      ...times(4, "I'm foo"),
      ...['Task 2 terminated', 'Child done', 'Task 1 terminated'],
    ],
  ],
  ['traps/trampoline', trampoline, ['4']],
];

it.each(programs)('%s prints the output of the README', (name, main, expected) => {
  expect(printedBy(main)).toEqual(expected);
  expect(shown(name)).toEqual(expected);
});

it('traps/os6 prints the output of the README as a program', async () => {
  expect(await runExample('traps/os6')).toEqual(shown('traps/os6'));
});

it.each(['traps/echobad', 'traps/echoserver'])('%s begins with the output of the README', async (name) => {
  const server = startExample(name, ['--port', '0']);
  await server.printed(/I'm alive!/);
  server.process.kill('SIGKILL');
  const { stdout } = await server.ended;
  expect(stdout.trimEnd().replace(/:\d+/, ':7007').split('\n')).toEqual(shown(name));
});
