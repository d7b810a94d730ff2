/** Checks an optional duration or time. */

import { outOfRange, wrongType } from '../errors/index.js';

/** Returns `value`, milliseconds or null. Throws TypeError for anything else, RangeError for NaN. */
export function checkedMs(name: string, value: number | null): number | null {
  if (value === null) return null;
  if (typeof value !== 'number') throw wrongType(name, 'a number of milliseconds or null', value);
  if (Number.isNaN(value)) throw outOfRange(name, 'a number of milliseconds or null', value);
  return value;
}
