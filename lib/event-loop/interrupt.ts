/** Handles Ctrl-C during a run. */

import { KeyboardInterrupt, OSError, isCancelled, isInstance } from '../errors/index.js';
import { isSimulated } from '../platform/kernel-state.js';
import { isMainThread } from '../platform/threads.js';
import { type Future, Task } from '../tasks/index.js';
import type { EventLoop } from './event-loop.js';
import { dieOfUncaught } from './uncaught-interrupt.js';

/**
 * The first SIGINT cancels main, so that its `finally` blocks run; the second ends the process, as by default in Node. It does nothing in a
 * worker, because the main thread decides when a worker ends, and if the program handles SIGINT itself: with `process.on`, even if called
 * within main, or with `addSignalHandler`, even of a loop in a worker. In a simulation it does nothing either: Ctrl-C is meant for the
 * process that simulates, and ends it.
 */
export class Interrupt {
  private arrived = false;
  private watch: Disposable | null = null;

  constructor(
    loop: EventLoop,
    private readonly main: Future,
    private readonly hosted: boolean,
  ) {
    if (!isMainThread || isSimulated() || process.listenerCount('SIGINT') > 0) return;
    try {
      this.watch = loop._watchSignal('SIGINT', () => this.onSignal(), hosted);
    } catch (error) {
      if (!(isInstance(error, OSError) && error.code === 'EBUSY')) throw error; // a loop in a worker watches it
    }
  }

  /** Restores the default of SIGINT. */
  restore(): void {
    this.watch?.[Symbol.dispose]();
    this.watch = null;
  }

  /** Returns the error to throw for `error`: a KeyboardInterrupt if main was cancelled by the signal and by nothing else. */
  translate(error: unknown): unknown {
    if (!this.arrived || !isCancelled(error)) return error;
    if (this.main instanceof Task && this.main.uncancel() > 0) return error; // also cancelled by other code
    const interrupt = new KeyboardInterrupt(undefined, { cause: error });
    dieOfUncaught(interrupt);
    return interrupt;
  }

  private onSignal(): void {
    // One listener is ours. If the program has added another since the run began, it handles the signal.
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
