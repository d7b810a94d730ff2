/** What a task is made with. */

import type { Context } from '../loop/context.js';
import type { Steps } from './future.js';

/** What a task runs: a generator, or a function that is called in its first step. */
export type TaskBody<T> = Steps<T> | (() => unknown);

/** What tells tasks apart. */
export interface TaskTraits {
  /** Default: `Task-N`. Anything but a string is converted. */
  name?: unknown;
  /** What it runs, for messages. Default: what its body tells. */
  label?: string | undefined;
  /** Default: a copy of the context of the code that makes it. */
  context?: Context | undefined;
}

let lastTaskNumber = 0;

/** The number of the next task that gets no name: it is called `Task-` and that number, if anybody asks. */
export function nextTaskNumber(): number {
  lastTaskNumber += 1;
  return lastTaskNumber;
}

/** What a body is called in messages; a generator object does not know its function. */
export function labelOf(body: TaskBody<unknown>): string {
  if (typeof body !== 'function') return 'generator';
  return body.name === '' ? 'anonymous' : body.name;
}
