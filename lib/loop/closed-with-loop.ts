/** Things that must not outlive their loop: open transports, listening sockets. */

import type { LoopCore } from './loop-core.js';
import { onePerLoop } from './per-loop.js';

/** Something that holds what the loop must not leave behind. */
export interface ClosedWithLoop {
  /** @internal Gives it back; the loop is about to close, and will run nothing any more. */
  _loopCloses(): void;
}

const pendingOf = onePerLoop((loop) => {
  const all = new Set<ClosedWithLoop>();
  loop._closeHooks.push(() => {
    for (const holder of [...all]) holder._loopCloses();
  });
  return all;
});

/** Has it told when the loop closes, unless that is taken back before with {@link notWithLoop}. */
export function closeWithLoop(loop: LoopCore, holder: ClosedWithLoop): void {
  pendingOf(loop).add(holder);
}

/** Takes `closeWithLoop` back. */
export function notWithLoop(loop: LoopCore, holder: ClosedWithLoop): void {
  pendingOf(loop).delete(holder);
}
