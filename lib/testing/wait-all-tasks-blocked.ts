/** Waits until all tasks are blocked. */

import type { Instrument } from '../loop/instrument.js';
import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';

/**
 * Detects, for each iteration of a loop, whether it runs anything but the tasks that call `waitAllTasksBlocked`.
 *
 * Such a task runs in every iteration, so it is in the ready queue exactly once when the handles of an iteration begin to run. If there
 * are as many handles as waiters, all other tasks are blocked, no descriptor was ready, and no timer was due. Meanwhile the loop never
 * waits, so a virtual clock does not jump either.
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

  /** At the first handle of an iteration, the ready queue contains exactly the other handles of that iteration. */
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
 * Waits until every other task is blocked: no handle is ready, no descriptor is ready, no timer is due. In a hosted run, Node must also
 * have no work and no requests in flight (files, name resolution, the thread pool). It does not wait for timers that are not due yet, and
 * virtual time does not move. (The model is trio's `wait_all_tasks_blocked`.)
 *
 * Use it in a test to start tasks and let them run until they wait. If several tasks call it, none counts as busy for the rest, and all
 * resume in the same iteration. It never returns while another task never blocks. Cancelling it leaves nothing behind.
 *
 * @example
 * import { Event, createTask, run } from 'selectloop';
 * import { waitAllTasksBlocked } from 'selectloop/testing';
 *
 * await run(async () => {
 *   const event = new Event();
 *   const task = createTask(event.wait());
 *   await waitAllTasksBlocked(); // now the task waits for the event
 *   console.log(task.done()); // false
 *   event.set();
 *   await task;
 * });
 */
export function waitAllTasksBlocked(): Coroutine<void> {
  return new Coroutine(waitSteps(), 'waitAllTasksBlocked');
}
