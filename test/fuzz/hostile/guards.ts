/** Memory with guards around it: a call that writes beyond its buffer changes them. Without them, only a sanitizer would notice. */

const GUARD_BYTES = 64;
/** As an int, -1: a call that reads beyond an array of descriptors finds none. */
const GUARD = Buffer.alloc(GUARD_BYTES, 0xff);

/** The guarded arrays of one call. */
export class GuardedMemory {
  private buffers: ArrayBuffer[] = [];

  bytes(size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.allocate(size), GUARD_BYTES, size);
  }

  ints(values: readonly number[]): Int32Array<ArrayBuffer> {
    const ints = new Int32Array(this.allocate(4 * values.length), GUARD_BYTES, values.length);
    ints.set(values);
    return ints;
  }

  /** Checks and forgets the arrays. Returns what is wrong, or null. */
  check(): string | null {
    const changed = this.buffers.some((buffer) => {
      if (buffer.byteLength === 0) return false; // detached
      const ends = [0, buffer.byteLength - GUARD_BYTES];
      return ends.some((start) => GUARD.compare(new Uint8Array(buffer, start, GUARD_BYTES)) !== 0);
    });
    this.buffers = [];
    return changed ? 'wrote outside of its buffer' : null;
  }

  private allocate(size: number): ArrayBuffer {
    const buffer = new ArrayBuffer(size + 2 * GUARD_BYTES);
    const all = new Uint8Array(buffer);
    all.set(GUARD);
    all.set(GUARD, size + GUARD_BYTES);
    this.buffers.push(buffer);
    return buffer;
  }
}
