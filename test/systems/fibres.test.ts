/** Runs the programs of `examples/fibres` and compares their output with the README, in virtual time where timing matters. */

import { type Main, run } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { VirtualTime } from '../../examples/fibres/sleep-scheduler.js';
import { printedByAsync, runExample } from './programs.js';
import { shownBy, shownIn } from './shown.js';

const README = 'examples/fibres/README.md';
const shown = shownBy(README);

/** Runs `main` on a loop in virtual time. */
const onLoop = (main: Main<unknown>): Promise<unknown> => run(main, { loopFactory: virtualLoop });

/** Each program is loaded and run by its own test. */
const programs: Record<string, () => Promise<unknown>> = {
  'fibres/requests': async () => (await import('../../examples/fibres/requests.js')).main(),
  'fibres/requests-on-selectloop': async () =>
    onLoop((await import('../../examples/fibres/requests-on-selectloop.js')).main),
  'fibres/fibres': async () => (await import('../../examples/fibres/fibres.js')).main(),
  'fibres/fibres-on-selectloop': async () =>
    onLoop((await import('../../examples/fibres/fibres-on-selectloop.js')).main),
  'fibres/spawn': async () => (await import('../../examples/fibres/spawn.js')).main(),
  'fibres/spawn-on-selectloop': async () => onLoop((await import('../../examples/fibres/spawn-on-selectloop.js')).main),
  'fibres/round-robin': async () => (await import('../../examples/fibres/round-robin.js')).main(),
  'fibres/round-robin-on-selectloop': async () =>
    onLoop((await import('../../examples/fibres/round-robin-on-selectloop.js')).main),
  'fibres/sleep-scheduler -- --virtual': async () =>
    (await import('../../examples/fibres/sleep-scheduler.js')).main(new VirtualTime()),
  'fibres/sleep-scheduler-on-selectloop -- --virtual': async () =>
    onLoop((await import('../../examples/fibres/sleep-scheduler-on-selectloop.js')).main()),
  'fibres/exchange': async () => (await import('../../examples/fibres/exchange.js')).main(),
  'fibres/exchange-on-selectloop': async () =>
    onLoop((await import('../../examples/fibres/exchange-on-selectloop.js')).main),
  'fibres/ioplex': async () => (await import('../../examples/fibres/ioplex.js')).main(),
  'fibres/ioplex-on-selectloop': async () =>
    onLoop((await import('../../examples/fibres/ioplex-on-selectloop.js')).main),
  'fibres/stream-lines': async () => onLoop((await import('../../examples/fibres/stream-lines.js')).main),
  'fibres/queue-pipeline': async () => {
    const { main } = await import('../../examples/fibres/queue-pipeline.js');
    return onLoop(() => main());
  },
  'fibres/merge-server': async () => onLoop((await import('../../examples/fibres/merge-server.js')).main),
  'fibres/parser': async () => onLoop((await import('../../examples/fibres/parser.js')).main),
  'fibres/dialogue': async () => {
    const { main } = await import('../../examples/fibres/dialogue.js');
    return run(() => main());
  },
};

it('the README of fibres shows every program, in this order', () => {
  expect(shownIn(README).map(({ command }) => command)).toEqual(Object.keys(programs));
});

it.each(Object.entries(programs))('%s prints the output of the README', async (command, start) => {
  expect(await printedByAsync(start)).toEqual(shown(command));
});

it.each(['requests', 'fibres', 'spawn', 'round-robin', 'sleep-scheduler', 'exchange', 'ioplex'])(
  'fibres/%s prints the same in plain JavaScript and on the library',
  (name) => {
    const arguments_ = name === 'sleep-scheduler' ? ' -- --virtual' : '';
    expect(shown(`fibres/${name}-on-selectloop${arguments_}`)).toEqual(shown(`fibres/${name}${arguments_}`));
  },
);

