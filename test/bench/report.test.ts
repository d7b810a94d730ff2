import { describe, expect, it } from 'vitest';

import { pageOf } from '../../bench/report/page.js';
import { standalone } from '../../bench/report/picture.js';
import { sectionsOf } from '../../bench/report/sections.js';
import { missingLines, scenarioTable } from '../../bench/report/tables.js';
import type { Results, Row, Sample, ScenarioResult } from '../../bench/results.js';
import { SCENARIOS } from '../../bench/scenarios.js';
import { ratiosWithinRounds, summariseSamples } from '../../bench/statistics.js';

const SAMPLES: Readonly<Record<string, (Sample | null)[]>> = {
  'c-epoll': [
    { perSecond: 280_000, cpuUs: 3.4 },
    { perSecond: 300_000, cpuUs: 3.2 },
  ],
  protocol: [
    { perSecond: 252_000, cpuUs: 3.9 },
    { perSecond: 276_000, cpuUs: 3.7 },
  ],
  'node-net': [{ perSecond: 140_000, cpuUs: 7 }, null],
};

/** Makes the results of a scenario from the samples above. */
function resultOf(id: string): ScenarioResult {
  const { group, title, metrics, baselines } = SCENARIOS.find((scenario) => scenario.id === id)!;
  const rows = Object.entries(SAMPLES).map(([contender, samples]): Row => {
    const ratios = baselines.map((each) => [each, ratiosWithinRounds(samples, SAMPLES[each]!, metrics)] as const);
    return {
      contender,
      samples,
      failures: samples.includes(null) ? ['round 2: the server <died>'] : [],
      summary: summariseSamples(samples, metrics),
      ratios: Object.fromEntries(ratios),
      percentiles: [],
    };
  });
  return { id, group, title, metrics, baselines, connections: 100, size: 64, idle: null, rate: null, seconds: 1, rows };
}

const results: Results = {
  schema: 1,
  started: '2026-01-02T03:04:05.000Z',
  finished: '2026-01-02T03:10:05.000Z',
  command: ['--only', 'echo'],
  machine: {
    cpu: 'A Processor',
    cores: 2,
    memoryGiB: 8,
    kernel: '6.1',
    system: 'Linux',
    serverCore: 0,
    loadCore: 1,
    loadBefore: 0.1,
    versions: { Node: '20.0.0' },
  },
  contenders: [
    { id: 'c-epoll', label: 'C on epoll', family: 'C', missing: null },
    { id: 'protocol', label: 'selectloop protocol', family: 'selectloop', missing: null },
    { id: 'node-net', label: 'Node net', family: 'Node', missing: null },
    { id: 'bun', label: 'Bun', family: 'Bun', missing: 'no <network>' },
  ],
  scenarios: [resultOf('echo-64x100'), resultOf('echo-64x1000')],
};

describe('the report of the benchmark', () => {
  const sections = sectionsOf(results);
  const page = pageOf(results, sections);

  it('is one page that loads nothing else', () => {
    expect(page).toContain('<h2>Echo</h2>');
    expect(page).not.toMatch(/<(script|link|img|iframe)\b|@import|url\(|\b(src|href)="(?!#)/);
  });

  it('shows ratios within rounds, failures and missing contenders', () => {
    expect(page).toContain('<td class="ratio">0.91</td>'); // 252 of 280, 276 of 300
    expect(page).toContain('failed: Node net, round 2: the server &lt;died&gt;');
    expect(page).toContain('<li>Bun: no &lt;network&gt;</li>');
  });

  it('draws a bar for each contender with a figure, the best at the top', () => {
    const [plot] = sections[0]!.figures;
    const labels = [...plot!.svg.matchAll(/>(C on epoll|selectloop protocol|Node net|Bun)</g)].map(
      ([, label]) => label,
    );
    expect(labels).toEqual(['Node net', 'selectloop protocol', 'C on epoll']); // from the bottom
  });

  it('draws plots that follow the light or dark theme of the reader, in the report and as standalone files', () => {
    const [plot] = sections[0]!.figures;
    expect(plot!.svg).toContain('var(--selectloop)');
    expect(plot!.svg).not.toMatch(/#fe01/);
    // A standalone file is XML, which a quotation mark inside an attribute would make invalid.
    expect(plot!.svg).not.toMatch(/="[^"]*"[^\s/>]/);
    expect(standalone(plot!.svg)).toMatch(/^<svg[^>]*><style>.*prefers-color-scheme:dark/);
  });

  it('shows the same figures in a table for the terminal', () => {
    const lines = scenarioTable(results.scenarios[0]!, results).split('\n');
    expect(lines.find((line) => line.startsWith('selectloop protocol'))).toMatch(
      /264 k \(258 k-270 k\) +0\.91 +1\.80 /,
    );
    expect(lines.at(-1)).toBe('  failed: Node net, round 2: the server <died>');
    expect(missingLines(results)).toEqual(['missing: Bun: no <network>']);
  });
});
