/** Closes with the loop what is still open, through weak references that do not keep anything alive. */

import type { LoopCore } from '../loop/loop-core.js';
import { type ClosedWithLoop, closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';

const collected = new FinalizationRegistry<() => void>((takeBack) => {
  takeBack();
});

/**
 * Calls `giveBack(target)` when the loop closes, if the target still exists. The loop holds the target weakly: a connection that the
 * program leaked must be collectable, because its collection is what reveals the leak.
 *
 * @returns a function that cancels this
 */
export function giveBackWithLoop<T extends object>(
  loop: LoopCore,
  target: T,
  giveBack: (target: T) => void,
): () => void {
  const ref = new WeakRef(target);
  const holder: ClosedWithLoop = {
    _loopCloses() {
      const present = ref.deref();
      if (present !== undefined) giveBack(present);
    },
  };
  const takeBack = (): void => notWithLoop(loop, holder);
  closeWithLoop(loop, holder);
  collected.register(target, takeBack, ref);
  return () => {
    takeBack();
    collected.unregister(ref);
  };
}
