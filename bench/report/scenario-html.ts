/** HTML tables: the figures of one scenario, and the ratios of all echo scenarios. */

import { METRICS, type MetricName } from '../metrics.js';
import type { Results, Row, ScenarioResult } from '../results.js';
import { bytes } from '../scenarios.js';
import { Html, html } from './html.js';
import { labelOf, ratio, ratioWithInterval } from './labels.js';

const NOTHING = new Html('<td class="none">–</td>');

function figureCell(row: Row, name: MetricName): Html {
  const summary = row.summary[name];
  if (summary === undefined) return NOTHING;
  const { format } = METRICS[name];
  const { median, low, high, min, max, rounds } = summary;
  const detail = `${rounds} rounds: ${format(min)} to ${format(max)}`;
  const spread = rounds > 1 ? html`<small>${format(low)} – ${format(high)}</small>` : new Html('');
  return html`<td title="${detail}">${format(median)}${spread}</td>`;
}

function ratioCell(row: Row, baseline: string, metric: MetricName): Html {
  const summary = row.ratios[baseline]?.[metric];
  return summary === undefined ? NOTHING : html`<td class="ratio">${ratioWithInterval(summary)}</td>`;
}

/** Returns the table of one scenario. */
export function scenarioTable(scenario: ScenarioResult, results: Results): Html {
  const [headline, ...others] = scenario.metrics;
  const { families } = familiesOf(results);
  const rows = scenario.rows.map(
    (row) =>
      html`<tr>
        <th>
          <i style="background:var(--${families.get(row.contender) ?? 'muted'})"></i>${labelOf(row.contender, results)}
        </th>
        ${figureCell(row, headline!)} ${scenario.baselines.map((id) => ratioCell(row, id, headline!))}
        ${others.map((name) => figureCell(row, name))}
      </tr>`,
  );
  const failures = scenario.rows.flatMap((row) =>
    row.failures.map((line) => html`<p class="failed">failed: ${labelOf(row.contender, results)}, ${line}</p>`),
  );
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th></th>
            <th>${METRICS[headline!].label}</th>
            ${scenario.baselines.map((id) => html`<th>× ${labelOf(id, results)}</th>`)}
            ${others.map((name) => html`<th>${METRICS[name].label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${failures}`;
}

function familiesOf(results: Results): { families: ReadonlyMap<string, string> } {
  return { families: new Map(results.contenders.map(({ id, family }) => [id, family])) };
}

/** Returns the strength of the tint for a ratio: from 0 at 0.3 to its maximum at 1. */
function tint(value: number): number {
  return Math.round(Math.min(1, Math.max(0, (value - 0.3) / 0.7)) * 60);
}

/** Returns a table of the throughput of each contender relative to the baseline, for all echo scenarios; null if there is only one. */
export function echoMatrix(scenarios: readonly ScenarioResult[], results: Results): Html | null {
  const [first] = scenarios;
  const baseline = first?.baselines[0];
  if (first === undefined || baseline === undefined || scenarios.length < 2) return null;
  const cell = (id: string, scenario: ScenarioResult): Html => {
    const row = scenario.rows.find(({ contender }) => contender === id);
    const summary = row?.ratios[baseline]?.perSecond;
    if (summary === undefined) return NOTHING;
    const absolute = METRICS.perSecond.format(row!.summary.perSecond!.median);
    return html`<td
      title="${absolute} round trips/s"
      style="background:color-mix(in srgb,var(--selectloop) ${tint(summary.median)}%,transparent)"
    >
      ${ratio(summary)}
    </td>`;
  };
  const ids = first.rows.map(({ contender }) => contender);
  return html`<h3>Throughput relative to ${labelOf(baseline, results)}</h3>
    <div class="scroll">
      <table class="matrix">
        <thead>
          <tr>
            <th></th>
            ${scenarios.map(({ size, connections }) => html`<th>${bytes(size!)}<small>× ${connections!}</small></th>`)}
          </tr>
        </thead>
        <tbody>
          ${ids.map(
            (id) =>
              html`<tr>
                <th>${labelOf(id, results)}</th>
                ${scenarios.map((each) => cell(id, each))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
