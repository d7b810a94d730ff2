/** Creates event loops that run in virtual time. */

import { checkNames, outOfRange, wrongType, optionNames } from '../errors/index.js';
import { EventLoop, chooseSelector } from '../event-loop/index.js';
import type { Selector, SelectorName } from '../selectors/index.js';
import { JumpingSelector } from './jumping-selector.js';
import { shuffling } from './shuffle.js';
import { VirtualClock } from './virtual-clock.js';

/** Options of {@link virtualLoop}. */
export interface VirtualLoopOptions {
  /** The initial time in milliseconds. Default: 0. */
  startMs?: number;
  /** The clock of the loop. Default: a new one that begins at `startMs`, which must not be given together with a clock. */
  clock?: VirtualClock;
  /** Debug mode. Default: true if SELECTLOOP_DEBUG=1. */
  debug?: boolean;
  /** The selector, which the loop then owns, or its name. Default: as for `newEventLoop`. */
  selector?: SelectorName | Selector;
  /** A seed: the handles of each iteration run in a random order. See `shuffleHandles`. Default: in the order in which they became ready. */
  shuffle?: number;
  /**
   * The real time, in milliseconds, that must pass without an event before the clock jumps. Default: 0. Set it only if the program waits
   * for another process, a worker, or a server that is not part of the test.
   */
  jumpAfterMs?: number;
}

const OPTIONS = optionNames<VirtualLoopOptions>({
  startMs: true,
  clock: true,
  debug: true,
  selector: true,
  shuffle: true,
  jumpAfterMs: true,
});

/**
 * Creates a loop whose clock jumps to the next deadline when nothing can run: `sleep(3_600_000)` takes no real time, and advances
 * `loop.time()` by exactly 3,600,000. Descriptors are real, so a program can use sockets. The loop works in hosted and in blocking runs.
 *
 * If there is no deadline, the loop waits for its descriptors in real time. In a hosted run, the clock does not jump while Node has requests
 * in flight (files, name resolution, the thread pool). Node's own timers run in real time, and the clock does not wait for them.
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
  const { startMs, shuffle, jumpAfterMs = 0, debug } = checkNames('virtualLoop: options', options, OPTIONS);
  const expected = 'a finite number of milliseconds >= 0';
  if (typeof jumpAfterMs !== 'number') throw wrongType('virtualLoop: jumpAfterMs', expected, jumpAfterMs);
  if (!(jumpAfterMs >= 0 && jumpAfterMs < Infinity))
    throw outOfRange('virtualLoop: jumpAfterMs', expected, jumpAfterMs);
  if (options.clock !== undefined && startMs !== undefined) {
    throw outOfRange('virtualLoop: startMs', 'undefined, because clock is given', startMs);
  }
  // May throw. A loop created before it would then have to be closed.
  const shuffler = shuffle === undefined ? null : shuffling('virtualLoop: shuffle', shuffle);
  const clock = options.clock ?? new VirtualClock(startMs);
  const selector = new JumpingSelector(chooseSelector(options.selector), clock, jumpAfterMs);
  const loop = new EventLoop({ selector, clock, ...(debug === undefined ? {} : { debug }) });
  selector.attach(loop);
  if (shuffler !== null) loop.addInstrument(shuffler);
  return loop;
}
