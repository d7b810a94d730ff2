/** Formats results as tables for a terminal. */

import Table from 'cli-table3';

import { METRICS, type MetricName } from '../metrics.js';
import type { Results, Row, ScenarioResult, Summary } from '../results.js';
import { labelOf, ratioWithInterval } from './labels.js';

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Formats the median with the first and third quartile, `243 k (240 k-245 k)`; after a single round only its figure. */
function spread({ format }: (typeof METRICS)[MetricName], { median, low, high, rounds }: Summary): string {
  return rounds === 1 ? format(median) : `${format(median)} (${format(low)}-${format(high)})`;
}

/** Returns the cells of a row: the headline metric with its spread, the ratio to each baseline, and the medians of the other metrics. */
function cells(row: Row, result: ScenarioResult): string[] {
  const [headline] = result.metrics;
  const figures = result.metrics.map((name) => {
    const summary = row.summary[name];
    if (summary === undefined) return '-';
    return name === headline ? spread(METRICS[name], summary) : METRICS[name].format(summary.median);
  });
  const ratios = result.baselines.map((id) => ratioWithInterval(row.ratios[id]?.[headline!]));
  return [figures[0]!, ...ratios, ...figures.slice(1)];
}

/** Formats one scenario: its title, the offered rate if it is fixed, a table, and the reasons of failed rounds. */
export function scenarioTable(result: ScenarioResult, results: Pick<Results, 'contenders'>): string {
  const [headline, ...others] = result.metrics;
  const head = [
    '',
    METRICS[headline!].label,
    ...result.baselines.map((id) => `× ${labelOf(id, results)}`),
    ...others.map((name) => METRICS[name].label),
  ];
  const table = new Table({
    head,
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
  });
  for (const row of result.rows) table.push([labelOf(row.contender, results), ...cells(row, result)]);
  const failures = result.rows.flatMap(({ contender, failures: lines }) =>
    lines.map((line) => `  failed: ${labelOf(contender, results)}, ${line}`),
  );
  const offered = result.rate === null ? [] : [`  offered: ${METRICS.perSecond.format(result.rate)} messages/s`];
  return [result.title, ...offered, table.toString(), ...failures].join('\n');
}

/** Returns a line for each contender that could not run, with the reason. */
export function missingLines({ contenders }: Pick<Results, 'contenders'>): string[] {
  return contenders.flatMap(({ label, missing }) => (missing === null ? [] : [`missing: ${label}: ${missing}`]));
}
