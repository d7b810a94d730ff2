/** From the samples of the rounds to medians, spreads and ratios. */

import { max, median, min, quantile } from 'simple-statistics';

import type { MetricName } from './metrics.js';
import type { Sample, Summaries, Summary } from './results.js';

type Samples = readonly (Sample | null)[];

/** The summary of some figures; null if there are none. */
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

/** The figures of one metric, of the rounds that have it. */
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

/** Each metric over all rounds. */
export function summariseSamples(samples: Samples, metrics: readonly MetricName[]): Summaries {
  return summariesOf(metrics, (metric) => figuresOf(samples, metric));
}

/**
 * Each metric divided by that of a baseline in the same round, over the rounds that have both.
 *
 * Not the ratio of the medians: what slows the machine for a while slows both of a round, and cancels out.
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
