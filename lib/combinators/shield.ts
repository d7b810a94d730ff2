/** Protection from cancellation. */

import { type Awaitable, Future, ensureFuture } from '../tasks/index.js';
import { onBehalfOf } from '../tasks/awaiter.js';

/**
 * A future that ends as `awaitable` does, and can be cancelled without it: the shielded operation goes on, and the loop holds it.
 *
 * If it fails after that, and nobody else waits for it, its error goes to the loop's exception handler. Cancelling the operation
 * itself cancels the shield. At the end of the run it is cancelled like any task that is left over.
 *
 * @returns a future; the very one that was passed in if that is done
 * @throws TypeError for what cannot be awaited
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
    inner.removeDoneCallback(reportIfNobodyLooks); // one report, however many shields it had
    inner.addDoneCallback(reportIfNobodyLooks);
  });
  return outer;
}

/** In the next turn: in this one, others who wait for it may still look at its error. */
function reportIfNobodyLooks(inner: Future): void {
  const loop = inner.getLoop();
  loop.callSoon(() => {
    if (!inner._hasUnretrievedError()) return;
    loop.callExceptionHandler({
      message: 'exception in a shielded future whose shield was cancelled',
      exception: inner.exception(),
      future: inner,
    });
  });
}
