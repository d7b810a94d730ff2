/** Running a loop until one future is done: blocking and hosted. */

import { LoopError } from '../errors/index.js';
import { runUntilStopped } from '../loop/blocking.js';
import { runHosted } from '../loop/host.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkNotRunning } from '../loop/running-loop.js';
import { type Future, isFuture } from '../tasks/index.js';
import { type Main, startMain } from './main.js';

/** Blocking: returns the result of main. An async function as main ends with the LoopError ERR_NEEDS_HOST of its task. */
export function runUntilComplete<T>(loop: LoopCore, main: Main<T>): T {
  loop.checkOpen();
  checkNotRunning();
  const future = startMain(loop, main);
  const stop = (): void => loop.stop();
  future.addDoneCallback(stop);
  try {
    runUntilStopped(loop);
  } catch (error) {
    if (!isFuture(main)) markRetrieved(future); // the error that comes out here is the one to look at
    throw error;
  } finally {
    future.removeDoneCallback(stop); // or a later runForever() would be stopped by it
  }
  return resultOf(future);
}

/** Hosted: resolves with the result of main. */
export async function runUntilCompleteHosted<T>(loop: LoopCore, main: Main<T>): Promise<T> {
  loop.checkOpen();
  checkNotRunning();
  const future = startMain(loop, main);
  const stop = (): void => loop.stop();
  future.addDoneCallback(stop);
  try {
    await runHosted(loop);
  } catch (error) {
    if (!isFuture(main)) markRetrieved(future);
    throw error;
  } finally {
    future.removeDoneCallback(stop);
  }
  return resultOf(future);
}

function markRetrieved(future: Future): void {
  if (future.done() && !future.cancelled()) future.exception();
}

function resultOf<T>(future: Future<T>): T {
  if (!future.done()) throw new LoopError('ERR_LOOP_STOPPED', 'Event loop stopped before Future completed.');
  return future.result();
}
