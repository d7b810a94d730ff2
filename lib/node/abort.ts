/** Cancellation in both directions: from tasks to AbortSignals, and from AbortSignals to tasks. */

import type { Linked } from '../collections/linked-list.js';
import { wrongType } from '../errors/index.js';
import {
  type Future,
  Task,
  type TaskSource,
  checkSignal,
  createTask,
  currentTask,
  ensureFuture,
} from '../tasks/index.js';
import { type AbortTarget, followSignal, unfollowSignal } from '../tasks/abort-signals.js';
import { refusePromise } from '../tasks/refuse-promise.js';

/**
 * Returns the AbortSignal that the cancellation of a task aborts, by default that of the running task: `fetch(url, { signal: abortSignal() })`.
 * The same as `task.signal`. Its reason is a CancelledError with the argument of `cancel`. Call it for each operation: when a timeout or a task
 * group has ended, the task has a new signal.
 *
 * @throws TypeError for anything but a task, and without an argument where no task is running
 */
export function abortSignal(task?: Task): AbortSignal {
  const owner = task === undefined ? currentTask() : task;
  if (!(owner instanceof Task)) throw wrongType('abortSignal', 'a task, or a call inside a task', owner);
  return owner.signal;
}

/**
 * Runs `operation` (a function or a coroutine becomes a task, a future is used as it is) and cancels it when the signal aborts. Awaiting
 * the result then throws a CancelledError whose `reason` is the signal's. If the signal is already aborted, a function is never called and
 * a coroutine never starts.
 *
 * Nothing remains on the signal when `operation` is done, so one signal may serve any number of them. The operations of the library
 * take a `signal` themselves, and throw its reason: `sleep(1000, undefined, { signal })`.
 *
 * @throws TypeError unless `signal` is an AbortSignal and `operation` is a function, a coroutine or a future. A promise is refused, because
 *   its operation cannot be cancelled: pass the async function uncalled
 *
 * @example
 * import { isCancelled, run, sleep } from 'selectloop';
 * import { cancelOnAbort } from 'selectloop/node';
 *
 * await run(async () => {
 *   const work = cancelOnAbort(AbortSignal.timeout(10), async () => {
 *     for (;;) await sleep(1);
 *   });
 *   await work.then(undefined, (error) => console.log(isCancelled(error))); // true
 * });
 */
export function cancelOnAbort<T>(signal: AbortSignal, operation: TaskSource<T> | Future<T>): Future<T> {
  checkSignal('cancelOnAbort: signal', signal);
  refusePromise(operation, 'cancelOnAbort: a promise cannot be cancelled', 'cancelOnAbort(signal, _)');
  const future = typeof operation === 'function' ? createTask(operation) : ensureFuture(operation);
  const target = new CancelledFuture(future, signal);
  if (signal.aborted) {
    target._aborted();
  } else if (!future.done()) {
    followSignal(signal, target);
    future.addDoneCallback(() => unfollowSignal(signal, target));
  }
  return future;
}

/** A future that a signal cancels. */
class CancelledFuture implements AbortTarget {
  /** @internal The target before this one in the list of the signal. */
  _previous: Linked | null = null;
  /** @internal The target after this one. */
  _next: Linked | null = null;

  constructor(
    private readonly future: Future,
    private readonly signal: AbortSignal,
  ) {}

  /** @internal Cancels the future. */
  _aborted(): void {
    // A signal may outlive the loop, which leaves nothing to cancel.
    if (!this.future.getLoop().isClosed()) this.future.cancel(this.signal.reason);
  }
}
