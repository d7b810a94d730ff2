/** Closing with the loop what nobody has closed before, without keeping it from the garbage collector. */

import type { LoopCore } from '../loop/loop-core.js';
import { type ClosedWithLoop, closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';

const collected = new FinalizationRegistry<() => void>((takeBack) => {
  takeBack();
});

/**
 * Has `giveBack(target)` called when the loop closes and the target is still there. A connection that its program has dropped must
 * be collectable, or nothing would ever notice it, so the loop refers to it weakly.
 *
 * @returns takes it back
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
