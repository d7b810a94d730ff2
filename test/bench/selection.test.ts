import { describe, expect, it } from 'vitest';

import { contenderOf } from '../../bench/contenders.js';
import { SCENARIOS } from '../../bench/scenarios.js';
import { select } from '../../bench/selection.js';

const idsOf = (only: string[], full = false) => select(only, full).map(({ id }) => id);

describe('what the benchmark runs', () => {
  it('is the main table, and with --full everything', () => {
    expect(idsOf([])).toEqual(SCENARIOS.filter(({ main }) => main).map(({ id }) => id));
    expect(idsOf([], true)).toEqual(SCENARIOS.map(({ id }) => id));
  });

  it('is with --only a scenario or a group of them, also of those that need --full', () => {
    expect(idsOf(['pause'])).toEqual(['pause']);
    expect(idsOf(['idle', 'connect'])).toEqual(['idle-10', 'idle-100', 'idle-1000', 'idle-10000', 'connect']);
  });

  it('is with the name of a contender the scenarios that it takes part in, beside those that it is divided by', () => {
    const scenarios = select(['streams', 'bun'], false);
    expect(scenarios.map(({ id }) => id)).toEqual(['echo-64x100', 'latency']);
    expect(scenarios[0]?.contenders).toEqual(['c-epoll', 'streams', 'node-net', 'bun']);
  });

  it('is the choice of both when both are named', () => {
    const [scenario, ...others] = select(['idle-10', 'protocol-poll'], false);
    expect(others).toEqual([]);
    expect(scenario?.contenders).toEqual(['c-epoll', 'protocol-poll', 'node-net']);
  });

  it('is nothing for a name that does not exist: the error names the nearest', () => {
    expect(() => select(['protcol'], false)).toThrow(/nothing is called "protcol"; near it are protocol, /);
  });

  it('knows every contender that a scenario names', () => {
    for (const { contenders, baselines } of SCENARIOS) {
      for (const id of [...contenders, ...baselines]) expect(contenderOf(id).id).toBe(id);
    }
  });
});
