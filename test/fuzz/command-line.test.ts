/** The command line of `npm run fuzz`, and how a failing program is reduced. */

import { describe, expect, it } from 'vitest';

import { type Fuzzer, campaign, smallerLists } from './campaign.js';
import { fuzzSettings } from './command-line.js';

describe('the options of npm run fuzz', () => {
  it('are a number of seeds, the first seed, kinds, and minutes', () => {
    const settings = fuzzSettings([
      '--seeds',
      '3',
      '--seed',
      '7',
      '--only',
      'tasks',
      '--only',
      'tcp',
      '--minutes',
      '0.5',
    ]);
    expect(settings).toEqual({ seeds: 3, seed: 7, only: ['tasks', 'tcp'], minutes: 0.5, all: false, help: false });
  });

  it('run 200 seeds of every kind by default; with minutes, as many as there is time for', () => {
    const { seeds, only } = fuzzSettings([]);
    expect(seeds).toBe(200);
    expect(only).toEqual(expect.arrayContaining(['native', 'public', 'splits', 'tasks', 'sockets', 'tcp', 'tls']));
    expect(fuzzSettings(['--minutes', '1']).seeds).toBeNull();
  });

  it.each([
    [['--seeds', '0'], /^--seeds: expected an integer >= 1, got "0"$/],
    [['--seeds', ''], /^--seeds: expected an integer >= 1, got ""$/],
    [['--seed', '1.5'], /^--seed: expected an integer, got "1.5"$/],
    [['--minutes', 'ten'], /^--minutes: expected a number > 0, got "ten"$/],
    [['--only', 'task'], /^--only: expected native, .*, got "task"$/],
    [['--transport', 'tcp'], /^Unknown option '--transport'/],
    [['tasks'], /^Unexpected argument 'tasks'/],
  ])('%j is refused in one line', (args, message) => {
    expect(() => fuzzSettings(args)).toThrow(message);
  });
});

describe('a campaign', () => {
  /** Programs are lists of numbers, and fail if they have a 3 before a 7. */
  const fuzzer: Fuzzer<readonly number[]> = {
    name: 'numbers',
    parts: 'numbers',
    make: (seed) => Array.from({ length: 20 }, (_, i) => (i * seed) % 10),
    size: (program) => program.length,
    run: async (program) =>
      program.indexOf(7) > program.indexOf(3) && program.includes(3) ? `found 7 in ${program.length}` : null,
    smaller: (program) => smallerLists(program),
  };

  it('reduces a failing program and prints it as a test', async () => {
    const { failures, seeds, parts } = await campaign(fuzzer, { first: 2, count: 50, shrinkMs: 5000 });
    expect({ seeds, parts }).toEqual({ seeds: 2, parts: 40 });
    expect(failures).toEqual([{ seed: 3, text: expect.any(String) as string }]);
    expect(failures[0]!.text).toContain('npm run fuzz -- --only numbers --seed 3 --seeds 1');
    expect(failures[0]!.text).toContain('passes("numbers", [3,7]));');
  });

  it('runs every seed when nothing fails, and stops when its time is over', async () => {
    const settings = { first: 0, count: 1, shrinkMs: 0 };
    expect(await campaign(fuzzer, settings)).toEqual({ seeds: 1, parts: 20, failures: [] });
    expect(await campaign(fuzzer, { ...settings, until: 0 })).toEqual({ seeds: 0, parts: 0, failures: [] });
  });
});
