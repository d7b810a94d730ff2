/** A scope that an AbortSignal cancels. */

import type { Linked } from '../collections/linked-list.js';
import { isCancelled } from '../errors/index.js';
import type { Steps, Task } from '../tasks/index.js';
import { type AbortTarget, abortErrorOf, followSignal, unfollowSignal } from '../tasks/abort-signals.js';
import type { Failure, Scope } from './scope-contract.js';

/**
 * Runs inside out: enters the scope that it is given, and cancels the task of the body when the signal is aborted. The CancelledError with
 * which the scope ends then becomes the reason of the signal, as for a `Timeout`.
 *
 * A single operation does not need this, because it is cancelled without a request to its task; see tasks/abortable.ts. A body may start
 * anything in the task.
 */
export class AbortableScope implements Scope, AbortTarget {
  /** @internal The target before this one in the list of the signal. */
  _previous: Linked | null = null;
  /** @internal The target after this one. */
  _next: Linked | null = null;
  private task: Task | null = null;
  /** See `Timeout`. */
  private requestsBefore = 0;
  private aborted = false;

  constructor(
    private readonly scope: Scope,
    private readonly signal: AbortSignal,
  ) {}

  /** Throws the reason of the signal if it is already aborted. */
  enter(task: Task): void {
    if (this.signal.aborted) throw abortErrorOf(this.signal);
    this.scope.enter(task);
    this.task = task;
    this.requestsBefore = task._requestsMet;
    followSignal(this.signal, this);
  }

  *exit(failure: Failure | null): Steps<boolean> {
    let outcome: Failure | boolean;
    try {
      outcome = yield* this.scope.exit(failure);
    } catch (error) {
      outcome = { error };
    }
    const onlyRequest = this.leave();
    const left = typeof outcome !== 'boolean' ? outcome : outcome ? null : failure;
    if (onlyRequest && isCancelled(left?.error)) throw abortErrorOf(this.signal);
    if (typeof outcome !== 'boolean') throw outcome.error;
    return outcome;
  }

  abandon(): void {
    this.leave();
    this.scope.abandon();
  }

  /** @internal Cancels the task of the body. */
  _aborted(): void {
    const { task, signal } = this;
    if (task === null || task._loop.isClosed()) return; // a signal may outlive the loop
    this.aborted = true;
    task.cancel(signal.reason);
  }

  /** Stops following the signal and takes its request back. Returns true if the task has no other request that came since `enter`. */
  private leave(): boolean {
    unfollowSignal(this.signal, this);
    if (!this.aborted || this.task === null) return false;
    return this.task.uncancel() <= this.requestsBefore;
  }
}
