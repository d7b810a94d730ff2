/** One operation with a time limit. */

import { TimeoutError, isCancelled, wrongType } from '../errors/index.js';
import {
  type Abortable,
  type Awaitable,
  Coroutine,
  Future,
  type Steps,
  type Task,
  abortable,
  createTaskOn,
  ensureFuture,
  isAwaitable,
  isCoroutine,
} from '../tasks/index.js';
import { onBehalfOf } from '../tasks/awaiter.js';
import { awaitingTask } from '../tasks/task-context.js';
import { checkedMs } from './checked-ms.js';
import { UnthrownCancellation, derive } from './part-of-task.js';
import { timeout } from './timeout.js';

/**
 * The coroutine of `waitFor`. A generator task runs it as part of itself. In an async function it becomes a separate task, started
 * immediately, because the function may wait for several operations together (`Promise.all`), and a timeout of one must not cancel
 * the rest.
 */
class WaitFor<T> extends Coroutine<T> {
  override then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    const caller = awaitingTask() as Task | null;
    if (caller === null) return super.then(onFulfilled, onRejected);
    return derive(this.asPartOf(caller), onFulfilled, onRejected);
  }

  private async asPartOf(whole: Task): Promise<T> {
    const steps = this[Symbol.iterator]();
    const unthrown = new UnthrownCancellation();
    const part = function* (): Steps<T> {
      try {
        return yield* steps;
      } catch (error) {
        unthrown.takeFromCurrentTask();
        throw error;
      }
    };
    try {
      return await createTaskOn(whole._loop, part, { eagerStart: true });
    } catch (error) {
      unthrown.passTo(whole);
      throw error;
    }
  }
}

/**
 * Waits for `awaitable` with a time limit and returns its result.
 *
 * When the time is over, `awaitable` is cancelled, its clean-up runs to the end, however long that takes, and a TimeoutError is thrown.
 * If it ends with a result or another error in spite of that, that is the outcome. With a limit of zero or less, only a future that is
 * already done is in time, and a coroutine is not started.
 *
 * Cancelling the wait cancels `awaitable`, waits for its end, and leaves no timer behind. To keep the operation running, `shield` it.
 * A promise cannot be cancelled: it continues, but is no longer waited for.
 *
 * @param timeoutMs milliseconds, fractions allowed; null: no limit
 * @param options a `signal` that cancels the wait
 * @throws TypeError or RangeError for a value that cannot be awaited or an invalid duration; when awaited: TimeoutError
 *
 * @example
 * import { TimeoutError, run, sleep, waitFor } from 'selectloop';
 *
 * await run(async () => {
 *   try {
 *     await waitFor(sleep(60_000), 10);
 *   } catch (error) {
 *     console.log(error instanceof TimeoutError); // true
 *   }
 * });
 */
export function waitFor<T>(awaitable: Awaitable<T>, timeoutMs: number | null, options: Abortable = {}): Coroutine<T> {
  if (!isAwaitable(awaitable)) throw wrongType('waitFor', 'a future, a coroutine or a promise', awaitable);
  const steps = waitForSteps(awaitable, checkedMs('waitFor: timeoutMs', timeoutMs));
  return new WaitFor(abortable('waitFor', steps, options), 'waitFor');
}

function* waitForSteps<T>(awaitable: Awaitable<T>, timeoutMs: number | null): Steps<T> {
  if (timeoutMs === null || timeoutMs > 0) {
    return yield* timeout(timeoutMs, function* () {
      return isCoroutine(awaitable) ? yield* awaitable as Steps<T> : yield* ensureFuture(awaitable);
    });
  }
  const future = ensureFuture(awaitable);
  if (future.done()) return future.result();
  yield* cancelAndWait(future);
  try {
    return future.result();
  } catch (error) {
    if (isCancelled(error)) throw new TimeoutError('the operation timed out after 0 ms', { cause: error });
    throw error;
  }
}

/**
 * Cancels a future and waits until it is done, whatever its outcome. It does not await the future itself, because the future's
 * CancelledError would look like a cancellation of the caller.
 */
function* cancelAndWait(future: Future): Steps<void> {
  const waiter = new Future<void>({ loop: future.getLoop() });
  const onDone = (): void => {
    if (!waiter.done()) waiter.setResult();
  };
  future.addDoneCallback(onBehalfOf(waiter, onDone));
  try {
    future.cancel();
    yield* waiter;
  } finally {
    future.removeDoneCallback(onDone);
  }
}
