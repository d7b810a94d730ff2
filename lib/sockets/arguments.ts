/** Argument checks shared by several socket calls. Each returns its value. */

import { outOfRange, wrongType } from '../errors/index.js';
import { isUint8Array } from '../platform/bytes.js';

const largestInt = 0x7fff_ffff;

/**
 * Checks bytes to send, or a buffer to fill.
 *
 * A string is refused, because a default encoding would hide a choice that the caller should make. A view whose memory was transferred
 * (`postMessage(data, [data.buffer])`) is refused because it looks empty: a send would succeed without sending anything, and a receive
 * would look like the end of the stream.
 *
 * @throws TypeError unless it is a Uint8Array (such as a Buffer) that still has its memory
 * @internal
 */
export function checkBytes<T extends Uint8Array>(name: string, bytes: T): T {
  if (isUint8Array(bytes)) {
    if (bytes.length === 0) checkAttached(name, bytes);
    return bytes;
  }
  const hint = typeof bytes === 'string' ? ' (for text: Buffer.from(text))' : '';
  throw wrongType(name, `a Buffer or Uint8Array${hint}`, bytes);
}

/**
 * Checks, after an operation has waited, that the caller's bytes are still there.
 *
 * @param length the original number of bytes
 * @throws TypeError if there are fewer now, because their memory was transferred or resized
 * @internal
 */
export function checkStillThere(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length < length) throw withoutMemory(name, bytes);
}

function checkAttached(name: string, bytes: Uint8Array): void {
  if (isDetached(bytes.buffer)) throw withoutMemory(name, bytes);
}

/** Returns true for a detached buffer, which is always empty. Node 20 has no `detached` property, but refuses to clone such a buffer. */
function isDetached(buffer: ArrayBufferLike & { readonly detached?: boolean }): boolean {
  if (buffer.byteLength > 0 || buffer instanceof SharedArrayBuffer) return false;
  if (buffer.detached !== undefined) return buffer.detached;
  try {
    structuredClone(buffer);
    return false;
  } catch {
    return true;
  }
}

function withoutMemory(name: string, bytes: Uint8Array): TypeError {
  return wrongType(
    name,
    'a Buffer or Uint8Array that keeps its memory (its ArrayBuffer was transferred or resized)',
    bytes,
  );
}

/**
 * Checks an integer of the C type `int`, at least `lowest`.
 *
 * @throws TypeError unless it is a number, RangeError unless it is an integer from `lowest` to 2^31 - 1
 * @internal
 */
export function checkInt(name: string, value: number, lowest = 0): number {
  // The fast path: `| 0` leaves exactly the 32-bit integers unchanged.
  if (typeof value === 'number' && (value | 0) === value && value >= lowest) return value;
  const expected = `an integer from ${lowest} to ${largestInt}`;
  if (typeof value !== 'number') throw wrongType(name, expected, value);
  throw outOfRange(name, expected, value);
}

/**
 * Checks a port.
 *
 * @throws TypeError unless it is a number, RangeError unless it is an integer from 0 to 65535
 * @internal
 */
export function checkPort(name: string, port: unknown): number {
  const expected = 'an integer from 0 to 65535';
  if (typeof port !== 'number') throw wrongType(name, expected, port);
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw outOfRange(name, expected, port);
  return port;
}

/**
 * Checks the time for which a call may wait, in milliseconds; null or Infinity: no limit.
 *
 * @throws TypeError unless it is a number or null, RangeError for NaN and negative numbers
 * @internal
 */
export function checkTimeout(name: string, timeoutMs: number | null): number | null {
  if (timeoutMs === null || timeoutMs === Infinity) return null;
  const expected = 'milliseconds >= 0, or null for no limit';
  if (typeof timeoutMs !== 'number') throw wrongType(name, expected, timeoutMs);
  if (!(timeoutMs >= 0)) throw outOfRange(name, expected, timeoutMs);
  return timeoutMs;
}
