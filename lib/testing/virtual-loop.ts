/** The event loop in virtual time. */

import { outOfRange, wrongType } from '../errors/index.js';
import { EventLoop, chooseSelector } from '../event-loop/index.js';
import type { Selector, SelectorName } from '../selectors/index.js';
import { JumpingSelector } from './jumping-selector.js';
import { shuffling } from './shuffle.js';
import { VirtualClock } from './virtual-clock.js';

/** How a loop in virtual time is made. */
export interface VirtualLoopOptions {
  /** What the clock says at first, in milliseconds. Default: 0. */
  startMs?: number;
  /** A clock of your own, instead of `startMs`. */
  clock?: VirtualClock;
  /** Debug mode. Default: SELECTLOOP_DEBUG=1. */
  debug?: boolean;
  /** What looks at the descriptors: a mechanism by its name, or a selector (a `MemorySelector`, say), which the loop then owns. */
  selector?: SelectorName | Selector;
  /** A seed: the handles of an iteration run in a random order. See `shuffleHandles`. */
  shuffle?: number;
  /**
   * So many milliseconds of real time must pass without anything happening before the clock jumps. Default: 0. Needed only where
   * the program waits for something outside: another process, a worker, a server that is not part of the test.
   */
  jumpAfterMs?: number;
}

/**
 * A loop whose time jumps to the next deadline when nothing else is left to do: `sleep(3_600_000)` returns at once, and
 * `loop.time()` is then exactly 3,600,000 later. Descriptors are real. Works for both ways of running:
 *
 *     await run(main, { loopFactory: virtualLoop });
 *     runSync(main, { loopFactory: () => virtualLoop({ shuffle: 7 }) });
 *
 * In a hosted run the clock stands still while Node has a file, a name or a computation under way; Node's own timers go by real
 * time and are not waited for. With no deadline left the loop waits, in reality, as any loop does.
 *
 * @throws TypeError or RangeError for a bad option
 */
export function virtualLoop(options: VirtualLoopOptions = {}): EventLoop {
  const { startMs, shuffle, jumpAfterMs = 0, debug } = options;
  if (typeof jumpAfterMs !== 'number') throw wrongType('jumpAfterMs', 'a number of milliseconds', jumpAfterMs);
  if (!(jumpAfterMs >= 0 && jumpAfterMs < Infinity)) {
    throw outOfRange('jumpAfterMs', 'a finite number of milliseconds from 0 on', jumpAfterMs);
  }
  if (options.clock !== undefined && startMs !== undefined) {
    throw outOfRange('startMs', 'nothing beside a clock, which has a time of its own', startMs);
  }
  const shuffler = shuffle === undefined ? null : shuffling(shuffle); // before there is a loop to close: it may throw
  const clock = options.clock ?? new VirtualClock(startMs);
  const selector = new JumpingSelector(chooseSelector(options.selector), clock, jumpAfterMs);
  const loop = new EventLoop({ selector, clock, ...(debug === undefined ? {} : { debug }) });
  selector.attach(loop);
  if (shuffler !== null) loop.addInstrument(shuffler);
  return loop;
}
