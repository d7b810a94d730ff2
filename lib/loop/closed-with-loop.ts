/** Objects that must not outlive their loop: open transports, listening sockets. */

import { callAll } from './call-all.js';
import type { LoopCore } from './loop-core.js';
import { onePerLoop } from './per-loop.js';

/** An object that holds a resource which must not outlive the loop. */
export interface ClosedWithLoop {
  /** @internal Releases the resource. The loop is about to close and runs no more handles. */
  _loopCloses(): void;
  /** @internal The object that it stands for, which it holds weakly; undefined if that is gone. Absent if it is the object itself. */
  _present?(): object | undefined;
}

/** Returns everything that will be closed with the loop, for inspection. */
export function heldUntilClose(loop: LoopCore): object[] {
  return [...pendingOf(loop)].flatMap((holder) => (holder._present === undefined ? holder : (holder._present() ?? [])));
}

const pendingOf = onePerLoop((loop) => {
  const all = new Set<ClosedWithLoop>();
  // An error of one holder, such as EIO from close(2), does not leave the other holders open.
  loop._closeHooks.push(() => callAll([...all].map((holder) => () => holder._loopCloses())));
  return all;
});

/** Calls `holder._loopCloses()` when the loop closes, unless {@link notWithLoop} is called first. */
export function closeWithLoop(loop: LoopCore, holder: ClosedWithLoop): void {
  pendingOf(loop).add(holder);
}

/** Undoes {@link closeWithLoop}. */
export function notWithLoop(loop: LoopCore, holder: ClosedWithLoop): void {
  pendingOf(loop).delete(holder);
}
