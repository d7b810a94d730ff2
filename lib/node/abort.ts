/** Cancellation in both directions: from tasks to AbortSignals, and from AbortSignals to tasks. */

import { wrongType } from '../errors/index.js';
import { type Awaitable, type Future, Task, ensureFuture } from '../tasks/index.js';

/**
 * Returns an AbortSignal that `task.cancel()` aborts: `fetch(url, { signal: abortSignal(task) })`. The same as `task.signal`. Its reason
 * is a CancelledError with the argument of `cancel`. TypeError for anything but a task.
 */
export function abortSignal(task: Task): AbortSignal {
  if (!(task instanceof Task)) throw wrongType('abortSignal', 'a task', task);
  return task.signal;
}

/**
 * Runs `aw` (a coroutine becomes a task, a future is used as it is) and cancels it when the signal aborts. Awaiting the result then throws
 * a CancelledError whose `reason` is the signal's. If the signal is already aborted, a coroutine never starts.
 *
 * The listener is removed from the signal when `aw` is done, so one signal may serve any number of operations.
 *
 * @throws TypeError unless `signal` is an AbortSignal and `aw` can be awaited
 */
export function cancelOnAbort<T>(signal: AbortSignal, aw: Awaitable<T>): Future<T> {
  if (!(signal instanceof AbortSignal)) throw wrongType('cancelOnAbort: signal', 'an AbortSignal', signal);
  const future = ensureFuture(aw);
  const onAbort = (): void => {
    // A signal may outlive the loop, which leaves nothing to cancel.
    if (!future.getLoop().isClosed()) future.cancel(signal.reason);
  };
  if (signal.aborted) {
    onAbort();
  } else if (!future.done()) {
    signal.addEventListener('abort', onAbort, { once: true });
    future.addDoneCallback(() => signal.removeEventListener('abort', onAbort));
  }
  return future;
}
