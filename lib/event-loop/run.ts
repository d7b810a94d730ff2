/** `run` and `runSync`: the front doors. */

import { EventLoop, type EventLoopOptions } from './event-loop.js';
import type { Main } from './main.js';
import { type RunOptions, Runner } from './runner.js';
import { currentLoop } from '../tasks/current-loop.js';

/**
 * Runs main on a new loop that lives beside Node's own: `fs`, `fetch`, `node:net`, timers and workers go on working. Resolves
 * with main's result when main has ended and the tasks it left over were cancelled and awaited.
 *
 * Pass the function, not its promise: `run(main)`. LoopError ERR_LOOP_RUNNING inside a running loop.
 */
export async function run<T>(main: Main<T>, options?: RunOptions): Promise<T> {
  const runner = new Runner(options);
  try {
    return await runner.run(main);
  } finally {
    await runner.close();
  }
}

/**
 * Runs main on a new loop that owns the thread, as Python does: nothing else in Node moves until it returns. Generator coroutines
 * only (an async function is a LoopError ERR_NEEDS_HOST). DeadlockError if nothing could ever wake the loop again.
 */
export function runSync<T>(main: Main<T>, options?: RunOptions): T {
  const runner = new Runner(options);
  try {
    return runner.runSync(main);
  } finally {
    runner.closeSync();
  }
}

/** The loop that runs in this thread. LoopError ERR_NO_RUNNING_LOOP when there is none. */
export function getRunningLoop(): EventLoop {
  const loop = currentLoop();
  if (loop instanceof EventLoop) return loop;
  throw new TypeError('the running loop is a bare LoopCore'); // no program can get hold of one
}

/** A new loop, to be run by hand. */
export function newEventLoop(options?: EventLoopOptions): EventLoop {
  return new EventLoop(options);
}
