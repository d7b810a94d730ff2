/** The programs of `examples/walkthrough`: both flavours print the trace that the README shows, in virtual time. */

import { type Steps, run, runSync } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { main as asyncq } from '../../examples/walkthrough/asyncq.js';
import { main as chained } from '../../examples/walkthrough/chained.js';
import { main as countAsync } from '../../examples/walkthrough/count-async.js';
import { main as countSync } from '../../examples/walkthrough/count-sync.js';
import { main as asyncqSteps } from '../../examples/walkthrough/generators/asyncq.js';
import { main as chainedSteps } from '../../examples/walkthrough/generators/chained.js';
import { main as countAsyncSteps } from '../../examples/walkthrough/generators/count-async.js';
import { main as randSteps } from '../../examples/walkthrough/generators/rand.js';
import { main as rand } from '../../examples/walkthrough/rand.js';
import { printedBy, printedByAsync, runExample } from './programs.js';
import { shownBy, shownIn } from './shown.js';

const README = 'examples/walkthrough/README.md';
const shown = shownBy(README);

/** One program in its two flavours. */
interface Flavours {
  readonly async: () => Promise<unknown>;
  readonly generators: () => Steps<unknown>;
}

/** By the command that the README shows. */
const twins: Record<string, Flavours> = {
  'walkthrough/count-async': { async: countAsync, generators: countAsyncSteps },
  'walkthrough/rand': { async: rand, generators: randSteps },
  'walkthrough/chained -- 9 6 3': {
    async: () => chained(['9', '6', '3']),
    generators: () => chainedSteps(['9', '6', '3']),
  },
  'walkthrough/asyncq -- -p 3 -c 2': {
    async: () => asyncq({ producers: 3, consumers: 2 }),
    generators: () => asyncqSteps({ producers: 3, consumers: 2 }),
  },
  'walkthrough/asyncq -- -p 4 --fail': {
    async: () => asyncq({ producers: 4, fail: true }),
    generators: () => asyncqSteps({ producers: 4, fail: true }),
  },
};

/** What both flavours print, in virtual time. */
async function printed({ async, generators }: Flavours): Promise<{ async: string[]; generators: string[] }> {
  return {
    async: await printedByAsync(() => run(async, { loopFactory: virtualLoop })),
    generators: printedBy(() => runSync(generators, { loopFactory: virtualLoop })),
  };
}

describe.each(Object.entries(twins))('%s', (command, flavours) => {
  it('prints what the README shows, in both flavours', async () => {
    const lines = shown(command);
    expect(await printed(flavours)).toEqual({ async: lines, generators: lines });
  });
});

describe('count-sync', () => {
  it('prints what the README shows', () => {
    let nowMs = 0;
    const sleep = (delayMs: number): void => void (nowMs += delayMs);
    const lines = printedBy(() => countSync(1, sleep, () => nowMs));
    expect(lines).toEqual(shown('walkthrough/count-sync'));
  });

  it('blocks the thread for three waits, as a program too', async () => {
    const startMs = performance.now();
    const lines = await runExample('walkthrough/count-sync', ['--scale', '0.1']);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(300);
    expect(lines.map((line) => line.slice(5))).toEqual(['One', 'Two', 'One', 'Two', 'One', 'Two', 'done']);
  });
});

it('the README shows nothing else', () => {
  const known = [...Object.keys(twins), 'walkthrough/count-sync'];
  expect(
    shownIn(README)
      .map(({ command }) => command)
      .sort(),
  ).toEqual(known.sort());
});

describe('the facts that the README builds on', () => {
  const endings = (command: string): string[] =>
    shown(command).flatMap((line) => /^t=(\d+) +chain (\d+) ends/.exec(line)?.slice(1).reverse().join(' after ') ?? []);

  it('chain 3 ends after 4 s, 6 after 8 s, 9 after 11 s', () => {
    expect(endings('walkthrough/chained -- 9 6 3')).toEqual(['3 after 4', '6 after 8', '9 after 11']);
  });

  it('three makers find 10, 10 and 9 with the recorded numbers', () => {
    expect(shown('walkthrough/rand').at(-1)).toBe('t=12 results: 10, 10, 9');
  });
});
