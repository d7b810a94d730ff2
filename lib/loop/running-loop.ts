/**
 * Tracks the loop that is running in this thread; there is at most one.
 *
 * A blocking loop is running while `runForever` is on the stack. A hosted loop is running from `run` until its main task has ended, which
 * includes Node's callbacks and resumed async functions between two iterations.
 */

import { LoopError } from '../errors/index.js';
import { belongsToKernel } from '../platform/kernel-state.js';
import type { LoopCore } from './loop-core.js';

let running: LoopCore | null = null;

belongsToKernel(() => {
  const outer = running;
  running = null;
  return () => (running = outer);
});

/** Returns the running loop of this thread; null if there is none. */
export function runningLoopOrNull(): LoopCore | null {
  return running;
}

/** Returns the running loop of this thread. Throws a LoopError with the code ERR_NO_RUNNING_LOOP outside of `run`. */
export function runningLoop(): LoopCore {
  if (running === null) {
    throw new LoopError(
      'ERR_NO_RUNNING_LOOP',
      'no running event loop: call this from within run(), runSync() or a callback of a loop',
    );
  }
  return running;
}

/** Throws a LoopError with the code ERR_LOOP_RUNNING if a loop is running in this thread. */
export function checkNotRunning(): void {
  if (running !== null) {
    throw new LoopError(
      'ERR_LOOP_RUNNING',
      'cannot run an event loop while a loop is already running in this thread: await the coroutine, or use createTask',
    );
  }
}

/** Makes `loop` the running one. Throws a LoopError with the code ERR_LOOP_RUNNING if there is one already. */
export function enterLoop(loop: LoopCore): void {
  checkNotRunning();
  running = loop;
}

/** Reverts `enterLoop`. */
export function leaveLoop(loop: LoopCore): void {
  if (running === loop) running = null;
}
