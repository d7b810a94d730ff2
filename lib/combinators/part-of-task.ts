/**
 * Tasks that run a part of another task: an async body in a generator task, `waitFor` in an async function.
 *
 * To the program, the part and the whole are one task: cancelling the whole cancels the part, and the whole resumes when the part
 * ends. One thing would be lost between the two: a task group that fails while it is being cancelled throws its errors first, and
 * the cancellation is thrown at the next wait. If the part has no further wait, the whole must throw it.
 */

import type { CancelledError } from '../errors/index.js';
import { isCancelled } from '../errors/index.js';
import { type Task, currentTask } from '../tasks/index.js';

/** A cancellation that was requested of the part and not thrown in it before it ended. The whole then has to throw it. */
export class UnthrownCancellation {
  private request: CancelledError | null = null;

  /** Takes the request from the part, if it has one. Called in the part, when it ends with an error. */
  takeFromCurrentTask(): void {
    this.request = currentTask()?._takeRequest() ?? null;
  }

  /** Has the whole throw it at its next wait. Called in the whole, when it has received the error of the part. */
  passTo(whole: Task): void {
    if (this.request !== null) whole._inheritRequest(this.request);
  }
}

/**
 * Returns `outcome.then(...)`, for the `then` of our awaitables. A program that drops the promise must not get an unhandled rejection
 * when the operation is cancelled, for example at the end of the run (as in tasks/promise-wait.ts).
 */
export function derive<T, R1, R2>(
  outcome: Promise<T>,
  onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
  onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
): Promise<R1 | R2> {
  const derived = outcome.then(onFulfilled, onRejected);
  outcome.catch((error: unknown) => {
    if (isCancelled(error)) derived.catch(() => undefined);
  });
  return derived;
}
