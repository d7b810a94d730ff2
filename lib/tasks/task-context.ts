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

/**
 * The task whose async function runs now, and so awaits whatever is awaited; null elsewhere.
 *
 * In a generator task `future.then(...)` only adds a listener: the task waits for what it yields, and for nothing else.
 */
export function awaitingTask(): WaitingTask | null {
  const task = runningTask();
  return task?._awaits === true ? task : null;
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
  const previous = enterStep(task); // also for the part before the first await, which may run inside another task's step
  try {
    return asyncTask.run(task, fn);
  } finally {
    leaveStep(previous);
  }
}
