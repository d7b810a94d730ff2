/** How long a select may wait, as the kernel hook wants it. */

import { outOfRange, wrongType } from '../errors/index.js';

/**
 * Turns a public timeout into the hook's: negative waits for ever, 0 polls, anything else is milliseconds.
 *
 * The public convention is Python's (null for ever, negative polls) because it is what subtracting two times gives: a deadline
 * that has passed must poll. The kernel's is the other way round, and mixing them up hangs a loop, so they meet only here.
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
