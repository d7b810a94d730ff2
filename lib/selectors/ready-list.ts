/**
 * The array of (fd, events) pairs that a wait fills.
 *
 * It grows with the number of registered descriptors, so that one wait can report all of them: with a fixed size, a busy server would
 * need several waits for its descriptors, with timers running in between. It starts small, because most programs have few descriptors
 * and a small array stays in the cache.
 */

import { outOfRange, wrongType } from '../errors/index.js';

const smallestPairs = 128;
const largestPairs = 65_536;

/**
 * Returns an array with room for `descriptors` pairs, at least 128 and at most 65536, or for `most` pairs if that is less. Returns
 * `current` if it is suitable.
 *
 * @internal
 */
export function readyListFor(descriptors: number, most: number, current: Int32Array | null): Int32Array {
  if (most < descriptors) return current?.length === 2 * most ? current : new Int32Array(2 * most);
  if (current !== null && (current.length >= 2 * descriptors || current.length === 2 * largestPairs)) return current;
  let pairs = smallestPairs;
  while (pairs < descriptors && pairs < largestPairs) pairs *= 2;
  return new Int32Array(2 * pairs);
}

/**
 * Returns the maximum number of descriptors that a program wants from one wait.
 *
 * @throws TypeError unless `most` is a number; RangeError unless it is a positive integer or Infinity
 * @internal
 */
export function checkedMost(most: number): number {
  const expected = 'a positive integer or Infinity';
  if (typeof most !== 'number') throw wrongType('most', expected, most);
  if (most >= 1 && (Number.isInteger(most) || most === Infinity)) return most;
  throw outOfRange('most', expected, most);
}
