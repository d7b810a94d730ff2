/** The code and the traits that a task is created with. */

import { nameOfFunction } from '../errors/index.js';
import type { Context } from '../loop/context.js';
import { belongsToKernel } from '../platform/kernel-state.js';
import type { Steps } from './future.js';

/** The code of a task: a generator, or a function that is called in the first step. */
export type TaskBody<T> = Steps<T> | (() => unknown);

/** The traits of a task. */
export interface TaskTraits {
  /** Default: `Task-N`. Anything but a string is converted. */
  name?: unknown;
  /** The name of its code, for messages. Default: the name of the function, if there is one. */
  label?: string | undefined;
  /** Default: a copy of the context of the code that creates it. */
  context?: Context | undefined;
}

let lastTaskNumber = 0;

belongsToKernel(() => {
  const outer = lastTaskNumber;
  lastTaskNumber = 0;
  return () => (lastTaskNumber = outer);
});

/** Returns the number of the next task without a name: its name is `Task-` followed by that number. */
export function nextTaskNumber(): number {
  lastTaskNumber += 1;
  return lastTaskNumber;
}

/** Returns the name of code in messages; a generator object does not know its function. */
export function labelOf(body: TaskBody<unknown>): string {
  if (typeof body !== 'function') return 'generator';
  return nameOfFunction(body) || 'anonymous';
}