describe('the outputs in the README of fibres are those of the original programs', () => {
  const line = (command: string, start: string): string | undefined =>
    shown(command).find((candidate) => candidate.startsWith(start));

  it('requests returns 13, and calls async3, async2, async1 and sleep in this order', () => {
    expect(line('fibres/requests', 'result')).toBe('result: 13');
    expect(shown('fibres/requests').slice(4, 8)).toEqual([
      'async3 calls async2',
      'async2 calls async1',
      'async1 sleeps',
      '  scheduler: sleeps 3 s (simulated)',
    ]);
  });

  it('fibres 1 and 2 alternate, then 2 continues alone', () => {
    expect(shown('fibres/fibres').join(', ')).toBe(
      '1 runs, 2 runs, 1 continues, 2 continues, 1 continues, 2 continues, 1 done, ' +
        '2 continues, 2 continues, 2 done, results: 1, 2',
    );
  });

  it('spawn makes 31 requests, one generation after the other', () => {
    expect(shown('fibres/spawn').slice(0, 2)).toEqual([
      '31 requests',
      'first: 5, 50, 51, 52, 53, 54, 510, 520, 521, 530',
    ]);
  });

  it('round-robin interleaves eleven ticks', () => {
    expect(shown('fibres/round-robin')).toEqual(['ticks: [11, 21, 7, 31, 12, 22, 8, 32, 13, 23, 33]']);
  });

  it('sleep-scheduler wakes at exact times on the virtual clock', () => {
    expect(shown('fibres/sleep-scheduler -- --virtual')).toEqual([
      '3@90 3@180 1@210 3@270 3@360 2@390 1@420 3@450 1@630 2@780 1@840 1@1050 2@1170 2@1560 2@1950',
    ]);
  });

  it('exchange gives each consumer i the 14 items of producers i and i + 5 in order', async () => {
    const { main } = await import('../../examples/fibres/exchange.js');
    let got: string[][] = [];
    await printedByAsync(async () => (got = main()));
    for (const [id, items] of got.entries()) {
      expect(items).toHaveLength(14);
      for (const producer of [id, id + 5]) {
        const own = items.filter((item) => item.startsWith(`${producer}.`));
        expect(own).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `${producer}.${n}`));
      }
    }
  });
});

describe('sleep-scheduler on the real clock', () => {
  const SCALE = 0.2;
  const [exact = ''] = shown('fibres/sleep-scheduler -- --virtual');

  /** Returns the times at which a sleeper woke. The order of different sleepers may depend on the machine. */
  function wakesOf(line: string, id: number): number[] {
    const own = line.split(' ').filter((wake) => wake.startsWith(`${id}@`));
    return own.map((wake) => Number(wake.slice(2)));
  }

  function expectNeverEarly(line = ''): void {
    expect(line.split(' ')).toHaveLength(exact.split(' ').length);
    for (const id of [1, 2, 3]) {
      const times = wakesOf(line, id);
      const dueTimes = wakesOf(exact, id);
      expect(times).toHaveLength(dueTimes.length);
      for (const [round, dueMs] of dueTimes.entries())
        expect(times[round]).toBeGreaterThanOrEqual(Math.floor(dueMs * SCALE));
    }
  }

  it('in plain JavaScript wakes no sleeper early', async () => {
    const { main } = await import('../../examples/fibres/sleep-scheduler.js');
    const [line] = await printedByAsync(async () => main(undefined, SCALE));
    expectNeverEarly(line);
  });

  it('on the library wakes no sleeper early', async () => {
    const { main } = await import('../../examples/fibres/sleep-scheduler-on-selectloop.js');
    const [line] = await printedByAsync(() => run(() => main(SCALE)));
    expectNeverEarly(line);
  });
});

it('fibres/sleep-scheduler accepts --virtual on its command line', async () => {
  expect(await runExample('fibres/sleep-scheduler', ['--virtual'])).toEqual(
    shown('fibres/sleep-scheduler -- --virtual'),
  );
});
