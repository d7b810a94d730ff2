/** Running a loop until one future is done: blocking and hosted. */

import { LoopError } from '../errors/index.js';
import { runUntilStopped } from '../loop/blocking.js';
import { runHosted } from '../loop/hosted.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkNotRunning } from '../loop/running-loop.js';
import { type Future, isFuture } from '../tasks/index.js';
import { type Main, startMain } from './main.js';

/** Blocking: returns the result of main. An async function as main ends with the LoopError ERR_NEEDS_HOST of its task. */
export function runUntilComplete<T>(loop: LoopCore, main: Main<T>): T {
  loop.checkOpen();
  checkNotRunning();
  return runUntilDone(loop, startMain(loop, main), !isFuture(main));
}

/**
 * @internal Blocking, for a future that stands for main already.
 *
 * @param own whether the future was made for this run: nobody else has it, so the error that comes out of the run is the one
 *   to look at, and the future's must not be reported as "never retrieved" on top
 */
export function runUntilDone<T>(loop: LoopCore, future: Future<T>, own: boolean): T {
  using _stop = stopWhenDone(loop, future);
  try {
    runUntilStopped(loop);
  } catch (error) {
    if (own) markRetrieved(future);
    throw error;
  }
  return resultOf(future);
}

/** @internal The same beside libuv. */
export async function runUntilDoneHosted<T>(loop: LoopCore, future: Future<T>, own: boolean): Promise<T> {
  using _stop = stopWhenDone(loop, future);
  try {
    await runHosted(loop);
  } catch (error) {
    if (own) markRetrieved(future);
    throw error;
  }
  return resultOf(future);
}

/** Stops the loop when the future is done, until disposed of. */
function stopWhenDone(loop: LoopCore, future: Future): Disposable {
  let running = true;
  const stop = (): void => {
    if (running) loop.stop();
  };
  future.addDoneCallback(stop);
  return {
    [Symbol.dispose]: () => {
      // A fatal error of main leaves the loop with the call of `stop` in its ready queue, where no removal reaches it: it
      // would end a later runForever() after one iteration.
      running = false;
      future.removeDoneCallback(stop);
    },
  };
}

function markRetrieved(future: Future): void {
  if (future.done() && !future.cancelled()) future.exception();
}

function resultOf<T>(future: Future<T>): T {
  if (!future.done()) throw new LoopError('ERR_LOOP_STOPPED', 'Event loop stopped before Future completed.');
  return future.result();
}
