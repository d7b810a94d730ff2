/** Protection from cancellation. */

import { type Awaitable, Future, ensureFuture } from '../tasks/index.js';
import { onBehalfOf } from '../tasks/awaiter.js';
import { isUnretrieved } from '../tasks/unretrieved.js';

/**
 * Protects `awaitable` from cancellation: returns a future with the same outcome that can be cancelled without cancelling the
 * operation. The operation then keeps running, and the loop holds a reference to it.
 *
 * If the operation fails after its shield was cancelled, and no other code retrieves the error, the error goes to the loop's exception
 * handler. Cancelling the operation itself cancels the shield. At the end of the run, it is cancelled like any task still pending.
 *
 * @returns a future; `awaitable` itself if that is a future that is already done
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
    inner.removeDoneCallback(reportIfUnretrieved); // one report, however many shields it had
    inner.addDoneCallback(reportIfUnretrieved);
  });
  return outer;
}

/** Reports the error in the next iteration, because in this one other waiters may still retrieve it. */
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
