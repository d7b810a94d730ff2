/** Runs both flavours of the programs of `examples/walkthrough`, in virtual time, and compares their output with the README. */

import { type Steps, run, runSync } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { main as areq } from '../../examples/walkthrough/areq.js';
import { main as asCompleted } from '../../examples/walkthrough/as-completed.js';
import { main as asyncGenerators } from '../../examples/walkthrough/async-generators.js';
import { main as asyncq } from '../../examples/walkthrough/asyncq.js';
import { main as chained } from '../../examples/walkthrough/chained.js';
import { main as contextManagers } from '../../examples/walkthrough/context-managers.js';
import { main as countAsync } from '../../examples/walkthrough/count-async.js';
import { main as countSync } from '../../examples/walkthrough/count-sync.js';
import { main as gather } from '../../examples/walkthrough/gather.js';
import { main as areqSteps } from '../../examples/walkthrough/generators/areq.js';
import { main as asCompletedSteps } from '../../examples/walkthrough/generators/as-completed.js';
import { main as asyncGeneratorsSteps } from '../../examples/walkthrough/generators/async-generators.js';
import { main as asyncqSteps } from '../../examples/walkthrough/generators/asyncq.js';
import { main as chainedSteps } from '../../examples/walkthrough/generators/chained.js';
import { main as contextManagersSteps } from '../../examples/walkthrough/generators/context-managers.js';
import { main as countAsyncSteps } from '../../examples/walkthrough/generators/count-async.js';
import { main as gatherSteps } from '../../examples/walkthrough/generators/gather.js';
import { main as loopManagementSteps } from '../../examples/walkthrough/generators/loop-management.js';
import { main as randSteps } from '../../examples/walkthrough/generators/rand.js';
import { main as loopManagement } from '../../examples/walkthrough/loop-management.js';
import { main as rand } from '../../examples/walkthrough/rand.js';
import { main as rules } from '../../examples/walkthrough/rules.js';
import { printedBy, printedByAsync, runExample } from './programs.js';
import { shownBy, shownIn } from './shown.js';

const README = 'examples/walkthrough/README.md';
const shown = shownBy(README);

/** One program in its two flavours. */
interface Flavours {
  readonly async: () => Promise<unknown>;
  readonly generators: () => Steps<unknown>;
}

/** The programs by the command that the README shows. */
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
  'walkthrough/gather': { async: gather, generators: gatherSteps },
  'walkthrough/as-completed': { async: asCompleted, generators: asCompletedSteps },
  'walkthrough/async-generators': { async: asyncGenerators, generators: asyncGeneratorsSteps },
  'walkthrough/context-managers': { async: contextManagers, generators: contextManagersSteps },
  'walkthrough/areq': { async: areq, generators: areqSteps },
};

/** In virtual time. Before the clock jumps, the loop waits 5 ms for data that is in flight between sockets. */
const inVirtualTime = { loopFactory: () => virtualLoop({ jumpAfterMs: 5 }) };

/** Returns what both flavours print in virtual time. */
async function printed({ async, generators }: Flavours): Promise<{ async: string[]; generators: string[] }> {
  return {
    async: await printedByAsync(() => run(async, inVirtualTime)),
    generators: printedBy(() => runSync(generators, inVirtualTime)),
  };
}

describe.each(Object.entries(twins))('%s', (command, flavours) => {
  it('prints the output of the README in both flavours', async () => {
    const lines = shown(command);
    expect(await printed(flavours)).toEqual({ async: lines, generators: lines });
  });
});

describe('walkthrough/loop-management', () => {
  const lines = shown('walkthrough/loop-management');

  it('prints the output of the README in both flavours', async () => {
    expect(await printedByAsync(loopManagement)).toEqual(lines);
    expect(printedBy(loopManagementSteps)).toEqual(lines);
  });
});

it('walkthrough/rules prints the output of the README', async () => {
  expect(await printedByAsync(rules)).toEqual(shown('walkthrough/rules'));
});

describe('walkthrough/count-sync', () => {
  it('prints the output of the README', () => {
    let nowMs = 0;
    const sleep = (delayMs: number): void => void (nowMs += delayMs);
    const lines = printedBy(() => countSync(1, sleep, () => nowMs));
    expect(lines).toEqual(shown('walkthrough/count-sync'));
  });

  it('blocks the thread for three waits when it runs as a program', async () => {
    const startMs = performance.now();
    const lines = await runExample('walkthrough/count-sync', ['--scale', '0.1']);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(300);
    expect(lines.map((line) => line.slice(5))).toEqual(['One', 'Two', 'One', 'Two', 'One', 'Two', 'done']);
  });
});

it('the README of walkthrough shows only programs that are tested here', () => {
  const alone = ['walkthrough/count-sync', 'walkthrough/loop-management', 'walkthrough/rules'];
  const known = [...Object.keys(twins), ...alone];
  expect(
    shownIn(README)
      .map(({ command }) => command)
      .sort(),
  ).toEqual(known.sort());
});

describe('the facts that the README of walkthrough explains', () => {
  const endings = (command: string): string[] =>
    shown(command).flatMap((line) => /^t=(\d+) +chain (\d+) ends/.exec(line)?.slice(1).reverse().join(' after ') ?? []);

  it('chain 3 ends after 4 s, 6 after 8 s, 9 after 11 s', () => {
    expect(endings('walkthrough/chained -- 9 6 3')).toEqual(['3 after 4', '6 after 8', '9 after 11']);
  });

  it('three makers find 10, 10 and 9 with the recorded numbers', () => {
    expect(shown('walkthrough/rand').at(-1)).toBe('t=12 results: 10, 10, 9');
  });

  it('three counters take one second with coroutines and three seconds without', () => {
    expect(shown('walkthrough/count-async').at(-1)).toBe('t=1  done');
    expect(shown('walkthrough/count-sync').at(-1)).toBe('t=3  done');
  });

  it('the crawler requests at most three pages concurrently', () => {
    let inFlight = 0;
    let most = 0;
    for (const line of shown('walkthrough/areq')) {
      if (/ asks for /.test(line)) inFlight += 1;
      if (/^t=\d+ +\/\S* (has|failed)/.test(line)) inFlight -= 1;
      most = Math.max(most, inFlight);
    }
    expect({ most, inFlight }).toEqual({ most: 3, inFlight: 0 });
  });
});
