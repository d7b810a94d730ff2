/**
 * Which task is running.
 *
 * A generator task runs in steps, from `next()` to `yield`, and nothing else runs meanwhile: a variable knows it. The
 * continuations of an async function are run by the engine, where no code of ours can set a variable; an AsyncLocalStorage
 * carries the task through its awaits. (One for the whole library: each one costs every promise in the process.)
 */

import { AsyncLocalStorage } from 'node:async_hooks';

import type { WaitingTask } from './waitable.js';

const asyncTask = new AsyncLocalStorage<WaitingTask>();
let stepping: WaitingTask | null = null;

/** The task that is running now; null outside of tasks. */
export function runningTask(): WaitingTask | null {
  if (stepping !== null) return stepping;
  const task = asyncTask.getStore();
  // Code that an async function started and did not await goes on after its task has ended; it belongs to no task then.
  return task === undefined || task.done() ? null : task;
}

/** Makes `task` the running one until `leaveStep`; returns what to give to it. */
export function enterStep(task: WaitingTask): WaitingTask | null {
  const previous = stepping;
  stepping = task;
  return previous;
}

/** Ends what `enterStep` began. */
export function leaveStep(previous: WaitingTask | null): void {
  stepping = previous;
}

/** Calls `fn` so that it, and all that it awaits, runs as `task`. */
export function runAsTask<T>(task: WaitingTask, fn: () => T): T {
  return asyncTask.run(task, fn);
}
