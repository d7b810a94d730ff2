/** `run` and `runSync`: the front doors. */

import { EventLoop, type EventLoopOptions } from './event-loop.js';
import type { Main } from './main.js';
import { type RunOptions, Runner } from './runner.js';
import { currentLoop } from '../tasks/current-loop.js';

/**
 * Runs main on a new loop beside Node's own: `fs`, `fetch`, `node:net`, timers and workers keep working. When main has ended, the
 * tasks that are left are cancelled and awaited, and the loop is closed.
 *
 * Ctrl-C cancels main, so that its `finally` blocks run; the run then fails with a KeyboardInterrupt. A program that does
 * not catch it ends without a stack trace, killed by SIGINT (status 130 in a shell), after its clean-up and its 'exit' listeners.
 *
 * @param main a function, a coroutine, a generator object or a future; not a promise: `run(main)`, never `run(main())`
 * @returns resolves with main's result, or rejects with its error
 * @throws LoopError ERR_LOOP_RUNNING inside a running loop; TypeError for a promise
 *
 * @example
 * import { run, sleep } from 'selectloop';
 *
 * async function main() {
 *   await sleep(10);
 *   return 'done';
 * }
 *
 * console.log(await run(main)); // done
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
 * Runs main on a new loop that owns the thread, as Python's does: nothing else in Node runs until it returns. Only generator
 * coroutines can run. Everything else, including Ctrl-C, works as in {@link run}.
 *
 * @throws main's error; DeadlockError if nothing could ever wake the loop again; LoopError ERR_NEEDS_HOST for an async function,
 *   ERR_LOOP_RUNNING inside a running loop
 *
 * @example
 * import { runSync, sleep } from 'selectloop';
 *
 * function* main() {
 *   yield* sleep(10);
 *   return 'done';
 * }
 *
 * console.log(runSync(main)); // done
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
