/** Computes medians, spreads and ratios from the samples of the rounds. */

import { max, median, min, quantile } from 'simple-statistics';

import type { MetricName } from './metrics.js';
import type { Sample, Summaries, Summary } from './results.js';

type Samples = readonly (Sample | null)[];

/** Returns the summary of `values`, or null if there are none. */
export function summarise(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  const figures = [...values];
  return {
    median: median(figures),
    low: quantile(figures, 0.25),
    high: quantile(figures, 0.75),
    min: min(figures),
    max: max(figures),
    rounds: figures.length,
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
