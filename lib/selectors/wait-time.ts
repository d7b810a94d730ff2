/** Converts the timeout of `select` to the form that the hook takes. */

import { outOfRange, wrongType } from '../errors/index.js';

/**
 * Converts a public timeout to the hook's: negative means no timeout, 0 does not wait, otherwise milliseconds.
 *
 * The public convention is Python's: null means no timeout, and a negative number does not wait, because subtracting the current time
 * from a deadline that has passed gives one. The kernel's convention is the reverse, and mixing them up hangs a loop, so this is the
 * only place that converts.
 *
 * @throws TypeError unless `timeoutMs` is a number, null or undefined; RangeError for NaN
 * @internal
 */
export function waitTime(timeoutMs: number | null | undefined): number {
  if (timeoutMs === null || timeoutMs === undefined) return -1;
  if (typeof timeoutMs !== 'number') throw wrongType('timeoutMs', 'a number of milliseconds or null', timeoutMs);
  if (Number.isNaN(timeoutMs)) throw outOfRange('timeoutMs', 'a number of milliseconds or null', timeoutMs);
  if (timeoutMs === Infinity) return -1;
  return timeoutMs > 0 ? timeoutMs : 0;
}
