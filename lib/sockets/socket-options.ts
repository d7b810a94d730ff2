/** Socket options. The kernel reads and writes their values as bytes, mostly the four of a C int. */

import { checked, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkBytes, checkInt } from './arguments.js';

/** One int in native byte order; the addon gets its bytes. */
const int = new Int32Array(1);
const intBytes = new Uint8Array(int.buffer);

/** The largest value that can be read; no option is as large. */
const largestOption = 1024;

/**
 * Sets an option.
 *
 * @throws TypeError, RangeError for an invalid value, OSError
 * @internal
 */
export function setOption(fd: number, level: number, option: number, value: number | boolean | Uint8Array): void {
  checkInt('level', level);
  checkInt('option', option);
  checked(native.setsockopt(fd, level, option, optionBytes(value)), 'setsockopt');
}

function optionBytes(value: number | boolean | Uint8Array): Uint8Array {
  if (typeof value === 'object' && value !== null) return checkBytes('value', value);
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    throw wrongType('value', 'a number, a boolean or a Buffer', value);
  }
  const number = Number(value);
  // Unsigned values are allowed as well: masks and marks are written as 0xffffffff.
  if (!Number.isInteger(number) || number < -0x8000_0000 || number > 0xffff_ffff) {
    throw outOfRange('value', 'an integer of 32 bits', value);
  }
  int[0] = number | 0;
  return intBytes;
}

/**
 * Reads an option that is a number.
 *
 * @throws TypeError, RangeError for an invalid level or option, OSError
 * @internal
 */
export function getIntOption(fd: number, level: number, option: number): number {
  checkInt('level', level);
  checkInt('option', option);
  int[0] = 0;
  const length = checked(native.getsockopt(fd, level, option, intBytes), 'getsockopt');
  // IP_MULTICAST_TTL and a few others may return a single byte.
  return length === 1 ? intBytes[0]! : int[0];
}

/**
 * Reads an option as bytes.
 *
 * @param length the largest number of bytes to read, 1 to 1024
 * @throws TypeError, RangeError for an invalid length, OSError
 * @internal
 */
export function getBytesOption(fd: number, level: number, option: number, length: number): Buffer {
  checkInt('level', level);
  checkInt('option', option);
  if (checkInt('length', length, 1) > largestOption) {
    throw outOfRange('length', `an integer from 1 to ${largestOption}`, length);
  }
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, checked(native.getsockopt(fd, level, option, bytes), 'getsockopt'));
}
