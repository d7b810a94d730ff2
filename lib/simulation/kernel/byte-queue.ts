/** Bytes in order: what has been sent and not yet received. */

/**
 * A queue of bytes.
 *
 * Invariant: it owns its chunks. `push` copies, because the caller may change its array after the call, and `Buffer.slice` would be a view
 * of the same memory.
 */
export class ByteQueue {
  private chunks: Uint8Array[] = [];
  private count = 0;

  /** The number of bytes. */
  get length(): number {
    return this.count;
  }

  /** Appends a copy of the bytes. */
  push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.adopt(Uint8Array.from(bytes));
  }

  /** Appends bytes that no one else will change. */
  adopt(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.count += bytes.length;
  }

  /** Copies bytes from the front, without removing them. Returns their number. */
  peek(into: Uint8Array): number {
    let copied = 0;
    for (const chunk of this.chunks) {
      if (copied === into.length) break;
      const part = chunk.subarray(0, into.length - copied);
      into.set(part, copied);
      copied += part.length;
    }
    return copied;
  }

  /** Moves bytes from the front. Returns their number. */
  shift(into: Uint8Array): number {
    const copied = this.peek(into);
    this.skip(copied);
    return copied;
  }

  /** Removes the first `count` bytes and returns them; fewer if there are not as many. */
  take(count: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(count, this.count));
    this.shift(bytes);
    return bytes;
  }

  /** Removes all bytes. */
  clear(): void {
    this.chunks = [];
    this.count = 0;
  }

  private skip(count: number): void {
    this.count -= count;
    let left = count;
    let whole = 0;
    for (const chunk of this.chunks) {
      if (chunk.length > left) break;
      left -= chunk.length;
      whole += 1;
    }
    this.chunks.splice(0, whole);
    if (left > 0) this.chunks[0] = this.chunks[0]!.subarray(left);
  }
}
