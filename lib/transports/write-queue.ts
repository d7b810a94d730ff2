/**
 * The queue of bytes that the kernel has not accepted yet.
 *
 * Bytes are copied into blocks of a fixed size, which a small pool recycles. A new buffer for each write would be garbage as soon as
 * it was sent. Its bytes are outside the JavaScript heap, and V8 lets about 32 MiB of those accumulate before it collects: a proxy
 * between a fast sender and a slow reader would reach that, however low its watermarks are.
 */

import { belongsToKernel } from '../platform/kernel-state.js';

/**
 * Small, because a queue of ten bytes takes a whole block, and there may be ten thousand such queues. Large enough for a gathering
 * send of 64 KiB, the default high watermark, to have few parts.
 */
const BLOCK_BYTES = 16 * 1024;

/** The number of spare blocks that all queues of a thread share: 1 MiB, many times the 64 KiB that one receive delivers. */
const MOST_SPARE = 64;

/** Limits one send to 2 MiB: the kernel seldom has room for more, and a long queue must not be listed in full for every send. */
const MOST_PARTS = 128;

let spare: Buffer[] = [];

belongsToKernel(() => {
  const outer = spare;
  spare = [];
  return () => (spare = outer);
});

/** Takes the place of a block that has been sent. */
const SENT = Buffer.alloc(0);

/** A queue of bytes, all of them copies made by `push`. The first block may have been sent in part. */
export class WriteQueue {
  /** The number of bytes in the queue. */
  size = 0;
  /** Every block but the last is filled to its end. Those before `first` have been sent; an empty queue has no blocks. */
  private readonly blocks: Buffer[] = [];
  private first = 0;
  /** The offset of the first unsent byte in the first unsent block. */
  private start = 0;

  /**
   * Appends a copy of `data` without its first `skip` bytes. It has to be a copy, because the caller may refill its buffer: an echo
   * server that receives into one buffer would send the next message instead of the first.
   */
  push(data: Uint8Array, skip = 0): void {
    const { blocks } = this;
    for (let from = skip; from < data.length;) {
      let end = this.endOfLast;
      if (end === BLOCK_BYTES) {
        blocks.push(spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES));
        end = 0;
      }
      const count = Math.min(data.length - from, BLOCK_BYTES - end);
      blocks.at(-1)!.set(count === data.length ? data : data.subarray(from, from + count), end);
      this.size += count;
      from += count;
    }
  }

  /**
   * Returns the first bytes, up to 2 MiB, as the non-empty parts of a gathering send. The parts are valid until the next `push` or
   * `drop`.
   */
  parts(): Uint8Array[] {
    const { blocks, first, start, endOfLast } = this;
    const parts = blocks.slice(first, first + MOST_PARTS);
    const last = blocks.length - 1 - first;
    if (last < parts.length && endOfLast < BLOCK_BYTES) parts[last] = parts[last]!.subarray(0, endOfLast);
    if (start > 0) parts[0] = parts[0]!.subarray(start);
    return parts;
  }

  /** Removes the first `count` bytes, which have been sent. */
  drop(count: number): void {
    this.size -= count;
    this.start += count;
    const { blocks } = this;
    const firstUnsent = this.size === 0 ? blocks.length : this.first + Math.floor(this.start / BLOCK_BYTES);
    for (; this.first < firstUnsent; this.first += 1) {
      if (spare.length < MOST_SPARE) spare.push(blocks[this.first]!);
      blocks[this.first] = SENT;
    }
    if (2 * this.first >= blocks.length) {
      blocks.splice(0, this.first); // seldom, because it moves the blocks that are left
      this.first = 0;
    }
    this.start = this.size === 0 ? 0 : this.start % BLOCK_BYTES;
  }

  /** Removes all bytes and returns copies of them, because the blocks are recycled. */
  takeAll(): Buffer[] {
    const taken: Buffer[] = [];
    while (this.size > 0) {
      const part = Buffer.concat(this.parts());
      taken.push(part);
      this.drop(part.length);
    }
    return taken;
  }

  /** Removes all bytes. */
  clear(): void {
    this.drop(this.size);
  }

  /** The offset after the last byte in the last block; the size of a block if there is none. */
  private get endOfLast(): number {
    return this.start + this.size - (this.blocks.length - 1 - this.first) * BLOCK_BYTES;
  }
}
