/**
 * The cancellation requests of a task.
 *
 * They are counted, because several may be in flight (a timeout within a timeout, and Ctrl-C): each requester takes back its own, and
 * sees whether others are left. A request ends what the task waits for, and that wait throws. If there is nothing to end, because the
 * task has not started, was just woken, or awaits a foreign promise, the request stays *pending* and is thrown at the next wait.
 *
 * Created by the first request; most tasks never have one.
 */

import { CancelledError, isCancelled, isError } from '../errors/index.js';

/** The part of a future that shows how it has ended. */
interface Ended {
  result(): unknown;
}

/** The requests of one task. */
export class Cancellation {
  /** The number of requests that have not been taken back. */
  requests = 0;
  /** The argument of the latest request. */
  private reason: unknown = undefined;
  private pending = false;
  private controller: AbortController | null = null;

  /** Counts one more request. */
  request(reason: unknown): void {
    this.requests += 1;
    this.reason = reason;
  }

  /** Makes a request pending. */
  keep(reason: unknown): void {
    this.pending = true;
    this.reason = reason;
  }

  /** Takes one request back, and with the last one also a pending throw. */
  withdraw(): void {
    if (this.requests > 0) this.requests -= 1;
    if (this.requests > 0) return;
    this.revoke();
    if (this.controller?.signal.aborted === true) this.controller = null; // the next `signal` is a new one
  }

  /** Drops the pending request. */
  revoke(): void {
    this.pending = false;
  }

  /** The number of requests that the code of the task has met; a pending one is still to come. */
  get met(): number {
    return this.pending ? this.requests - 1 : this.requests;
  }

  /** Returns the pending request, which is then no longer pending; null if there is none. */
  take(): CancelledError | null {
    if (!this.pending) return null;
    this.pending = false;
    return new CancelledError(this.reason);
  }

  /**
   * Returns the pending request at the end of a wait for `future`; null for a wait that a cancellation has ended, because a second
   * CancelledError would add nothing to the one that it throws.
   */
  takeAfter(future: Ended | null): CancelledError | null {
    const request = this.take();
    return request !== null && future !== null && endedByCancellation(future) ? null : request;
  }

  /** Passes a pending request on to what the task begins to wait for. */
  passTo(awaited: { cancel(reason: unknown): boolean }): void {
    if (this.pending && awaited.cancel(this.reason)) this.pending = false;
  }

  /** Aborted by the next request; aborted already if there was one. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.requests > 0) this.abort();
    }
    return this.controller.signal;
  }

  /**
   * Returns the CancelledError with which the signal was aborted if `error` is the AbortError of an API of Node that was given the signal:
   * to the task, that is its cancellation. Returns any other error unchanged.
   */
  unwrap(error: unknown): unknown {
    if (this.controller === null || !isError(error) || error.name !== 'AbortError') return error;
    const { reason } = this.controller.signal as { readonly reason: unknown };
    return reason !== undefined && error.cause === reason ? reason : error;
  }

  /** Aborts the signal, if it was asked for. */
  abort(): void {
    this.controller?.abort(new CancelledError(this.reason));
  }
}

/** True if a done future was cancelled, or failed with a CancelledError. This counts as retrieving its error. */
function endedByCancellation(future: Ended): boolean {
  try {
    future.result();
    return false;
  } catch (error) {
    return isCancelled(error);
  }
}
