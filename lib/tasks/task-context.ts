/**
 * Finds the current task.
 *
 * A generator task runs in steps, from `next()` to `yield`, and no other code runs meanwhile. The engine resumes async functions. In both
 * cases loop/current-carrier.ts knows whose code is running, and a task is a carrier.
 */

import {
  carrierOfAsyncFunction,
  carrierOnStack,
  enterCarrier,
  leaveCarrier as leaveStep,
  runAsCarrier as runAsTask,
} from '../loop/current-carrier.js';
import type { WaitingTask } from './waitable.js';

export { leaveStep, runAsTask };

/** Returns the running task; null outside of tasks. */
export function runningTask(): WaitingTask | null {
  const carrier = carrierOnStack();
  if (carrier !== null) return carrier._carriedTask as WaitingTask | null;
  const task = carrierOfAsyncFunction()?._carriedTask as WaitingTask | null | undefined;
  // Code that an async function started and did not await continues after the task has ended. It then belongs to no task.
  return task === undefined || task === null || task.done() ? null : task;
}

/**
 * Returns the task whose async function is running, and therefore awaits whatever is awaited; null elsewhere.
 *
 * In a generator task, `future.then(...)` only adds a listener: the task waits for what it yields, and for nothing else.
 */
export function awaitingTask(): WaitingTask | null {
  const task = runningTask();
  return task === null || task._awaiting === null ? null : task;
}

/** Makes `task` the running one until `leaveStep` is called with the result. */
export const enterStep: (task: WaitingTask) => ReturnType<typeof enterCarrier> = enterCarrier;
