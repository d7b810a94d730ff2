/** The end of a run: pending tasks are cancelled and awaited. */

import { isCancelled } from '../errors/index.js';
import { gather } from '../combinators/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Steps, Task, currentTask } from '../tasks/index.js';
import { passOn } from '../tasks/task.js';
import type { Relay } from '../tasks/waitable.js';

/**
 * Cancels every task of the loop and waits until all have ended. Errors thrown by their clean-up go to the exception handler, because no
 * other code is left to receive them.
 */
export function* cancelLeftOverTasks(loop: LoopCore): Steps<void> {
  const tasks = [...loop._tasks].filter((task): task is Task => task instanceof Task && task !== currentTask());
  if (tasks.length === 0) return;
  const reached = new Set<Relay>(); // a task that waits for another one passes its request on: in a chain, that would take quadratic time
  for (const task of tasks) if (!reached.has(task)) passOn(task, undefined, reached);
  yield* gather(tasks, { returnExceptions: true });
  for (const task of tasks) {
    const exception = task.cancelled() ? null : task.exception();
    if (exception === null || isCancelled(exception)) continue;
    loop.callExceptionHandler({ message: 'unhandled exception during run() shutdown', exception, task });
  }
}

/** Reports the tasks that are pending when a loop closes: they never resume, so their `finally` blocks will not run. */
export function reportPendingTasks(loop: LoopCore): void {
  const tasks = [...loop._tasks];
  loop._tasks.clear();
  for (const task of tasks) {
    const source = task instanceof Task ? task._source : null;
    loop.callExceptionHandler({ message: 'Task was destroyed but it is pending!', task, source });
  }
}
