/** Computes medians, spreads and ratios from the samples of the rounds. */

import { max, median, min, quantile } from 'simple-statistics';

import type { MetricName } from './metrics.js';
import type { Sample, Summaries, Summary } from './results.js';

type Samples = readonly (Sample | null)[];

/** Returns the median of at least one value. */
export function medianOf(values: readonly number[]): number {
  return median([...values]);
}

/**
 * Returns the 95 % interval of the median, from the ranks of the values; null for fewer than six, of which no two enclose it so often.
 *
 * The number of values below the true median has a binomial distribution, whatever the distribution of the values. So this assumes nothing
 * about them, but that rounds are independent.
 */
export function medianInterval(values: readonly number[]): readonly [number, number] | null {
  const sorted = [...values].sort((a, b) => a - b);
  const { length } = sorted;
  let rank = -1;
  for (let below = 0, outside = 0, chance = 0.5 ** length; below < length / 2; below += 1) {
    outside += 2 * chance;
    if (outside > 0.05) break;
    rank = below;
    chance *= (length - below) / (below + 1);
  }
  return rank < 0 ? null : [sorted[rank]!, sorted[length - 1 - rank]!];
}

/** Returns the summary of `values`, or null if there are none. */
export function summarise(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  const figures = [...values];
  const interval = medianInterval(figures);
  return {
    median: median(figures),
    low: quantile(figures, 0.25),
    high: quantile(figures, 0.75),
    min: min(figures),
    max: max(figures),
    rounds: figures.length,
    ...(interval && { interval }),
  };
}

/** Returns the figures of one metric, from the rounds that have it. */
function figuresOf(samples: Samples, metric: MetricName): number[] {
  return samples.flatMap((sample) => sample?.[metric] ?? []);
}

function summariesOf(metrics: readonly MetricName[], figures: (metric: MetricName) => number[]): Summaries {
  const summaries: Partial<Record<MetricName, Summary>> = {};
  for (const metric of metrics) {
    const summary = summarise(figures(metric));
    if (summary !== null) summaries[metric] = summary;
  }
  return summaries;
}

/** Summarises each metric over all rounds. */
export function summariseSamples(samples: Samples, metrics: readonly MetricName[]): Summaries {
  return summariesOf(metrics, (metric) => figuresOf(samples, metric));
}

/**
 * Summarises the ratios of each metric to that of a baseline in the same round, over the rounds that have both.
 *
 * This is not the ratio of the medians: when the machine is slow for a while, both figures of a round are, and the effect cancels out.
 */
export function ratiosWithinRounds(samples: Samples, baseline: Samples, metrics: readonly MetricName[]): Summaries {
  return summariesOf(metrics, (metric) =>
    samples.flatMap((sample, round) => {
      const own = sample?.[metric];
      const other = baseline[round]?.[metric];
      return own === undefined || other === undefined || other === 0 ? [] : own / other;
    }),
  );
}
