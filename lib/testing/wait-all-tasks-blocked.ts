/** Waiting until nothing moves any more. */

import type { Instrument } from '../loop/instrument.js';
import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';

/**
 * Sees for each iteration of a loop whether it runs anything but tasks that wait for quiet.
 *
 * Such a task takes a turn in every iteration, so it stands in the ready queue exactly once when the iteration begins to run:
 * if there are as many handles as waiters, all others are blocked, no descriptor was ready, and no timer is due. The loop never
 * waits meanwhile, so a virtual clock does not jump either.
 */
class QuietWatch implements Instrument {
  quiet = false;
  private waiters = 0;
  private undecided = false;
  private installed: Disposable | null = null;

  constructor(private readonly loop: LoopCore) {}

  join(): void {
    this.waiters += 1;
    this.installed ??= this.loop.addInstrument(this);
  }

  leave(): void {
    this.waiters -= 1;
    if (this.waiters > 0) return;
    this.installed?.[Symbol.dispose]();
    this.installed = null;
    this.undecided = false;
  }

  iterationStart(): void {
    this.undecided = true;
  }

  /** The first handle of an iteration has just left the ready queue; the others of its iteration are there, and nothing else. */
  handleStart(): void {
    if (!this.undecided) return;
    this.undecided = false;
    const host = this.loop._host;
    const hostIsQuiet = host === null || (host.timeoutMs !== 0 && host.activeRequests() === 0);
    const handles = this.loop.statistics().ready + 1;
    this.quiet = handles === this.waiters && hostIsQuiet;
  }
}

const watchOf = onePerLoop((loop) => new QuietWatch(loop));

function* waitSteps(): Steps<void> {
  const watch = watchOf(currentLoop());
  watch.join();
  try {
    do yield;
    while (!watch.quiet);
  } finally {
    watch.leave();
  }
}

/**
 * Waits until every other task is blocked: nothing is ready to run, no descriptor is ready, no timer is due. In a hosted run
 * Node has nothing to do at that moment, and no request under way (files, names, the thread pool). Timers that are not due yet
 * are not waited for, and virtual time does not move. (trio's `wait_all_tasks_blocked`.)
 *
 * So that a test can start tasks, let them come to the place where they wait, and look. Where several tasks wait for this, none
 * counts as busy for the others, and all go on in the same iteration. With a task that never blocks it never returns.
 * Cancelling it leaves nothing behind.
 */
export function waitAllTasksBlocked(): Coroutine<void> {
  return new Coroutine(waitSteps(), 'waitAllTasksBlocked');
}
