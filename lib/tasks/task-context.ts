/**
 * Which task is running.
 *
 * A generator task runs in steps, from `next()` to `yield`, and nothing else runs meanwhile. The continuations of an async
 * function are run by the engine. loop/context.ts knows in both cases whose code it is, and a task is a carrier of a context.
 */

import {
  carrierOfAsyncFunction,
  carrierOnStack,
  enterCarrier,
  leaveCarrier as leaveStep,
  runAsCarrier as runAsTask,
} from '../loop/context.js';
import type { WaitingTask } from './waitable.js';

export { leaveStep, runAsTask };

/** The task that is running now; null outside of tasks. */
export function runningTask(): WaitingTask | null {
  const carrier = carrierOnStack();
  if (carrier !== null) return carrier._carriedTask as WaitingTask | null;
  const task = carrierOfAsyncFunction()?._carriedTask as WaitingTask | null | undefined;
  // Code that an async function started and did not await goes on after its task has ended; it belongs to no task then.
  return task === undefined || task === null || task.done() ? null : task;
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
export const enterStep: (task: WaitingTask) => ReturnType<typeof enterCarrier> = enterCarrier;
