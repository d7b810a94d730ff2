/**
 * `await` of our awaitables, in async functions and promise chains.
 *
 * The engine awaits anything with a `then`, and calls it from a microtask in the context of the async function: there we learn
 * which task waits, and note the wait with it. That note is what makes a native async function cancellable: cancelling the task
 * cancels the futures it waits for, and each pending `await` throws.
 */

import type { Linked } from '../collections/linked-list.js';
import { CancelledError, InvalidStateError } from '../errors/index.js';
import type { Runnable } from '../loop/runnable.js';
import { mistakeInWait } from './mistakes.js';
import { awaitingTask } from './task-context.js';
import type { PendingWait, Waitable, WaitingTask } from './waitable.js';

/** How a promise is settled. */
export type Settle<T> = Settling<T>['settle'];

/** A method's parameters are compared both ways: a Coroutine<number>, which settles promises, stays a Coroutine<unknown>. */
interface Settling<T> {
  settle(value: T): void;
}

/** One promise that waits for one future. It stands in the ready queue itself when the future is done. */
export class PromiseWait<T> implements Runnable, PendingWait {
  /** @internal Its neighbours among the waits of its task. */
  _previous: Linked | null = null;
  /** @internal */
  _next: Linked | null = null;
  /** What `then` returned; known only after the wait has begun. */
  derived: Promise<unknown> | null = null;

  private constructor(
    readonly future: Waitable<T>,
    readonly task: WaitingTask | null,
    private readonly resolve: Settle<T>,
    private readonly reject: Settle<unknown>,
    private readonly reported: boolean,
  ) {}

  /**
   * Settles a promise with what the future will hold. Null if it is settled at once, because the future is done.
   *
   * @param reported whether instruments hear of the wait; a continuation's they hear of from the continuation, which waits for
   *   something in its turn
   */
  static begin<T>(
    future: Waitable<T>,
    task: WaitingTask | null,
    resolve: Settle<T>,
    reject: Settle<unknown>,
    reported = true,
  ): PromiseWait<T> | null {
    const mistake = task === null ? null : mistakeInWait(future, task);
    if (mistake !== null) {
      reject(new InvalidStateError(mistake));
      return null;
    }
    const wait = new PromiseWait(future, task, resolve, reject, reported);
    if (future.done()) {
      wait.settle();
      return null;
    }
    future._listen(wait);
    if (task === null) return wait;
    if (reported) task._loop._instrument?.taskWaits?.(task, future);
    task._waitBegins(wait);
    return wait;
  }

  _run(): void {
    const { task } = this;
    if (this.reported && task !== null) task._loop._instrument?.taskStep?.(task);
    const cancelled = task?._waitEnds(this) ?? null;
    if (cancelled === null) this.settle();
    else this.refuse(cancelled);
  }

  /** A promise's wait cannot be taken back: promises have no such notion. */
  cancel(): boolean {
    return false;
  }

  cancelled(): boolean {
    return false;
  }

  toString(): string {
    return `<await ${this.future.toString()}>`;
  }

  private settle(): void {
    let value: T;
    try {
      value = this.future.result();
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.resolve(value);
  }

  /**
   * `void task.then(log)` and the end of the run cancels the task: whoever did not care for the outcome must not be answered
   * with an unhandled rejection, which ends the process. A cancellation is not a failure that somebody overlooked.
   */
  private refuse(error: unknown): void {
    if (error instanceof CancelledError) this.derived?.catch(() => undefined);
    this.reject(error);
  }
}

/**
 * `then` of a future: waits for it as the async function that runs, and passes the outcome on as a promise does.
 *
 * @param task whose function that is; null outside of tasks
 * @param reported as for {@link PromiseWait.begin}
 */
export function thenOf<T, R1, R2>(
  future: Waitable<T>,
  onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
  onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  task: WaitingTask | null = awaitingTask(),
  reported = true,
): Promise<R1 | R2> {
  let wait: PromiseWait<T> | null = null;
  const derived = new Promise<T>((resolve, reject) => {
    wait = PromiseWait.begin<T>(future, task, resolve, reject, reported);
  }).then(onFulfilled, onRejected);
  noteDerived(wait, derived);
  return derived;
}

/** Tells the wait, if there is one, which promise its outcome goes to. */
function noteDerived(wait: PromiseWait<never> | null, derived: Promise<unknown>): void {
  if (wait !== null) wait.derived = derived;
}
