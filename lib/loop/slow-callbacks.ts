/** Debug mode: reports slow callbacks. */

import type { ExceptionContext } from './exception-handler.js';
import type { Instrument } from './instrument.js';
import type { Runnable } from './runnable.js';

/** Handles and tasks record where they were created. */
interface Sourced extends Runnable {
  readonly _source?: string | null;
}

/** The part of a loop that the watch uses. */
interface WatchedLoop {
  readonly slowCallbackMs: number;
  time(): number;
  callExceptionHandler(context: ExceptionContext): void;
}

/**
 * Measures every handle and reports those that exceed the loop's limit: while one callback runs, nothing else does.
 *
 * A task is often resumed by another runnable, such as the timer of its sleep. The report then names the task.
 */
export class SlowCallbackWatch implements Instrument {
  private started = 0;
  private task: Runnable | null = null;

  constructor(private readonly loop: WatchedLoop) {}

  handleStart(): void {
    this.started = this.loop.time();
    this.task = null;
  }

  taskStep(task: Runnable): void {
    this.task = task;
  }

  handleEnd(handle: Runnable): void {
    const took = this.loop.time() - this.started;
    if (took < this.loop.slowCallbackMs) return;
    const slow = this.task ?? handle;
    const message = `Executing ${String(slow)} took ${(took / 1000).toFixed(3)} seconds`;
    this.loop.callExceptionHandler({ message, source: (slow as Sourced)._source ?? null });
  }
}
