/**
 * The requests to cancel one task.
 *
 * They are counted, because several may be under way at once (a timeout within a timeout, and Ctrl-C): whoever made one takes his
 * own back, and sees whether others are left. Made by the first request; most tasks never have one.
 */

import { CancelledError } from '../errors/index.js';
import type { Waitable } from './waitable.js';

/** What a task remembers of being cancelled. */
export class Cancellation {
  /** How many requests are not taken back. */
  requests = 0;
  /** What was given to the latest request. */
  reason: unknown = undefined;
  /** True while a request is passed on to what the task waits for. */
  spreading = false;
  /** A request that found nothing to cancel is kept, and thrown at the next wait. */
  private kept = false;
  private controller: AbortController | null = null;

  /** One more request. */
  request(reason: unknown): void {
    this.requests += 1;
    this.reason = reason;
  }

  /** Has the next wait throw. */
  keep(reason: unknown): void {
    this.kept = true;
    this.reason = reason;
  }

  /** Takes one request back. */
  withdraw(): void {
    if (this.requests > 0) this.requests -= 1;
    if (this.requests > 0) return;
    this.revoke();
    if (this.controller?.signal.aborted === true) this.controller = null; // the next `signal` is a fresh one
  }

  /** Nothing is thrown any more. */
  revoke(): void {
    this.kept = false;
  }

  /** How many requests the code of the task has met; one that is kept is still to come. */
  get met(): number {
    return this.kept ? this.requests - 1 : this.requests;
  }

  /** The kept request, which is kept no longer; null if there is none. */
  take(): CancelledError | null {
    if (!this.kept) return null;
    this.kept = false;
    return new CancelledError(this.reason);
  }

  /** A wait begins: a request that is kept cancels it. */
  passTo(future: Waitable): void {
    if (this.kept && future.cancel(this.reason)) this.kept = false;
  }

  /** Aborted by a request; if there was one before, from the beginning. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.requests > 0) this.abort();
    }
    return this.controller.signal;
  }

  /** Tells those who have the signal. */
  abort(): void {
    this.controller?.abort(new CancelledError(this.reason));
  }
}
