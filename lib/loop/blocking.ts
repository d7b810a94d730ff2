/** The blocking way to run: the loop owns the thread, as Python's does, and nothing else in Node runs meanwhile. */

import { DeadlockError } from '../errors/index.js';
import type { LoopCore } from './loop-core.js';
import { enterLoop, leaveLoop } from './running-loop.js';
import { describeStuck } from './stuck.js';
import { terminable } from './termination.js';

/** Runs `body` with `loop` as this thread's running loop. */
function asRunningLoop<T>(loop: LoopCore, body: () => T): T {
  loop.checkOpen();
  enterLoop(loop);
  try {
    loop._runBegins(null);
    return terminable(loop, body);
  } finally {
    // Also after a fatal error: otherwise no loop could run in this thread again.
    try {
      loop._runEnds();
    } finally {
      leaveLoop(loop);
    }
  }
}

/** Iterates until `stop()`. Runs at least one iteration, even if `stop()` was called before. */
export function runUntilStopped(loop: LoopCore): void {
  asRunningLoop(loop, () => {
    do {
      checkNotStuck(loop);
      loop._runOnce(null);
    } while (!loop._isStopping());
  });
}

/** Runs one iteration that waits at most `timeoutMs`; null: without a limit. */
export function runOneIteration(loop: LoopCore, timeoutMs: number | null): void {
  asRunningLoop(loop, () => {
    if (timeoutMs === null) checkNotStuck(loop);
    loop._pollNext(); // a complete iteration, whatever ran before
    loop._runOnce(timeoutMs);
  });
}

/** Throws a DeadlockError that names the waiting tasks if nothing can wake the loop: the process would hang without using any CPU. */
function checkNotStuck(loop: LoopCore): void {
  if (loop._hasWork()) return;
  throw new DeadlockError(describeStuck(loop));
}
