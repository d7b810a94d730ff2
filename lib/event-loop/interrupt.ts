/** Ctrl-C during a run. */

import { isMainThread } from 'node:worker_threads';

import { CancelledError, KeyboardInterrupt, OSError } from '../errors/index.js';
import { type Future, Task } from '../tasks/index.js';
import type { EventLoop } from './event-loop.js';
import { dieOfUncaught } from './uncaught-interrupt.js';

/**
 * The first SIGINT cancels main, so that its `finally` blocks run, and the run fails with a KeyboardInterrupt. The second SIGINT
 * ends the process as Node would. A run in a worker leaves SIGINT to the main thread. A program that handles SIGINT itself keeps it,
 * whether with `process.on` (also from within main) or with `addSignalHandler` (also of a loop in a worker).
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

  /** Returns the error of the run for an error of main: KeyboardInterrupt if the signal, and nothing else, ended main. */
  translate(error: unknown): unknown {
    if (!this.arrived || !(error instanceof CancelledError)) return error;
    if (this.main instanceof Task && this.main.uncancel() > 0) return error; // other code cancelled it also
    const interrupt = new KeyboardInterrupt(undefined, { cause: error });
    dieOfUncaught(interrupt);
    return interrupt;
  }

  private onSignal(): void {
    // One listener is the loop's. The program added another one during the run, so it handles the signal.
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
