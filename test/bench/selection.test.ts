import { describe, expect, it } from 'vitest';

import { addServers, contenderOf } from '../../bench/contenders.js';
import { SCENARIOS } from '../../bench/scenarios.js';
import { settingsOf } from '../../bench/command-line.js';
import { select, selectFor } from '../../bench/selection.js';

const idsOf = (only: string[], full = false) => select(only, full).map(({ id }) => id);

describe('the selection of scenarios in the benchmark', () => {
  it('contains the main table by default, and everything with --full', () => {
    expect(idsOf([])).toEqual(SCENARIOS.filter(({ main }) => main).map(({ id }) => id));
    expect(idsOf([], true)).toEqual(SCENARIOS.map(({ id }) => id));
  });

  it('contains with --only a scenario or a group, including those that otherwise need --full', () => {
    expect(idsOf(['pause'])).toEqual(['pause']);
    expect(idsOf(['idle', 'connect'])).toEqual(['idle-10', 'idle-100', 'idle-1000', 'idle-10000', 'connect']);
  });

  it('contains with the name of a contender its scenarios, with their baselines', () => {
    const scenarios = select(['streams', 'bun'], false);
    expect(scenarios.map(({ id }) => id)).toEqual(['echo-64x100', 'latency']);
    expect(scenarios[0]?.contenders).toEqual(['c-epoll', 'streams', 'node-net', 'bun']);
  });

  it('combines the names of scenarios and contenders', () => {
    const [scenario, ...others] = select(['idle-10', 'protocol-poll'], false);
    expect(others).toEqual([]);
    expect(scenario?.contenders).toEqual(['c-epoll', 'protocol-poll', 'node-net']);
  });

  it('rejects an unknown name, and suggests similar ones', () => {
    expect(() => select(['protcol'], false)).toThrow(/unknown name "protcol"; similar names are protocol, /);
  });

  it('finds every contender that a scenario names', () => {
    for (const { contenders, baselines } of SCENARIOS) {
      for (const id of [...contenders, ...baselines]) expect(contenderOf(id).id).toBe(id);
    }
  });

  it('puts servers of the user first, beside ours, C and Node', () => {
    const { servers, only } = settingsOf(['--server', 'node a.mjs', '--server', './b --fast']);
    const yours = addServers(servers);
    expect(yours).toEqual(['yours', 'yours-2']);
    expect(contenderOf('yours-2')).toMatchObject({ label: './b --fast', runtime: 'shell' });
    const [scenario, ...others] = selectFor(yours, only, false);
    expect(others).toEqual([]);
    expect(scenario).toMatchObject({ id: 'echo-64x100' });
    expect(scenario!.contenders).toEqual([...yours, 'c-epoll', 'c-libuv', 'protocol', 'streams', 'node-net']);
    expect(selectFor(yours, ['latency'], false)[0]!.contenders.slice(0, 3)).toEqual([...yours, 'c-epoll']);
    expect(() => selectFor(yours, ['micro'], false)).toThrow('--server: expected --only to name a scenario of an echo');
  });

  it('refuses other words than options, and too few files to compare', () => {
    expect(settingsOf(['--compare', 'a.json', 'b.json']).compare).toEqual(['a.json', 'b.json']);
    expect(() => settingsOf(['--compare', 'a.json'])).toThrow('--compare: expected two files with results, got 1');
    expect(() => settingsOf(['echo'])).toThrow('expected options only, got "echo"');
  });
});
