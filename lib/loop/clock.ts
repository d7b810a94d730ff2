/** The clock of a loop. */

import { native } from '../native/binding.js';

/** A monotonic clock: never goes back. Tests give the loop one that they move themselves. */
export interface Clock {
  /** Milliseconds since some fixed point, with fractions. */
  now(): number;
}

/** Returns the kernel's clock. On a machine: CLOCK_MONOTONIC with nanosecond resolution, not moved by changes of the wall clock. */
export function monotonicClock(): Clock {
  return { now: native.now };
}
