/** Messages for mistaken waits. Each becomes an InvalidStateError at the `yield` or `await` in question. */

import { describeValue } from '../errors/index.js';
import { isIterator, isThenable } from './shapes.js';
import { type Waitable, type WaitingTask, isWaitable } from './waitable.js';

/** Describes why `task` cannot wait for `future`; null if it can. */
export function mistakeInWait(future: Waitable, task: WaitingTask): string | null {
  if ((future as unknown) === task) return `Task cannot await on itself: ${future.toString()}`;
  if (future._loop === task._loop) return null;
  return `${task.toString()} got ${future.toString()}, which is attached to a different loop`;
}

/** Describes what is wrong with a value that a generator of `task` has yielded; null if it is a future handed over by `yield*`. */
export function mistakeInYield(yielded: unknown, task: WaitingTask): string | null {
  const future = yielded as Waitable;
  if (future._yielded) {
    future._yielded = false;
    return mistakeInWait(future, task);
  }
  if (isWaitable(yielded)) return `yield was used instead of yield* in ${task.toString()} with ${yielded.toString()}`;
  if (isThenable(yielded) && !(Symbol.iterator in yielded))
    return `Task got bad yield: ${describeValue(yielded)}; wait for it with yield* ensureFuture(promise)`;
  return isIterator(yielded)
    ? `yield was used instead of yield* for a generator in ${task.toString()}`
    : `Task got bad yield: ${describeValue(yielded)}; only futures are yielded, by yield*`;
}
