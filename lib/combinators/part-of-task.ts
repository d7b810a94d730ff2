/**
 * Tasks that run a part of another one: an async body in a generator task, `waitFor` in an async function.
 *
 * To the program they are that other task. Cancelling it cancels them, and when they end it goes on. One thing would be lost
 * between the two: a task group that fails while it is cancelled throws its errors first, and has the cancellation thrown at the
 * next wait. If the part has no next wait, the whole must have it.
 */

import { CancelledError } from '../errors/index.js';
import { type Task, currentTask } from '../tasks/index.js';

/** Remembers what a part has left to throw. */
export class Remainder {
  private request: CancelledError | null = null;

  /** In the part, when it ends with an error. */
  leave(): void {
    this.request = currentTask()?._takeRequest() ?? null;
  }

  /** In the whole, when it has got that error. */
  passTo(whole: Task): void {
    if (this.request !== null) whole._inheritRequest(this.request);
  }
}

/**
 * `outcome.then(...)` for the `then` of our awaitables. Whoever drops the promise must not be answered with an unhandled rejection
 * when the operation is cancelled, at the end of the run for example (as in tasks/promise-wait.ts).
 */
export function derive<T, R1, R2>(
  outcome: Promise<T>,
  onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
  onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
): Promise<R1 | R2> {
  const derived = outcome.then(onFulfilled, onRejected);
  outcome.catch((error: unknown) => {
    if (error instanceof CancelledError) derived.catch(() => undefined);
  });
  return derived;
}
