/** Things of which each loop has one, made when they are first asked for. */

import type { LoopCore } from './loop-core.js';

/** @returns finds the one of a loop, or makes it; it goes with its loop */
export function onePerLoop<T extends object>(make: (loop: LoopCore) => T): (loop: LoopCore) => T {
  const made = new WeakMap<LoopCore, T>();
  return (loop) => {
    let found = made.get(loop);
    if (found === undefined) made.set(loop, (found = make(loop)));
    return found;
  };
}
