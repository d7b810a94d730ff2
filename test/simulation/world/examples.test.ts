/** The examples on simulated hosts: a bounded part of `npm run simulate`. */

import { simulate } from 'selectloop/simulation';
import { describe, expect, it, vi } from 'vitest';

import { SCENARIOS } from '../examples/index.js';

describe.each(Object.keys(SCENARIOS))('on simulated hosts, the example %s', (name) => {
  const { options, build } = SCENARIOS[name]!;

  it('keeps its invariants under the faults of 200 seeds', () => {
    const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      // Two runs of some seeds are compared: `npm run simulate` compares all.
      expect(simulate({ ...options, seeds: 10 }, build).failure).toBeNull();
      expect(simulate({ ...options, seeds: 190, firstSeed: 11, compareRuns: false }, build).failure).toBeNull();
    } finally {
      reports.mockRestore();
    }
  });
});
