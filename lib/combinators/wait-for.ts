/** One operation, with a limit on its time. */

import { CancelledError, TimeoutError, wrongType } from '../errors/index.js';
import {
  type Awaitable,
  Coroutine,
  Future,
  type Steps,
  type Task,
  createTaskOn,
  ensureFuture,
  isAwaitable,
  isCoroutine,
} from '../tasks/index.js';
import { onBehalfOf } from '../tasks/awaiter.js';
import { awaitingTask } from '../tasks/task-context.js';
import { checkedMs } from './checked-ms.js';
import { Remainder, derive } from './part-of-task.js';
import { timeout } from './timeout.js';

/**
 * In a generator task it runs inside the caller. In an async function it is a task of its own, begun at once: the function may
 * wait for several things together (`Promise.all`), and the end of one's time must not cancel the others.
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
    const remainder = new Remainder();
    const part = function* (): Steps<T> {
      try {
        return yield* steps;
      } catch (error) {
        remainder.leave();
        throw error;
      }
    };
    try {
      return await createTaskOn(whole._loop, part, { eagerStart: true });
    } catch (error) {
      remainder.passTo(whole);
      throw error;
    }
  }
}

/**
 * Waits for `awaitable` for at most `timeoutMs` milliseconds (fractions allowed); null: as long as it takes.
 *
 * When the time is over it is cancelled and waited for, however long its clean-up takes, and TimeoutError is thrown. If it ends
 * with a result or another error all the same, that is the outcome. With zero or less, only what is done already is in time, and a
 * coroutine is not even started.
 *
 * Cancelled, it cancels what it waits for and waits for its end; no timer is left. To keep that alive, `shield` it. A promise
 * cannot be cancelled: it goes on, and is no longer waited for.
 *
 * @throws TypeError or RangeError for what cannot be awaited and for a bad duration; when awaited: TimeoutError
 */
export function waitFor<T>(awaitable: Awaitable<T>, timeoutMs: number | null): Coroutine<T> {
  if (!isAwaitable(awaitable)) throw wrongType('waitFor', 'a future, a coroutine or a promise', awaitable);
  return new WaitFor(waitForSteps(awaitable, checkedMs('waitFor: timeoutMs', timeoutMs)), 'waitFor');
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
    if (error instanceof CancelledError) throw new TimeoutError(undefined, { cause: error });
    throw error;
  }
}

/** Cancels it and waits for its end, however that turns out: one's own cancellation does not look the same as the future's. */
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
