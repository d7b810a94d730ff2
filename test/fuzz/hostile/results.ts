/** What the result of a call of the addon may not be. */

import { fstatSync } from 'node:fs';
import { types } from 'node:util';

import { kindsOf } from './native-calls.js';

/** The real length: a subclass may report another one. */
const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype) as object, 'length')!
  .get as (this: Uint8Array) => number;

/** Prepares the check of a call, before it runs. The check returns what is wrong with its result, or null. */
export function resultCheck(name: string, values: readonly unknown[]): (result: unknown) => string | null {
  const checks = [rangeCheck, countCheck, sendfileCheck].map((prepare) => prepare(name, values));
  return (result) => checks.map((check) => check(result)).find((fault) => fault !== null) ?? null;
}

/** A call with a range that exceeds its buffer throws. Side effects can make a buffer only shorter. */
function rangeCheck(name: string, values: readonly unknown[]): (result: unknown) => string | null {
  const at = kindsOf(name).indexOf('offset') - 1;
  const [bytes, offset, length] = at < 0 ? [] : values.slice(at, at + 3);
  if (!types.isUint8Array(bytes) || typeof offset !== 'number' || typeof length !== 'number') return () => null;
  const size = lengthOf.call(bytes);
  if (offset + length <= size) return () => null;
  return () => `accepted offset ${offset} and length ${length} for ${size} bytes`;
}

/** The ints of one call in the array of `sendEach` and `recvEach`. */
const INTS_OF_CALL: Readonly<Record<string, number>> = { sendEach: 3, recvEach: 1 };

/** A call with a count that exceeds its array throws. */
function countCheck(name: string, values: readonly unknown[]): (result: unknown) => string | null {
  const [ints, count] = values;
  const each = INTS_OF_CALL[name];
  if (each === undefined || !types.isInt32Array(ints) || typeof count !== 'number') return () => null;
  const { length } = ints;
  return () => (count > Math.floor(length / each) ? `accepted count ${count} for ${length} ints` : null);
}

/** Nothing can be sent from behind the end of a file. */
function sendfileCheck(name: string, values: readonly unknown[]): (result: unknown) => string | null {
  const [, file, offset] = values;
  if (name !== 'sendfile' || typeof file !== 'number' || typeof offset !== 'number') return () => null;
  let size: number;
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return () => null;
    size = stats.size;
  } catch {
    return () => null;
  }
  return (result) =>
    (result as number) > Math.max(0, size - offset)
      ? `sent ${String(result)} bytes from position ${offset} of a file of ${size} bytes`
      : null;
}
