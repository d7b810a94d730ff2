/** One operation, with a limit on its time. */

import { CancelledError, TimeoutError } from '../errors/index.js';
import { type Awaitable, Coroutine, Future, type Steps, ensureFuture, isCoroutine } from '../tasks/index.js';
import { timeout } from './timeout.js';

/**
 * Waits for `awaitable` for at most `timeoutMs` milliseconds; null: as long as it takes.
 *
 * When the time is over it is cancelled and waited for, and TimeoutError is thrown. If it ends with a result all the same, that is
 * the result. With zero or less, a coroutine is not even started.
 */
export function waitFor<T>(awaitable: Awaitable<T>, timeoutMs: number | null): Coroutine<T> {
  return new Coroutine(waitForSteps(awaitable, timeoutMs), 'waitFor');
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

function* cancelAndWait(future: Future): Steps<void> {
  const waiter = new Future<void>({ loop: future.getLoop() });
  const onDone = (): void => {
    if (!waiter.done()) waiter.setResult();
  };
  future.addDoneCallback(onDone);
  try {
    future.cancel();
    yield* waiter;
  } finally {
    future.removeDoneCallback(onDone);
  }
}
