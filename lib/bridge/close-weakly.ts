/** Closes with the loop what is still open, without keeping it alive until then. */

import type { LoopCore } from '../loop/loop-core.js';
import { type ClosedWithLoop, closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';
import { Collected } from '../platform/collected.js';

const collected = new Collected<() => void>((cancel) => {
  cancel();
});

/**
 * Calls `close(target)` when the loop closes, if the target still exists. The loop holds the target weakly: a connection that the
 * program leaked must be collectable, because its collection is what reveals the leak.
 *
 * @returns a function that cancels this
 */
export function closeWeaklyWithLoop<T extends object>(
  loop: LoopCore,
  target: T,
  close: (target: T) => void,
): () => void {
  const ref = new WeakRef(target);
  const holder: ClosedWithLoop = {
    _present: () => ref.deref(),
    _loopCloses() {
      const present = ref.deref();
      if (present !== undefined) close(present);
    },
  };
  const cancel = (): void => notWithLoop(loop, holder);
  closeWithLoop(loop, holder);
  collected.register(target, cancel, ref);
  return () => {
    cancel();
    collected.unregister(ref);
  };
}
