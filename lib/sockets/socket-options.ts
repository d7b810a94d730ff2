/** Socket options. The kernel takes and returns their values as bytes; most are a C int of four bytes. */

import { checked, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkBytes, checkInt } from './arguments.js';

/** Reused for every option that is a C int: `int` is the value, and `intBytes`, the same memory, is passed to the addon. */
const int = new Int32Array(1);
const intBytes = new Uint8Array(int.buffer);

/** The most bytes that can be read; the limit of Python's `getsockopt`. */
const largestOption = 1024;

/**
 * Sets an option.
 *
 * @throws TypeError or RangeError for an invalid argument, OSError if the kernel refuses
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
    throw wrongType('value', 'a number, boolean, Buffer or Uint8Array', value);
  }
  const number = Number(value);
  // Values up to 2^32 - 1 are accepted so that a mask or mark can be written as 0xffffffff.
  if (!Number.isInteger(number) || number < -0x8000_0000 || number > 0xffff_ffff) {
    throw outOfRange('value', 'a 32-bit integer', value);
  }
  int[0] = number | 0;
  return intBytes;
}

/**
 * Reads an option whose value is a number.
 *
 * @throws TypeError or RangeError for an invalid argument, OSError if the kernel refuses
 * @internal
 */
export function getIntOption(fd: number, level: number, option: number): number {
  checkInt('level', level);
  checkInt('option', option);
  int[0] = 0;
  const length = checked(native.getsockopt(fd, level, option, intBytes), 'getsockopt');
  // The kernel may return a single byte for IP_MULTICAST_TTL and a few other options.
  return length === 1 ? intBytes[0]! : int[0];
}

/**
 * Reads an option as bytes.
 *
 * @param length the largest number of bytes to read, 1 to 1024
 * @throws TypeError or RangeError for an invalid argument, OSError if the kernel refuses
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
