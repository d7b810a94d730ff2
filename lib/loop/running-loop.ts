/**
 * Which loop runs in this thread.
 *
 * A blocking loop runs while `runForever` is on the stack; a hosted one from `run` until its main task has ended, so also
 * while Node's own callbacks and the continuations of async functions run in between. A thread has one running loop at most.
 */

import { LoopError } from '../errors/index.js';
import type { LoopCore } from './loop-core.js';

let running: LoopCore | null = null;

/** The loop that runs in this thread; null when there is none. */
export function runningLoopOrNull(): LoopCore | null {
  return running;
}

/** The loop that runs in this thread. Throws a LoopError with the code ERR_NO_RUNNING_LOOP outside of `run`. */
export function runningLoop(): LoopCore {
  if (running === null) {
    throw new LoopError(
      'ERR_NO_RUNNING_LOOP',
      'no running event loop: call this from within run(), runSync() or a callback of a loop',
    );
  }
  return running;
}

/** Throws a LoopError with the code ERR_LOOP_RUNNING when a loop runs in this thread. */
export function checkNotRunning(): void {
  if (running !== null) {
    throw new LoopError(
      'ERR_LOOP_RUNNING',
      'cannot run an event loop while a loop is already running in this thread: await the coroutine, or use createTask',
    );
  }
}

/** Makes `loop` the running one. Throws a LoopError with the code ERR_LOOP_RUNNING when there is one already. */
export function enterLoop(loop: LoopCore): void {
  checkNotRunning();
  running = loop;
}

/** Ends what `enterLoop` began. */
export function leaveLoop(loop: LoopCore): void {
  if (running === loop) running = null;
}
