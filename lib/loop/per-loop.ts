/** Objects of which each loop has one, created on first use. */

import type { LoopCore } from './loop-core.js';

/** Returns a function that finds a loop's object, or creates it. The object lives as long as its loop. */
export function onePerLoop<T extends object>(make: (loop: LoopCore) => T): (loop: LoopCore) => T {
  const made = new WeakMap<LoopCore, T>();
  return (loop) => {
    let found = made.get(loop);
    if (found === undefined) made.set(loop, (found = make(loop)));
    return found;
  };
}
