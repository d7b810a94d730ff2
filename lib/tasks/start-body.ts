/** The first step of a task that was given a function: calling it, and seeing which flavour it is. */

import { AsyncResource } from 'node:async_hooks';

import { wrongType } from '../errors/index.js';
import { isAsyncFunction, isGeneratorFunction } from '../loop/callback.js';
import type { Steps } from './future.js';
import { checkPromiseSettles, checkSettles } from './needs-host.js';
import { isIterable, isIterator, isThenable } from './shapes.js';
import { runAsTask } from './task-context.js';
import type { WaitingTask } from './waitable.js';

/**
 * Where a task was made, for the AsyncLocalStorage of the program: its store is that of the code that called `createTask`.
 *
 * Kept for functions other than `function*`, once for each task, and the engine takes it from there. Steps of a generator would
 * have to enter it one by one, which costs half as much as the step: there a ContextVar is what follows the task.
 */
export type PlaceOfCall = Pick<AsyncResource, 'runInAsyncScope'>;

/** The present place, if a task that runs `fn` needs it. */
export function placeOfCall(fn: () => unknown): PlaceOfCall | null {
  return isGeneratorFunction(fn) ? null : new AsyncResource('selectloop.Task', { requireManualDestroy: true });
}

/**
 * Calls the function of a task, as that task. Returns the steps to drive, or the promise to follow.
 *
 * Throws what the function throws; a TypeError if it returns nothing that could be awaited; a LoopError ERR_NEEDS_HOST if it is
 * an async function, or returned a promise, and the loop is a blocking one. Of an async function nothing has run then.
 */
export function startBody(
  task: WaitingTask,
  fn: () => unknown,
  place: PlaceOfCall | null,
): Steps<unknown> | Promise<unknown> {
  if (place === null) return fn() as Steps<unknown>;
  if (isAsyncFunction(fn)) checkSettles(task._loop, `${task._label}(), an async function,`);
  const outcome = place.runInAsyncScope(() => runAsTask(task, fn));
  if (isIterable(outcome) && (isIterator(outcome) || isThenable(outcome))) {
    return outcome[Symbol.iterator]() as Steps<unknown>; // a generator object, a Coroutine or a Future
  }
  if (!isThenable(outcome))
    throw wrongType(`${task._label}()`, 'a function that returns a coroutine or a promise', outcome);
  checkPromiseSettles(task._loop, outcome, `${task._label}(), which returned a promise,`);
  return Promise.resolve(outcome); // a foreign thenable may call back at once, or twice
}

/** A loop that was closed beneath an async function can only report what it throws. */
export function reportEndAfterClose(task: WaitingTask, exception: unknown): void {
  task._loop.callExceptionHandler({ message: 'async function failed after its loop was closed', exception, task });
}
