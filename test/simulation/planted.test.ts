/** Faults in the simulated kernel are found by the comparison with Linux. `npm run test:planted` tries them on the suites. */

import { describe, expect, it } from 'vitest';

import { kernelFuzzer } from '../fuzz/kernel/fuzzer.js';
import { PLANTED } from './suites/planted.js';

const MOST_PROGRAMS = 100;

async function differs(seed: number): Promise<boolean> {
  try {
    return (await kernelFuzzer.run(kernelFuzzer.make(seed), true)) !== null;
  } catch {
    return true; // an invariant is broken
  }
}

describe('the comparison with Linux finds', () => {
  it.each(Object.entries(PLANTED))('%s', async (_name, plant) => {
    using _ = plant();
    let seed = 1;
    while (seed <= MOST_PROGRAMS && !(await differs(seed))) seed += 1;
    expect(seed).toBeLessThanOrEqual(MOST_PROGRAMS);
  });
});
