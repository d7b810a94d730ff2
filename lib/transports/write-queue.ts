/**
 * Bytes that the kernel did not take at once.
 *
 * They are copied into blocks of one size, which go from queue to queue by way of a few spare ones. A buffer of its own for each
 * write would be garbage as soon as it was sent: bytes outside of the heap, of which V8 lets some 32 MiB pile up before it
 * collects. A proxy between a fast sender and a slow reader would have them all, however low its watermarks are.
 */

/**
 * Small, because a queue of ten bytes takes a whole block, and there may be ten thousand such; large enough for a gathering send
 * of 64 KiB, which is where a protocol is told to pause, to have few parts.
 */
const BLOCK_BYTES = 16 * 1024;

/** 1 MiB of spare blocks for all queues of a thread: more than one event adds to one of them (256 KiB). */
const MOST_SPARE = 64;

/** 2 MiB for one send: the kernel seldom has room for more, and a hundred megabytes that wait are not listed for each of them. */
const MOST_PARTS = 128;

const spare: Buffer[] = [];

/** A queue of bytes, of which the front may have been sent in part. Everything in it is a copy, made by `push`. */
export class WriteQueue {
  /** How many bytes wait. */
  size = 0;
  /** Every block but the last is full to its end. A queue without bytes has no blocks. */
  private readonly blocks: Buffer[] = [];
  /** Where the bytes begin in the first block. */
  private start = 0;

  /**
   * Appends a copy of the bytes of `data` after the first `skip`. A copy, because the caller's buffer is often about to be filled
   * again: an echo that receives into its own buffer would send what came next instead of what came first.
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
   * The first bytes, as a gathering send takes them, until something is pushed or dropped; all of them up to 2 MiB. None of the
   * parts is empty.
   */
  parts(): Uint8Array[] {
    const { blocks, start, endOfLast } = this;
    const parts = blocks.slice(0, MOST_PARTS);
    const last = blocks.length - 1;
    if (last < parts.length && endOfLast < BLOCK_BYTES) parts[last] = parts[last]!.subarray(0, endOfLast);
    if (start > 0) parts[0] = parts[0]!.subarray(start);
    return parts;
  }

  /** Removes the first `count` bytes, which have been sent. */
  drop(count: number): void {
    this.size -= count;
    this.start += count;
    const sentWhole = this.size === 0 ? this.blocks.length : Math.floor(this.start / BLOCK_BYTES);
    for (const block of this.blocks.splice(0, sentWhole)) {
      if (spare.length < MOST_SPARE) spare.push(block);
    }
    this.start = this.size === 0 ? 0 : this.start % BLOCK_BYTES;
  }

  /** Removes everything, and returns it: copies, because the blocks are used again. */
  takeAll(): Buffer[] {
    const taken: Buffer[] = [];
    while (this.size > 0) {
      const part = Buffer.concat(this.parts());
      taken.push(part);
      this.drop(part.length);
    }
    return taken;
  }

  /** Removes everything. */
  clear(): void {
    this.drop(this.size);
  }

  /** Where the bytes end in the last block; its end if there is none. */
  private get endOfLast(): number {
    return this.start + this.size - (this.blocks.length - 1) * BLOCK_BYTES;
  }
}
