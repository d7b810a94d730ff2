/** An event loop in virtual time. */

import { checkOptions, outOfRange, wrongType } from '../errors/index.js';
import { EventLoop, chooseSelector } from '../event-loop/index.js';
import type { Selector, SelectorName } from '../selectors/index.js';
import { JumpingSelector } from './jumping-selector.js';
import { shuffling } from './shuffle.js';
import { VirtualClock } from './virtual-clock.js';

/** Options of {@link virtualLoop}. */
export interface VirtualLoopOptions {
  /** The initial time in milliseconds. Default: 0. */
  startMs?: number;
  /** A clock to use, instead of `startMs`. */
  clock?: VirtualClock;
  /** Debug mode. Default: true if SELECTLOOP_DEBUG=1. */
  debug?: boolean;
  /** The name of a mechanism, or a selector, such as a `MemorySelector`, which the loop then owns. */
  selector?: SelectorName | Selector;
  /** A seed, with which the handles of an iteration run in random order. See `shuffleHandles`. */
  shuffle?: number;
  /**
   * The real time, in milliseconds, that must pass without an event before the clock jumps. Default: 0. Needed only if the program waits
   * for something outside of it: another process, a worker, a server that is not part of the test.
   */
  jumpAfterMs?: number;
}

/**
 * Creates a loop whose time jumps to the next deadline when it has nothing else to do: `sleep(3_600_000)` returns immediately, and
 * `loop.time()` has then advanced by exactly 3,600,000. Descriptors are real. It works for both hosted and blocking runs.
 *
 * In a hosted run, the clock stands still while Node has requests in flight (files, name resolution, the thread pool). Node's own timers
 * run in real time, and the clock does not wait for them. Without a deadline, the loop waits in real time, as any loop does.
 *
 * @throws TypeError or RangeError for an invalid option
 *
 * @example
 * import { runSync, sleep } from 'selectloop';
 * import { virtualLoop } from 'selectloop/testing';
 *
 * function* main() {
 *   yield* sleep(3_600_000); // returns immediately
 *   return 'an hour later';
 * }
 *
 * console.log(runSync(main, { loopFactory: virtualLoop })); // an hour later
 */
export function virtualLoop(options: VirtualLoopOptions = {}): EventLoop {
  const { startMs, shuffle, jumpAfterMs = 0, debug } = checkOptions('virtualLoop: options', options);
  if (typeof jumpAfterMs !== 'number') throw wrongType('jumpAfterMs', 'a number of milliseconds', jumpAfterMs);
  if (!(jumpAfterMs >= 0 && jumpAfterMs < Infinity)) {
    throw outOfRange('jumpAfterMs', 'a finite number of milliseconds >= 0', jumpAfterMs);
  }
  if (options.clock !== undefined && startMs !== undefined) {
    throw outOfRange('startMs', 'undefined, because the clock option sets the time', startMs);
  }
  const shuffler = shuffle === undefined ? null : shuffling(shuffle); // may throw, so before a loop is created that would have to be closed
  const clock = options.clock ?? new VirtualClock(startMs);
  const selector = new JumpingSelector(chooseSelector(options.selector), clock, jumpAfterMs);
  const loop = new EventLoop({ selector, clock, ...(debug === undefined ? {} : { debug }) });
  selector.attach(loop);
  if (shuffler !== null) loop.addInstrument(shuffler);
  return loop;
}
