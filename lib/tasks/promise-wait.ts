/**
 * `await` of our awaitables, in async functions and promise chains.
 *
 * The engine awaits anything with a `then`, and calls it from a microtask in the context of the async function: there we learn
 * which task waits, and note the wait with it. That note is what makes a native async function cancellable: cancelling the task
 * cancels the futures it waits for, and each pending `await` throws.
 */

import { InvalidStateError } from '../errors/index.js';
import type { Runnable } from '../loop/runnable.js';
import { runningTask } from './task-context.js';
import type { PendingWait, Waitable, WaitingTask } from './waitable.js';

/** How a promise is settled. */
export type Settle<T> = (value: T) => void;

/** One promise that waits for one future. It stands in the ready queue itself when the future is done. */
export class PromiseWait<T> implements Runnable, PendingWait {
  private constructor(
    readonly future: Waitable<T>,
    private readonly task: WaitingTask | null,
    private readonly resolve: Settle<T>,
    private readonly reject: Settle<unknown>,
  ) {}

  /** Settles a promise with what the future will hold; at once if it is done. */
  static begin<T>(future: Waitable<T>, task: WaitingTask | null, resolve: Settle<T>, reject: Settle<unknown>): void {
    if ((future as unknown) === task) {
      reject(new InvalidStateError(`Task cannot await on itself: ${future.toString()}`));
      return;
    }
    const wait = new PromiseWait(future, task, resolve, reject);
    if (future.done()) {
      wait.settle();
      return;
    }
    future._listen(wait);
    task?._waitBegins(wait);
  }

  _run(): void {
    const cancelled = this.task?._waitEnds(this) ?? null;
    if (cancelled === null) this.settle();
    else this.reject(cancelled);
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
      this.reject(error);
      return;
    }
    this.resolve(value);
  }
}

/** `then` of a future: waits for it as the running task, and passes the outcome on as a promise does. */
export function thenOf<T, R1, R2>(
  future: Waitable<T>,
  onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
  onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
): Promise<R1 | R2> {
  const task = runningTask();
  return new Promise<T>((resolve, reject) => PromiseWait.begin(future, task, resolve, reject)).then(
    onFulfilled,
    onRejected,
  );
}
