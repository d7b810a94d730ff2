/** Bytes that the kernel did not take at once. */

/** A queue of buffers, of which the front may have been sent in part. Everything in it is a copy, made by `push`. */
export class WriteQueue {
  /** How many bytes wait. */
  size = 0;
  /** The buffers, as a gathering send takes them. None is empty. */
  readonly parts: Uint8Array[] = [];

  /**
   * Appends a copy of the bytes of `data` after the first `skip`. A copy, because the caller's buffer is often about to be filled
   * again: an echo that receives into its own buffer would send what came next instead of what came first.
   */
  push(data: Uint8Array, skip = 0): void {
    if (skip >= data.length) return;
    const copy = Buffer.from(skip === 0 ? data : data.subarray(skip));
    this.parts.push(copy);
    this.size += copy.length;
  }

  /** Removes the first `count` bytes, which have been sent. */
  drop(count: number): void {
    const { parts } = this;
    this.size -= count;
    let whole = 0;
    let rest = count;
    for (; whole < parts.length && parts[whole]!.length <= rest; whole += 1) rest -= parts[whole]!.length;
    parts.splice(0, whole);
    if (rest > 0) parts[0] = parts[0]!.subarray(rest);
  }

  /** Removes everything. */
  clear(): void {
    this.size = 0;
    this.parts.length = 0;
  }
}
