/** `--compare`: what changed between two runs, and whether it is real. */

import { quantile } from 'simple-statistics';

import { METRICS, type MetricName } from './metrics.js';
import type { Results, Row, ScenarioResult } from './results.js';
import { medianOf } from './statistics.js';

/** A difference between two runs. */
export interface Change {
  readonly scenario: string;
  readonly contender: string;
  readonly metric: MetricName;
  /** The figure of the second run divided by that of the first: the median, and its 95 % interval. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly verdict: 'better' | 'worse' | 'no difference shown';
}

/** How often the rounds are drawn again; more would not change the second digit of an interval. */
const RESAMPLES = 2000;

/** Fewer rounds have no interval worth the name. */
const LEAST_ROUNDS = 5;

/** A generator of numbers from 0 to 1 that is the same in every run (mulberry32), so that a comparison can be repeated. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns the ratio of the medians of two samples with its 95 % interval, by the bootstrap: the rounds of both are drawn again and again. */
export function ratioOfMedians(before: readonly number[], after: readonly number[]): [number, number, number] {
  const random = randomNumbers(1);
  const again = (figures: readonly number[]): number =>
    medianOf(figures.map(() => figures[Math.floor(random() * figures.length)]!));
  const ratios = Array.from({ length: RESAMPLES }, () => again(after) / again(before));
  return [medianOf(after) / medianOf(before), quantile(ratios, 0.025), quantile(ratios, 0.975)];
}

/**
 * Returns the figures of a contender, each divided by that of the baseline in the same round: the speed of the machine then cancels out. A
 * baseline itself, and a scenario without one, has its own figures.
 */
function figuresOf(row: Row, { baselines, rows }: ScenarioResult, metric: MetricName): number[] {
  const baseline = rows.find(({ contender }) => contender === baselines[0]);
  return row.samples.flatMap((sample, round) => {
    const own = sample?.[metric];
    const other = baseline === undefined || baseline === row ? 1 : baseline.samples[round]?.[metric];
    return own === undefined || other === undefined || other === 0 ? [] : own / other;
  });
}

/** Compares the first metric of every scenario and contender that both runs have, in the rounds that they have. */
export function changesBetween(before: Results, after: Results): Change[] {
  return after.scenarios.flatMap((scenario) => {
    const earlier = before.scenarios.find(({ id }) => id === scenario.id);
    const metric = scenario.metrics[0];
    if (earlier === undefined || metric === undefined) return [];
    return scenario.rows.flatMap((row): Change[] => {
      const old = earlier.rows.find(({ contender }) => contender === row.contender);
      const figures = [old === undefined ? [] : figuresOf(old, earlier, metric), figuresOf(row, scenario, metric)];
      if (figures.some(({ length }) => length < LEAST_ROUNDS)) return [];
      const [ratio, low, high] = ratioOfMedians(figures[0]!, figures[1]!);
      const grew = METRICS[metric].better === 'more' ? 'better' : 'worse';
      const shrank = grew === 'better' ? 'worse' : 'better';
      const verdict = low > 1 ? grew : high < 1 ? shrank : 'no difference shown';
      return [{ scenario: scenario.id, contender: row.contender, metric, ratio, low, high, verdict }];
    });
  });
}

/** Returns what makes two runs hard to compare. */
export function doubtsAbout(before: Results, after: Results): string[] {
  const [a, b] = [before.machine, after.machine];
  const differing = (['cpu', 'cores', 'kernel'] as const).filter((name) => a[name] !== b[name]);
  return [
    ...differing.map((name) => `warning: the runs differ in ${name}: ${a[name]} and ${b[name]}`),
    ...[a, b].flatMap(({ loadBefore }, i) =>
      loadBefore > 0.5 ? [`warning: other programs ran before run ${i + 1} (load ${loadBefore})`] : [],
    ),
  ];
}

/** Formats the changes as lines: those that are real first. */
export function changeLines(changes: readonly Change[]): string[] {
  const real = (change: Change): number => (change.verdict === 'no difference shown' ? 1 : 0);
  return [...changes]
    .sort((a, b) => real(a) - real(b))
    .map(({ scenario, contender, metric, ratio, low, high, verdict }) => {
      const interval = `x ${ratio.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
      return `${scenario.padEnd(16)} ${contender.padEnd(18)} ${METRICS[metric].label.padEnd(14)} ${interval.padEnd(20)} ${verdict}`;
    });
}
