/** The options of a loop. */

import type { Selector } from '../selectors/index.js';
import type { Clock } from './clock.js';

/** Options of a loop. */
export interface LoopCoreOptions {
  /** The selector that the loop polls, owns and closes. Default: the best that works here. */
  selector?: Selector;
  /** The loop's clock. Default: CLOCK_MONOTONIC. */
  clock?: Clock;
  /** Debug mode: thorough checks, creation stacks, reports of slow callbacks. Default: SELECTLOOP_DEBUG=1. */
  debug?: boolean;
}
