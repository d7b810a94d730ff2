/** The checks of arguments that several socket calls share. Each passes its value through. */

import { isUint8Array } from 'node:util/types';

import { outOfRange, wrongType } from '../errors/index.js';

const largestInt = 0x7fff_ffff;

/**
 * Bytes to send or to fill.
 *
 * Text is refused: it has no bytes until an encoding is chosen, and a default would hide that choice. So is a view whose memory was
 * moved away (`postMessage(data, [data.buffer])`): it looks empty, so a send would succeed and send nothing, and a receive into it
 * would look like the end of the stream.
 *
 * @throws TypeError unless it is a Uint8Array (a Buffer is one) that has its memory
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
 * For an operation that has waited: the bytes that it was given are still there.
 *
 * @param length how many they were
 * @throws TypeError if they are fewer, since their memory was moved away or made smaller
 * @internal
 */
export function checkStillThere(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length < length) throw withoutMemory(name, bytes);
}

function checkAttached(name: string, bytes: Uint8Array): void {
  if (isDetached(bytes.buffer)) throw withoutMemory(name, bytes);
}

/** Only an empty buffer can be a detached one. Node 20 has no property for it; cloning such a buffer is refused. */
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
 * An integer of the C type `int`, at least `lowest`.
 *
 * @throws TypeError unless it is a number, RangeError unless it is an integer from `lowest` to 2^31 - 1
 * @internal
 */
export function checkInt(name: string, value: number, lowest = 0): number {
  // The usual case is a small integer, and `| 0` leaves exactly those alone.
  if (typeof value === 'number' && (value | 0) === value && value >= lowest) return value;
  const expected = `an integer from ${lowest} to ${largestInt}`;
  if (typeof value !== 'number') throw wrongType(name, expected, value);
  throw outOfRange(name, expected, value);
}

/**
 * A port.
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
 * Time a call may wait, in milliseconds.
 *
 * @throws TypeError unless it is a number or null, RangeError for NaN and negative numbers
 * @internal
 */
export function checkTimeout(name: string, timeoutMs: number | null): number | null {
  if (timeoutMs === null || timeoutMs === Infinity) return null;
  const expected = 'milliseconds >= 0, or null to wait for ever';
  if (typeof timeoutMs !== 'number') throw wrongType(name, expected, timeoutMs);
  if (!(timeoutMs >= 0)) throw outOfRange(name, expected, timeoutMs);
  return timeoutMs;
}
