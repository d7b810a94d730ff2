/** eventfd(2): a counter that is readable while it is not zero. */

import { EAGAIN, EINVAL } from './errno.js';
import { POLLIN, POLLOUT } from './numbers.js';
import { OpenFile } from './open-file.js';

const SIZE = 8;
const ONE = new Uint8Array(BigUint64Array.of(1n).buffer);
/** The largest value of the counter. */
const MOST = 0xffff_ffff_ffff_fffen;

export class EventCounter extends OpenFile {
  private count = 0n;

  override poll(): number {
    return (this.count > 0n ? POLLIN : 0) | (this.count < MOST ? POLLOUT : 0);
  }

  override get takesVectors(): boolean {
    return false;
  }

  /** Takes the whole counter: eight bytes in native order. */
  override read(into: Uint8Array): number {
    if (into.length < SIZE) return -EINVAL;
    if (this.count === 0n) return -EAGAIN;
    viewOf(into).setBigUint64(0, this.count, true);
    this.count = 0n;
    this.changed();
    return SIZE;
  }

  /** Adds a number of eight bytes. */
  override write(bytes: Uint8Array): number {
    if (bytes.length !== SIZE) return -EINVAL;
    const added = viewOf(bytes).getBigUint64(0, true);
    if (added > MOST) return -EINVAL;
    if (this.count + added > MOST) return -EAGAIN;
    this.count += added;
    this.changed();
    return SIZE;
  }

  /** Adds one. A full counter stays full. */
  increment(): void {
    this.write(ONE);
  }

  protected override release(): void {
    // Nothing else refers to the counter.
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
