/** Ctrl-C during a run. */

import { isMainThread } from 'node:worker_threads';

import { CancelledError, KeyboardInterrupt, OSError } from '../errors/index.js';
import { type Future, Task } from '../tasks/index.js';
import type { EventLoop } from './event-loop.js';

/**
 * The first SIGINT cancels main, so that its `finally` blocks run; the second ends the process as Node would. Nothing is done in
 * a worker, whose end is the main thread's decision, nor when the program handles SIGINT itself: with `process.on`, also from
 * within main, or with `addSignalHandler`, also of a loop in a worker.
 */
export class Interrupt {
  private arrived = false;
  private watch: Disposable | null = null;

  constructor(
    loop: EventLoop,
    private readonly main: Future,
    private readonly hosted: boolean,
  ) {
    if (!isMainThread || process.listenerCount('SIGINT') > 0) return;
    try {
      this.watch = loop._watchSignal('SIGINT', () => this.onSignal(), hosted);
    } catch (error) {
      if (!(error instanceof OSError && error.code === 'EBUSY')) throw error; // a loop in a worker watches it
    }
  }

  /** Puts the default of SIGINT back. */
  restore(): void {
    this.watch?.[Symbol.dispose]();
    this.watch = null;
  }

  /** The error to throw for `error`: KeyboardInterrupt if main ended because of the signal and of nothing else. */
  translate(error: unknown): unknown {
    if (!this.arrived || !(error instanceof CancelledError)) return error;
    if (this.main instanceof Task && this.main.uncancel() > 0) return error; // somebody else cancelled it too
    return new KeyboardInterrupt(undefined, { cause: error });
  }

  private onSignal(): void {
    // One listener is ours. Another one was added by the program after the run had begun: the signal is its business now.
    if (this.hosted && process.listenerCount('SIGINT') > 1) return;
    if (!this.arrived) {
      this.arrived = true;
      this.main.cancel();
      return;
    }
    this.restore();
    process.kill(process.pid, 'SIGINT');
  }
}
