/**
 * A queue of received bytes, as a list of chunks that is read from its front.
 *
 * A chunk that arrives at an empty list, the usual case, is kept as it is and handed out whole or as views, without a copy. Small chunks
 * that queue behind others are copied into blocks; otherwise a peer that sends single bytes would cost a Buffer (about 100 bytes) for
 * each byte. Bytes that were handed out are never overwritten.
 *
 * Positions count from the front: 0 is the next byte to be taken.
 */

import { markAsUntransferable } from '../platform/bytes.js';

/** Chunks smaller than this are copied when they queue behind others. */
const SMALL = 1024;

/** The size of the blocks that they are copied into. */
const BLOCK_SIZE = 4096;

const empty = Buffer.alloc(0);

export class ChunkList {
  /** The number of bytes in the list. */
  length = 0;
  private chunks: Buffer[] = [];
  /** The index of the first chunk with bytes left, and the number of its bytes that are taken. */
  private first = 0;
  private taken = 0;
  /** The block whose beginning is the last chunk; null if the last chunk is not in a block. */
  private block: Buffer | null = null;

  /** Appends bytes, which the list then owns. */
  push(chunk: Buffer): void {
    if (this.length > 0 && chunk.length < SMALL) this.pushSmall(chunk);
    else {
      this.chunks.push(chunk);
      this.block = null;
    }
    this.length += chunk.length;
  }

  private pushSmall(chunk: Buffer): void {
    let used = this.block === null ? BLOCK_SIZE : this.chunks.at(-1)!.length;
    if (used + chunk.length > BLOCK_SIZE) {
      this.block = Buffer.allocUnsafe(BLOCK_SIZE);
      this.chunks.push(empty);
      used = 0;
    }
    chunk.copy(this.block!, used);
    this.chunks[this.chunks.length - 1] = this.block!.subarray(0, used + chunk.length);
  }

  /** Moves the first bytes into `buffer`, as many as fit. Returns their number. */
  moveInto(buffer: Uint8Array): number {
    let moved = 0;
    while (moved < buffer.length && this.length > 0) {
      const left = this.chunks[this.first]!.length - this.taken;
      const part = this.take(Math.min(left, buffer.length - moved));
      buffer.set(part, moved);
      moved += part.length;
    }
    return moved;
  }

  /** Removes and returns the first `count` bytes, which must exist. They are copied only if they span several chunks. */
  take(count: number): Buffer {
    if (count === 0) return empty;
    const chunk = this.chunks[this.first]!;
    const { taken } = this;
    const left = chunk.length - taken;
    if (count > left) return this.join(count);
    this.length -= count;
    if (count < left) {
      this.taken = taken + count;
      markAsUntransferable(chunk.buffer); // transferring one view to a worker must not take the other bytes with it
      return chunk.subarray(taken, this.taken);
    }
    this.dropFirst();
    return taken === 0 ? chunk : chunk.subarray(taken);
  }

  private join(count: number): Buffer {
    const joined = Buffer.allocUnsafe(count);
    for (let filled = 0; filled < count;) {
      const chunk = this.chunks[this.first]!;
      const copied = chunk.copy(joined, filled, this.taken, this.taken + count - filled);
      filled += copied;
      this.taken += copied;
      if (this.taken === chunk.length) this.dropFirst();
    }
    this.length -= count;
    return joined;
  }

  private dropFirst(): void {
    this.taken = 0;
    this.first += 1;
    if (this.first === this.chunks.length) {
      // There is nearly always exactly one: pop() is cheaper than `length = 0`, which calls the runtime and frees the array's storage.
      if (this.first === 1) this.chunks.pop();
      else this.chunks.length = 0;
      this.first = 0;
      this.block = null;
    } else if (this.first >= 64 && 2 * this.first > this.chunks.length) {
      this.chunks.splice(0, this.first); // in bulk, because each removal moves the remaining chunks
      this.first = 0;
    } else this.chunks[this.first - 1] = empty;
  }

  /** Returns the position of the first `pattern` in the bytes from `from` to before `to`; -1 if there is none. */
  indexOf(pattern: Buffer, from: number, to: number): number {
    let index = this.first;
    let start = -this.taken; // the position of the first byte of chunk `index`
    if (from > 0) {
      // A continued search starts near the end of the list, so walk back from there.
      index = this.chunks.length;
      start = this.length;
      while (start > from) {
        index -= 1;
        start -= this.chunks[index]!.length;
      }
    }
    for (; index < this.chunks.length && start < to; index += 1) {
      const chunk = this.chunks[index]!;
      const end = start + chunk.length;
      const within = to < end ? chunk.subarray(0, to - start) : chunk;
      const at = within.indexOf(pattern, Math.max(from - start, 0));
      if (at >= 0) return start + at;
      if (pattern.length > 1 && end < to) {
        const across = this.indexAcross(pattern, index, end, from, to);
        if (across >= 0) return across;
      }
      start = end;
    }
    return -1;
  }

  /** Finds a pattern that spans `border`, the position where chunk `index` ends. */
  private indexAcross(pattern: Buffer, index: number, border: number, from: number, to: number): number {
    const low = Math.max(from, border - pattern.length + 1);
    const high = Math.min(to, border + pattern.length - 1);
    let start = border - this.chunks[index]!.length;
    while (start > low) {
      index -= 1;
      start -= this.chunks[index]!.length;
    }
    const window = Buffer.allocUnsafe(high - low);
    for (let filled = 0; filled < window.length; index += 1) {
      const chunk = this.chunks[index]!;
      filled += chunk.copy(window, filled, low + filled - start);
      start += chunk.length;
    }
    const at = window.indexOf(pattern);
    return at < 0 ? -1 : low + at;
  }
}
