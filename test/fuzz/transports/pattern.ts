/**
 * The bytes that the programs send. They identify their stream and their position in it.
 *
 * Every stream is a window into one table of random bytes. A chunk that is lost, repeated, misplaced or from another connection differs
 * from the expected one within a few bytes, and a comparison is one `memcmp`.
 */

/** The most bytes that one direction of a connection may carry. */
export const LONGEST_STREAM = 6 * 1024 * 1024;

/** The distance between the windows of two streams; a prime, so that no power of two aligns them. */
const STRIDE = 65_537;
const STREAMS = 32;

let made: Buffer | null = null;

function table(): Buffer {
  if (made !== null) return made;
  const words = new Uint32Array((LONGEST_STREAM + STREAMS * STRIDE) >> 2);
  let state = 0x2545_f491;
  for (let i = 0; i < words.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  made = Buffer.from(words.buffer);
  return made;
}

/** Returns the bytes from `offset` to before `end` of a stream, as a view that must not be modified. */
export function bytesOf(stream: number, offset: number, end: number): Buffer {
  const start = stream * STRIDE;
  return table().subarray(start + offset, start + end);
}

/** Describes what is wrong with bytes that arrived at `offset` of a stream; null if they are correct. */
export function mismatch(stream: number, offset: number, data: Uint8Array): string | null {
  const expected = bytesOf(stream, offset, offset + data.length);
  if (expected.equals(data)) return null;
  const at = data.findIndex((byte, i) => byte !== expected[i]);
  const probe = Buffer.from(data.subarray(at, at + 16));
  const found = probe.length < 8 ? -1 : bytesOf(stream, 0, LONGEST_STREAM).indexOf(probe);
  const origin = found < 0 ? '' : `; it belongs to offset ${found}`;
  return `wrong byte at offset ${offset + at} (${at} into a chunk of ${data.length})${origin}`;
}
