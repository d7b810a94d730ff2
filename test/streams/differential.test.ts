/** Streams behave the same on every kind of connection: each scenario must produce the same log on all kinds. */

import { timeout } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { type LoopKind, everyLoop, hostedLoops } from '../support/every-loop.js';
import { errorsOfLoop } from '../support/protocols.js';
import { ending } from './differential/ending.js';
import { type Kind, kinds, opened } from './differential/kinds.js';
import { reading } from './differential/reading.js';
import { type Scenario, Scene } from './differential/scene.js';
import { writing } from './differential/writing.js';

const scenarios: readonly Scenario[] = [...reading, ...writing, ...ending];

/** Far longer than any scenario needs. One that hangs fails with its observations so far. */
const HANGS_AFTER_MS = 20_000;

/**
 * Selectors and blocking loops differ only below socket transports, so one kind of connection runs on all of them: each scenario on
 * a hosted and on a blocking loop, with the selectors in turn.
 */
const loopsOf = (kind: Kind): readonly LoopKind[] => (kind === 'tcp' ? everyLoop : hostedLoops.slice(-1));
const isInTurn = (kind: Kind, loop: LoopKind, i: number): boolean =>
  kind !== 'tcp' || everyLoop.indexOf(loop) % 3 === i % 3;

const cases = kinds.flatMap((kind) => loopsOf(kind).map((loop) => ({ kind, loop, name: `${kind} on ${loop.name}` })));

describe.each(cases)('streams over $name', ({ kind, loop }) => {
  const possible = scenarios.filter(
    ({ hosted, only = kinds }, i) => isInTurn(kind, loop, i) && (loop.hosted || hosted !== true) && only.includes(kind),
  );
  it.each(possible)('$name', async ({ steps, limit, log, except }) => {
    const observed = await loop.run(function* () {
      const reports = errorsOfLoop();
      const pair = yield* opened(kind, limit === undefined ? {} : { limit });
      const scene = new Scene(pair);
      try {
        yield* timeout(HANGS_AFTER_MS, () => steps(scene));
      } catch (error) {
        scene.note(`failed: ${String(error)}`);
      } finally {
        yield* pair.close();
      }
      return [...scene.log, ...reports.map(({ message }) => `reported: ${message}`)];
    });
    expect(observed).toEqual(except?.[kind]?.log ?? log);
  });
});
