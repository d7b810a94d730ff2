/** Waits that make no sense, in words. Each becomes an InvalidStateError at the `yield` or `await` in question. */

import { describeValue } from '../errors/index.js';
import { isIterator } from './shapes.js';
import { type Waitable, type WaitingTask, isWaitable } from './waitable.js';

/** What is wrong with `task` waiting for `future`; null if nothing is. */
export function mistakeInWait(future: Waitable, task: WaitingTask): string | null {
  if ((future as unknown) === task) return `Task cannot await on itself: ${future.toString()}`;
  if (future._loop === task._loop) return null;
  return `${task.toString()} got ${future.toString()}, which is attached to a different loop`;
}

/** What is wrong with what a generator of `task` yielded; null if it is a future, handed over by `yield*`. */
export function mistakeInYield(yielded: unknown, task: WaitingTask): string | null {
  if (isWaitable(yielded)) {
    if (!yielded._yielded) return `yield was used instead of yield* in ${task.toString()} with ${yielded.toString()}`;
    yielded._yielded = false;
    return mistakeInWait(yielded, task);
  }
  return isIterator(yielded)
    ? `yield was used instead of yield* for a generator in ${task.toString()}`
    : `Task got bad yield: ${describeValue(yielded)}; only futures are yielded, by yield*`;
}
