/** Checks the timeout that a program passes to a selector. */

import { outOfRange, wrongType } from '../errors/index.js';

/**
 * Returns a public timeout as the selector uses it: null means no timeout, 0 does not wait, otherwise milliseconds.
 *
 * The public convention is Python's: a negative number does not wait, because subtracting the current time from a deadline that has
 * passed gives one.
 *
 * @throws TypeError unless `timeoutMs` is a number, null or undefined; RangeError for NaN
 * @internal
 */
export function checkedTimeout(timeoutMs: number | null | undefined): number | null {
  if (timeoutMs === null || timeoutMs === undefined) return null;
  if (typeof timeoutMs !== 'number') throw wrongType('timeoutMs', 'a number of milliseconds or null', timeoutMs);
  if (Number.isNaN(timeoutMs)) throw outOfRange('timeoutMs', 'a number of milliseconds or null', timeoutMs);
  if (timeoutMs === Infinity) return null;
  return timeoutMs > 0 ? timeoutMs : 0;
}
