/** Merges the latencies of several rounds into one distribution. */

import { build } from 'hdr-histogram-js';

import type { LoadReport } from './load.js';

/** The percentiles at which a curve is drawn, as shares, increasingly close to 1. */
const SHARES = [
  0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.99975, 0.9999, 0.99995, 0.99999,
];

/** Collects the histogram buckets of all rounds. */
export class Distribution {
  // From 1 ns to an hour, with a relative error of 0.1 %, as in the load generator.
  private readonly histogram = build({ numberOfSignificantValueDigits: 3, highestTrackableValue: 3_600_000_000_000 });

  add(buckets: LoadReport['buckets']): void {
    for (const [nanoseconds, count] of buckets) this.histogram.recordValueWithCount(nanoseconds, count);
  }

  /** Returns latencies in microseconds by percentile. Percentiles for which there are too few round trips are left out. */
  points(): [share: number, latencyUs: number][] {
    const { totalCount } = this.histogram;
    return SHARES.filter((share) => (1 - share) * totalCount >= 1).map((share) => [
      share,
      this.histogram.getValueAtPercentile(share * 100) / 1000,
    ]);
  }
}
