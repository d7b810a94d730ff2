/** `shield`: keeps a cancellation of the waiting task from reaching the operation it waits for. */

import { type Awaitable, Future, ensureFuture } from '../tasks/index.js';
import { onBehalfOf } from '../tasks/awaiter.js';
import { isUnretrieved } from '../tasks/unretrieved.js';

/**
 * Protects an operation from the cancellation of the task that waits for it. Returns a future, the shield, which gets the outcome of
 * `awaitable`. Cancelling the shield leaves the operation running.
 *
 * If the operation fails after its shield was cancelled, and no other code retrieves the error, the error goes to the loop's exception
 * handler. A shield does not protect from two things: `cancel()` of the operation itself, which also cancels the shield, and the end of
 * the run, which cancels all tasks that are still pending.
 *
 * @returns the shield; or `awaitable` itself, if it is a future that is already done
 * @throws TypeError for a value that cannot be awaited
 *
 * @example
 * import { createTask, run, shield, sleep } from 'selectloop';
 *
 * await run(async () => {
 *   const save = createTask(sleep(20, 'saved'));
 *   const request = createTask(async () => await shield(save));
 *   await sleep(10);
 *   request.cancel(); // does not cancel `save`
 *   console.log(await save); // saved
 * });
 */
export function shield<T>(awaitable: Awaitable<T>): Future<T> {
  const inner = ensureFuture(awaitable);
  if (inner.done()) return inner;
  const outer = new Future<T>({ loop: inner.getLoop() });
  const onInnerDone = (): void => {
    if (outer.done()) return;
    if (inner.cancelled()) {
      outer.cancel();
      return;
    }
    const error = inner.exception();
    if (error === null) outer.setResult(inner.result());
    else outer._fail(error);
  };
  inner.addDoneCallback(onBehalfOf(outer, onInnerDone));
  outer.addDoneCallback(() => {
    if (inner.done()) return;
    inner.removeDoneCallback(onInnerDone);
    inner.removeDoneCallback(reportIfUnretrieved); // added by another shield of the same operation: one report is enough
    inner.addDoneCallback(reportIfUnretrieved);
  });
  return outer;
}

/** Reports the error unless it is retrieved by the next iteration: other waiters of the operation may run after this callback. */
function reportIfUnretrieved(inner: Future): void {
  const loop = inner.getLoop();
  loop.callSoon(() => {
    if (!isUnretrieved(inner)) return;
    loop.callExceptionHandler({
      message: 'exception in a shielded future whose shield was cancelled',
      exception: inner.exception(),
      future: inner,
    });
  });
}
