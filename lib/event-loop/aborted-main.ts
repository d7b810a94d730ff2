/** Handles the AbortSignal of a run. */

import type { Linked } from '../collections/linked-list.js';
import { isCancelled } from '../errors/index.js';
import { type Future, Task } from '../tasks/index.js';
import { type AbortTarget, abortErrorOf, followSignal, unfollowSignal } from '../tasks/abort-signals.js';

/** Cancels main when the signal is aborted. If it is already aborted, main never starts. */
export class AbortedMain implements AbortTarget {
  /** @internal The target before this one in the list of the signal. */
  _previous: Linked | null = null;
  /** @internal The target after this one. */
  _next: Linked | null = null;
  private aborted = false;

  constructor(
    private readonly main: Future,
    private readonly signal: AbortSignal | undefined,
  ) {
    if (signal === undefined) return;
    if (signal.aborted) this._aborted();
    else followSignal(signal, this);
  }

  /** @internal Cancels main. */
  _aborted(): void {
    this.aborted = true;
    this.main.cancel(this.signal?.reason);
  }

  /** Stops following the signal. */
  restore(): void {
    if (this.signal !== undefined) unfollowSignal(this.signal, this);
  }

  /** Returns the error to throw for `error`: the reason of the signal if main was cancelled by it and by nothing else. */
  translate(error: unknown): unknown {
    const { main, signal } = this;
    if (signal === undefined || !this.aborted || !isCancelled(error)) return error;
    if (main instanceof Task && main.uncancel() > 0) return error; // also cancelled by other code
    return abortErrorOf(signal);
  }
}
