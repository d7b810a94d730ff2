/**
 * Operations that an AbortSignal cancels.
 *
 * The steps of the operation run inside another iterator, which passes everything through, and therefore sees each future that the
 * operation waits for. Aborting the signal cancels that future, as `task.cancel()` would, so the operation cleans up as usual. But the
 * request is not one to the task: in an async function, other operations that run at the same time (`Promise.all`) continue. The
 * CancelledError with which the operation ends becomes the reason of the signal, unless the task was cancelled also.
 *
 * An operation without a signal does not pass through here. One with a signal adds no listener until it has to wait.
 */

import type { Linked } from '../collections/linked-list.js';
import { isCancelled, type OptionNames, checkNames } from '../errors/index.js';
import {
  type Abortable,
  type AbortTarget,
  ONLY_SIGNAL,
  abortErrorOf,
  followSignal,
  signalOf,
  unfollowSignal,
} from './abort-signals.js';
import { Cancellation } from './cancellation.js';
import { Coroutine } from './coroutine.js';
import type { Steps } from './future.js';
import { runningTask } from './task-context.js';
import { type Waitable, type WaitingTask, isWaitable } from './waitable.js';

/**
 * Returns the coroutine of an operation, which the signal among its options cancels.
 *
 * @param names of all its options; null if they are checked already
 */
export function operation<T>(
  name: string,
  steps: Steps<T>,
  options: Abortable | undefined,
  names: OptionNames | null = ONLY_SIGNAL,
): Coroutine<T> {
  return new Coroutine(options === undefined ? steps : abortable(name, steps, options, names), name);
}

/** Returns the steps of an operation, which the signal among its options cancels. @throws TypeError for an invalid signal */
export function abortable<T>(
  method: string,
  steps: Steps<T>,
  options: Abortable,
  names: OptionNames | null = ONLY_SIGNAL,
): Steps<T> {
  if (names !== null) checkNames(`${method}: options`, options, names);
  const signal = signalOf(method, options);
  return signal === undefined ? steps : new AbortableSteps(steps, signal);
}

type Step<T> = ReturnType<Steps<T>['next']>;

/** Steps that a signal cancels. */
class AbortableSteps<T> implements Steps<T>, AbortTarget {
  /** @internal The target before this one in the list of the signal. */
  _previous: Linked | null = null;
  /** @internal The target after this one. */
  _next: Linked | null = null;
  /** What the steps wait for. */
  private future: Waitable | null = null;
  /** The request of the signal; null until it is aborted. */
  private request: Cancellation | null = null;
  private begun = false;
  /** True once the steps have waited, and the signal is followed. */
  private waited = false;
  private task: WaitingTask | null = null;
  /** The number of cancellation requests that the task had met before the operation; see `Timeout`. */
  private requestsBefore = 0;

  constructor(
    private readonly steps: Steps<T>,
    private readonly signal: AbortSignal,
  ) {}

  next(): Step<T> {
    if (!this.begun) this.begin();
    const { future } = this;
    this.future = null;
    const error = this.request?.takeAfter(future) ?? null;
    return this.step(() => (error === null ? this.steps.next() : this.steps.throw(error)));
  }

  throw(error: unknown): Step<T> {
    this.begun = true;
    this.future = null;
    if (isCancelled(error)) this.request?.revoke(); // a second CancelledError would add nothing
    return this.step(() => this.steps.throw(error));
  }

  return(value: T): Step<T> {
    this.begun = true;
    this.future = null;
    return this.step(() => this.steps.return(value));
  }

  [Symbol.iterator](): this {
    return this;
  }

  get [Symbol.toStringTag](): string {
    return 'Generator';
  }

  [Symbol.dispose](): void {
    this.return(undefined as T);
  }

  /** @internal Cancels what the steps wait for. If there is nothing to cancel, they throw when they are resumed. */
  _aborted(): void {
    const { future, signal } = this;
    if (future?._loop.isClosed() === true) return; // a signal may outlive the loop
    const reason: unknown = signal.reason;
    this.request = new Cancellation();
    this.request.request(reason);
    if (future?.cancel(reason) !== true) this.request.keep(reason);
  }

  private begin(): void {
    this.begun = true;
    if (this.signal.aborted) {
      this.steps.return(undefined as T);
      throw abortErrorOf(this.signal);
    }
    this.task = runningTask();
    this.requestsBefore = this.task?._cancellation?.met ?? 0;
  }

  private step(resume: () => Step<T>): Step<T> {
    let result: Step<T>;
    try {
      result = resume();
    } catch (error) {
      this.end();
      throw this.outcomeOf(error);
    }
    if (result.done === true) this.end();
    else this.wait(result.value);
    return result;
  }

  /** The steps have yielded: they wait for a future, or yield to the loop. */
  private wait(yielded: unknown): void {
    this.future = isWaitable(yielded) ? yielded : null;
    if (this.waited) {
      if (this.future !== null) this.request?.passTo(this.future);
      return;
    }
    this.waited = true;
    if (this.signal.aborted) this._aborted();
    else followSignal(this.signal, this);
  }

  private end(): void {
    if (this.waited) unfollowSignal(this.signal, this);
  }

  private outcomeOf(error: unknown): unknown {
    if (this.request === null || !isCancelled(error) || this.taskIsCancelled()) return error;
    return abortErrorOf(this.signal);
  }

  /** True if the task has a cancellation request that the operation has met. Such a request must not be lost. */
  private taskIsCancelled(): boolean {
    const task = runningTask();
    // The task is another one if the operation was left running by an async function; then every request came during the operation.
    const requestsBefore = task === this.task ? this.requestsBefore : 0;
    return (task?._cancellation?.requests ?? 0) > requestsBefore;
  }
}
