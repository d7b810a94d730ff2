import { describe, expect, it } from 'vitest';

import { ratiosWithinRounds, summarise, summariseSamples } from '../../bench/statistics.js';

describe('the statistics of the benchmark', () => {
  it('computes ratios within each round, so that a slow round cancels out', () => {
    const own = [{ perSecond: 90 }, { perSecond: 9 }, { perSecond: 180 }];
    const baseline = [{ perSecond: 100 }, { perSecond: 10 }, { perSecond: 150 }];
    expect(ratiosWithinRounds(own, baseline, ['perSecond']).perSecond).toMatchObject({
      median: 0.9,
      min: 0.9,
      max: 1.2,
    });
  });

  it('uses the median of the ratios instead of the ratio of the medians', () => {
    const own = [{ p99: 1 }, { p99: 8 }, { p99: 6 }];
    const baseline = [{ p99: 2 }, { p99: 2 }, { p99: 4 }];
    expect(ratiosWithinRounds(own, baseline, ['p99']).p99?.median).toBe(1.5); // the medians are 6 and 2
  });

  it('skips rounds in which either contender failed or the baseline is zero', () => {
    const own = [{ perSecond: 2 }, null, { perSecond: 6 }, { perSecond: 8 }];
    const baseline = [null, { perSecond: 1 }, { perSecond: 3 }, { perSecond: 0 }];
    expect(ratiosWithinRounds(own, baseline, ['perSecond']).perSecond).toMatchObject({ median: 2, rounds: 1 });
  });

  it('has no summary for a metric without samples', () => {
    expect(summarise([])).toBeNull();
    expect(summariseSamples([{ p50: 1 }, null], ['p50', 'cpuUs'])).toEqual({
      p50: { median: 1, low: 1, high: 1, min: 1, max: 1, rounds: 1 },
    });
  });

  it('computes median, quartiles, minimum and maximum', () => {
    expect(summarise([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 2, high: 4, min: 1, max: 5, rounds: 5 });
  });
});
