/** The messages of tasks for `node:diagnostics_channel`. channels.ts publishes them. */

import type { Task } from './task.js';

/** The message of `selectloop:task:create`: a task was created. It has not begun. */
export interface TaskCreateMessage {
  readonly task: Task;
}

/**
 * The message of `selectloop:task:fail`: a task has ended with an error, whether or not another task handles it. A cancelled task has not
 * failed. Published before the tasks that await it resume.
 */
export interface TaskFailMessage {
  readonly task: Task;
  readonly error: unknown;
}
