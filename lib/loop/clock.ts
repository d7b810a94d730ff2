/** The clock of a loop. */

import { performance } from 'node:perf_hooks';

/** A monotonic clock: never goes back. Tests give the loop one that they move themselves. */
export interface Clock {
  /** Milliseconds since some fixed point, with fractions. */
  now(): number;
}

/** CLOCK_MONOTONIC through `performance.now()`: nanosecond resolution, not moved by changes of the wall clock. */
export const monotonicClock: Clock = {
  now: performance.now.bind(performance),
};
