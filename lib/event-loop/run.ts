/** `run` and `runSync`: the entry points. */

import { EventLoop, type EventLoopOptions } from './event-loop.js';
import type { Main } from './main.js';
import { type RunOptions, Runner } from './runner.js';
import { currentLoop } from '../tasks/current-loop.js';

/**
 * Runs main on a new loop, hosted by Node's own: `fs`, `fetch`, `node:net`, timers and workers keep working. Resolves with the result of
 * main, after the tasks that main left pending have been cancelled and awaited, and the loop is closed.
 *
 * Pass the function, not its promise: `run(main)`. SIGINT cancels main; see {@link Runner}.
 *
 * @throws the error of main; KeyboardInterrupt after SIGINT; LoopError ERR_LOOP_RUNNING inside a running loop
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
 * Runs main on a new loop that owns the thread, as in Python: nothing else in Node runs until it returns. Returns the result of main,
 * after the tasks that main left pending have been cancelled and awaited, and the loop is closed.
 *
 * @param main generator coroutines only, because promises do not settle meanwhile
 * @throws the error of main; KeyboardInterrupt after SIGINT; LoopError ERR_NEEDS_HOST for an async function, ERR_LOOP_RUNNING inside a
 *   running loop; DeadlockError if nothing can wake the loop
 */
export function runSync<T>(main: Main<T>, options?: RunOptions): T {
  const runner = new Runner(options);
  try {
    return runner.runSync(main);
  } finally {
    runner.closeSync();
  }
}

/** Returns the loop that is running in this thread. @throws LoopError ERR_NO_RUNNING_LOOP if there is none */
export function getRunningLoop(): EventLoop {
  const loop = currentLoop();
  if (loop instanceof EventLoop) return loop;
  throw new TypeError('the running loop is a bare LoopCore'); // only tests of this package create one
}

/** Creates a loop. The caller runs and closes it. */
export function newEventLoop(options?: EventLoopOptions): EventLoop {
  return new EventLoop(options);
}
