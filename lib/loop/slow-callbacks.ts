/** Measures callbacks, for debug mode and for `node:diagnostics_channel`. */

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
}

/** Receives the slow callbacks. */
type Report = (slow: Runnable, durationMs: number) => void;

/**
 * Measures every handle and reports those that exceed the loop's limit: while one callback runs, nothing else does.
 *
 * A task is often resumed by another runnable, such as the timer of its sleep. The report then names the task.
 */
export class SlowCallbackWatch implements Instrument {
  private started = 0;
  private task: Runnable | null = null;

  constructor(
    private readonly loop: WatchedLoop,
    private readonly report: Report,
  ) {}

  handleStart(): void {
    this.started = this.loop.time();
    this.task = null;
  }

  taskStep(task: Runnable): void {
    this.task = task;
  }

  handleEnd(handle: Runnable): void {
    const took = this.loop.time() - this.started;
    if (took >= this.loop.slowCallbackMs) this.report(this.task ?? handle, took);
  }
}

/** Debug mode: reports slow callbacks to the exception handler of the loop. */
export function reportSlowCallbacks(loop: { callExceptionHandler(context: ExceptionContext): void }): Report {
  return (slow, durationMs) => {
    const message = `Executing ${String(slow)} took ${(durationMs / 1000).toFixed(3)} seconds`;
    loop.callExceptionHandler({ message, source: (slow as Sourced)._source ?? null });
  };
}
