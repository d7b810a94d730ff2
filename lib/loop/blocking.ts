/** The blocking way to run: the loop owns the thread, as Python's does, and nothing else in Node moves meanwhile. */

import { DeadlockError } from '../errors/index.js';
import type { LoopCore } from './loop-core.js';
import { enterLoop, leaveLoop } from './running-loop.js';
import { terminable } from './termination.js';

/** Runs `body` with the loop as the running one of this thread. */
function asRunningLoop<T>(loop: LoopCore, body: () => T): T {
  loop.checkOpen();
  enterLoop(loop);
  try {
    loop._runBegins(null);
    return terminable(loop, body);
  } finally {
    // Also after a fatal error, or no loop could ever run in this thread again.
    try {
      loop._runEnds();
    } finally {
      leaveLoop(loop);
    }
  }
}

/** Iterates until `stop()`. At least one iteration, also when `stop()` was called before. */
export function runUntilStopped(loop: LoopCore): void {
  asRunningLoop(loop, () => {
    do {
      checkNotStuck(loop);
      loop._runOnce(null);
    } while (!loop._isStopping());
  });
}

/** One iteration that waits at most `timeoutMs`; null: as long as it takes. */
export function runOneIteration(loop: LoopCore, timeoutMs: number | null): void {
  asRunningLoop(loop, () => {
    if (timeoutMs === null) checkNotStuck(loop);
    loop._pollNext(); // a complete iteration, whatever ran before
    loop._runOnce(timeoutMs);
  });
}

/** A wait without an end is a mistake nobody sees: the process hangs and uses no CPU. So it is an error, with names. */
function checkNotStuck(loop: LoopCore): void {
  if (loop._hasWork()) return;
  const tasks = [...loop._tasks].map(String);
  const waiting = tasks.length === 0 ? 'no task is left' : `waiting: ${tasks.join(', ')}`;
  throw new DeadlockError(`nothing can wake the event loop: no ready handle, no timer, no descriptor; ${waiting}`);
}
