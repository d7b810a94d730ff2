/** Things that must not outlive their loop: open transports, listening sockets. */

import type { LoopCore } from '../loop/loop-core.js';

/** Gives back what it holds; the loop is about to close, and will run nothing any more. */
export type GiveBack = () => void;

const pending = new WeakMap<LoopCore, Set<GiveBack>>();

function pendingOf(loop: LoopCore): Set<GiveBack> {
  let all = pending.get(loop);
  if (all === undefined) {
    const made = new Set<GiveBack>();
    pending.set(loop, made);
    loop._closeHooks.push(() => {
      for (const giveBack of [...made]) giveBack();
    });
    all = made;
  }
  return all;
}

/** Has `giveBack` called when the loop closes, unless it is taken back before with {@link notWithLoop}. */
export function closeWithLoop(loop: LoopCore, giveBack: GiveBack): void {
  pendingOf(loop).add(giveBack);
}

/** Takes `closeWithLoop` back. */
export function notWithLoop(loop: LoopCore, giveBack: GiveBack): void {
  pendingOf(loop).delete(giveBack);
}
