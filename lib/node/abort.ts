/** Cancellation in both directions: our tasks, and Node's AbortSignal. */

import { wrongType } from '../errors/index.js';
import { type Awaitable, type Future, Task, ensureFuture } from '../tasks/index.js';

/**
 * A signal that `task.cancel()` aborts, for what takes an AbortSignal: `fetch(url, { signal: abortSignal(task) })`. The same as
 * `task.signal`. Its reason is a CancelledError with what was given to `cancel`. TypeError for anything but a task.
 */
export function abortSignal(task: Task): AbortSignal {
  if (!(task instanceof Task)) throw wrongType('abortSignal', 'a task', task);
  return task.signal;
}

/**
 * Runs `aw` (a coroutine becomes a task, a future stays itself) and cancels it when the signal aborts. Whoever awaits the result
 * gets a CancelledError whose `reason` is the signal's. With a signal that is aborted already a coroutine never begins.
 *
 * Nothing is left behind with the signal once `aw` is done, so one signal may serve any number of operations.
 *
 * @throws TypeError unless `signal` is an AbortSignal and `aw` can be awaited
 */
export function cancelOnAbort<T>(signal: AbortSignal, aw: Awaitable<T>): Future<T> {
  if (!(signal instanceof AbortSignal)) throw wrongType('cancelOnAbort: signal', 'an AbortSignal', signal);
  const future = ensureFuture(aw);
  const onAbort = (): void => {
    // A signal may outlive the loop: then there is nothing left to cancel.
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
