/** The checks of arguments that the addon makes (native/binding/arguments.cc): a wrong range must not be accepted here either. */

function wrongRange(expected: string, name: string, got: unknown): RangeError {
  return new RangeError(`expected ${expected} for ${name}, got ${String(got)}`);
}

/** Returns a range of an array as a view. It is a plain Uint8Array, whose `slice` copies. */
export function bytesWithin(data: Uint8Array, offset: number, length: number): Uint8Array {
  if (!(offset >= 0 && offset <= data.length)) throw wrongRange('a position within the array', 'offset', offset);
  if (!(length >= 0 && length <= data.length - offset)) throw wrongRange('a range within the array', 'length', length);
  return new Uint8Array(data.buffer, data.byteOffset + offset, length);
}

/** Returns the whole array as a plain Uint8Array. */
export const plain = (data: Uint8Array): Uint8Array => bytesWithin(data, 0, data.length);

export function portNumber(port: number): number {
  if (port >= 0 && port <= 65_535) return port;
  throw new RangeError(`expected a port from 0 to 65535, got ${port}`);
}

/** Checks that `count` items are there. */
export function checkCount(count: number, available: number, items: string, name = 'count'): void {
  if (!(count >= 0 && count <= available)) throw wrongRange(`at most as many as there are ${items}`, name, count);
}

/** The most buffers that one call reads or writes (IOV_MAX). */
const MOST_BUFFERS = 1024;

/** Returns the buffers one after the other. */
export function gathered(buffers: readonly Uint8Array[]): Uint8Array {
  const used = buffers.slice(0, MOST_BUFFERS);
  const bytes = new Uint8Array(used.reduce((sum, buffer) => sum + buffer.length, 0));
  let at = 0;
  for (const buffer of used) {
    bytes.set(buffer, at);
    at += buffer.length;
  }
  return bytes;
}

/** Copies bytes into buffers, one after the other. */
export function scatter(bytes: Uint8Array, buffers: readonly Uint8Array[]): void {
  let at = 0;
  for (const buffer of buffers) {
    const part = bytes.subarray(at, at + buffer.length);
    buffer.set(part);
    at += part.length;
  }
}
