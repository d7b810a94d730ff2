/** Protection from cancellation. */

import { type Awaitable, Future, ensureFuture } from '../tasks/index.js';

/**
 * A future that ends as `awaitable` does, and can be cancelled without it: the shielded operation goes on.
 *
 * Keep a reference to the task, and look at its error: once the shield is cancelled nobody else does.
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
  inner.addDoneCallback(onInnerDone);
  outer.addDoneCallback(() => inner.removeDoneCallback(onInnerDone));
  return outer;
}
