import { describe, expect, it } from 'vitest';

import { changeLines, changesBetween, doubtsAbout, ratioOfMedians } from '../../bench/compare.js';
import { isUndecided, ratioWithInterval } from '../../bench/report/labels.js';
import type { Results } from '../../bench/results.js';
import { medianInterval, ratiosWithinRounds, summarise, summariseSamples } from '../../bench/statistics.js';

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

/** A run with these figures of C and of two contenders, in one scenario. */
function runOf(figures: Readonly<Record<string, readonly number[]>>, cpu = 'A', loadBefore = 0): Results {
  const rows = Object.entries(figures).map(([contender, values]) => ({
    contender,
    samples: values.map((cpuUs) => ({ cpuUs })),
  }));
  const scenario = { id: 'udp', metrics: ['cpuUs'], baselines: ['c'], rows };
  return { scenarios: [scenario], machine: { cpu, cores: 2, kernel: '6', loadBefore } } as unknown as Results;
}

describe('the intervals of the benchmark', () => {
  it('are those of the binomial distribution of ranks', () => {
    expect(medianInterval([5, 1, 4, 2, 3])).toBeNull(); // the extremes of five enclose the median in 93.75 % of cases
    expect(medianInterval([6, 5, 1, 4, 2, 3])).toEqual([1, 6]); // 96.9 %
    expect(medianInterval([9, 8, 7, 6, 5, 4, 3, 2, 1])).toEqual([2, 8]); // 96.1 %
    expect(medianInterval(Array.from({ length: 100 }, (_, i) => i + 1))).toEqual([40, 61]);
  });

  it('enclose the true median as often as they say', () => {
    let state = 1;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    let enclosed = 0;
    for (let run = 0; run < 2000; run += 1) {
      const [low, high] = medianInterval(Array.from({ length: 20 }, () => -Math.log(random())))!;
      if (low <= Math.LN2 && Math.LN2 <= high) enclosed += 1;
    }
    expect(enclosed / 2000).toBeGreaterThan(0.945);
    expect(enclosed / 2000).toBeLessThan(0.972); // 95.9 % for 20; the next pairs of ranks would give 88.5 % and 98.8 %
  });

  it('mark a ratio that shows no difference', () => {
    const clear = summarise([0.9, 0.91, 0.92, 0.93, 0.94, 0.95])!;
    expect([isUndecided(clear), ratioWithInterval(clear)]).toEqual([false, '0.93 (0.90-0.95)']);
    const unclear = summarise([0.9, 0.95, 1, 1.01, 1.05, 1.1])!;
    expect([isUndecided(unclear), ratioWithInterval(unclear)]).toEqual([true, '≈ 1.00 (0.90-1.10)']);
    expect(ratioWithInterval(summarise([2]) ?? undefined)).toBe('2.00');
  });
});

describe('the comparison of two runs', () => {
  const steady = [10, 10.1, 9.9, 10, 10.2, 9.8, 10];

  it('says what changed and what did not, whatever the speed of the machine', () => {
    const slower = 3; // the second run was made on a machine three times as slow
    const before = runOf({ c: steady, faster: steady.map((x) => 2 * x), same: steady.map((x) => 4 * x) });
    const after = runOf({
      c: steady.map((x) => slower * x),
      faster: steady.map((x, i) => slower * x * (1.5 + 0.01 * i)),
      same: steady.map((x, i) => slower * x * (4 + 0.3 * ((i % 3) - 1))),
    });
    const changes = changesBetween(before, after);
    expect(changes.map(({ contender, verdict }) => [contender, verdict])).toEqual([
      ['c', 'worse'], // its own figures, because it is the standard of the others
      ['faster', 'better'],
      ['same', 'no difference shown'],
    ]);
    expect(changes[1]!.ratio).toBeCloseTo(0.765, 2);
    expect(changes[1]!.low).toBeLessThan(0.765);
    const lines = changeLines(changes);
    expect(lines[1]).toMatch(/^udp +faster +CPU +x 0\.7\d \(0\.7\d-0\.7\d\) +better$/);
    expect(lines.at(-1)).toMatch(/no difference shown$/);
  });

  it('is silent about what one of the runs does not have, or has in too few rounds', () => {
    expect(changesBetween(runOf({ c: steady }), runOf({ c: [1, 2], other: steady }))).toEqual([]);
  });

  it('warns if the machines differ, or were busy', () => {
    expect(doubtsAbout(runOf({}), runOf({}, 'B', 1.81))).toEqual([
      'warning: the runs differ in cpu: A and B',
      'warning: other programs ran before run 2 (load 1.81)',
    ]);
  });

  it('gives the same interval each time', () => {
    expect(ratioOfMedians(steady, steady)).toEqual(ratioOfMedians(steady, steady));
  });
});
