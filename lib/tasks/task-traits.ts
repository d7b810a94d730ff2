/** What a task is made with. */

import type { Context } from '../loop/context.js';
import type { Steps } from './future.js';

/** What a task runs: a generator, or a function that is called in its first step. */
export type TaskBody<T> = Steps<T> | (() => unknown);

/** What tells tasks apart. */
export interface TaskTraits {
  /** Default: `Task-N`. Anything but a string is converted. */
  name?: unknown;
  /** What it runs, for messages. */
  label: string;
  /** Default: a copy of the context of the code that makes it. */
  context?: Context | undefined;
}

let lastTaskNumber = 0;

/** `Task-1`, `Task-2` and so on. */
export function nextTaskName(): string {
  lastTaskNumber += 1;
  return `Task-${lastTaskNumber}`;
}

/** What a body is called in messages; a generator object does not know its function. */
export function labelOf(body: TaskBody<unknown>): string {
  if (typeof body !== 'function') return 'generator';
  return body.name === '' ? 'anonymous' : body.name;
}
