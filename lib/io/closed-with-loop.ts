/** Things that must not outlive their loop: open transports, listening sockets. */

import type { LoopCore } from '../loop/loop-core.js';

/** Something that holds what the loop must not leave behind. */
export interface ClosedWithLoop {
  /** @internal Gives it back; the loop is about to close, and will run nothing any more. */
  _loopCloses(): void;
}

const pending = new WeakMap<LoopCore, Set<ClosedWithLoop>>();

function pendingOf(loop: LoopCore): Set<ClosedWithLoop> {
  let all = pending.get(loop);
  if (all === undefined) {
    const made = new Set<ClosedWithLoop>();
    pending.set(loop, made);
    loop._closeHooks.push(() => {
      for (const holder of [...made]) holder._loopCloses();
    });
    all = made;
  }
  return all;
}

/** Has it told when the loop closes, unless that is taken back before with {@link notWithLoop}. */
export function closeWithLoop(loop: LoopCore, holder: ClosedWithLoop): void {
  pendingOf(loop).add(holder);
}

/** Takes `closeWithLoop` back. */
export function notWithLoop(loop: LoopCore, holder: ClosedWithLoop): void {
  pendingOf(loop).delete(holder);
}
