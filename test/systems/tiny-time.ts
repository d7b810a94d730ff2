/** Runs programs of `examples/tiny` in virtual time: ten seconds pass at once, and no busy machine changes their order. */

import { EventLoop, type Steps, run } from '../../examples/tiny/tiny.js';
import { MemorySelector, VirtualClock } from '../support/virtual-time.js';

/** As tiny's `run`, on a loop whose waits take no time. */
export function runVirtually<T>(main: () => Steps<T>): T {
  const clock = new VirtualClock();
  return run(main, new EventLoop(new MemorySelector(clock), clock));
}
