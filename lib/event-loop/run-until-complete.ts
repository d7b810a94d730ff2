/** Runs a loop until one future is done, blocking or hosted. */

import { LoopError } from '../errors/index.js';
import { runUntilStopped } from '../loop/blocking.js';
import { runHosted } from '../loop/hosted.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkNotRunning } from '../loop/running-loop.js';
import { type Future, isFuture } from '../tasks/index.js';
import { type Main, startMain } from './main.js';

/** Runs a blocking loop until main is done, and returns its result. @throws LoopError ERR_NEEDS_HOST for an async function */
export function runUntilComplete<T>(loop: LoopCore, main: Main<T>): T {
  loop.checkOpen();
  checkNotRunning();
  return runUntilDone(loop, startMain(loop, main), !isFuture(main));
}

/**
 * @internal Runs a blocking loop until the future of main is done.
 *
 * @param own true if the future was created for this run, so that the caller has no reference to it: if the run itself fails, the error
 *   of the future must not be reported as "never retrieved" as well
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

/** @internal Runs a hosted loop until the future of main is done. */
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

/** Stops the loop when the future is done, until disposed. */
function stopWhenDone(loop: LoopCore, future: Future): Disposable {
  let running = true;
  const stop = (): void => {
    if (running) loop.stop();
  };
  future.addDoneCallback(stop);
  return {
    [Symbol.dispose]: () => {
      // After a fatal error of main, the call of `stop` is still in the ready queue, where `removeDoneCallback` does not reach it. It
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
