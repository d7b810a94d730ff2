/** A check of the kernel itself: the bytes that one end receives are those that the other end has sent, in order. */

import { ByteQueue } from './byte-queue.js';
import { checksAreOn, violated } from './checks.js';

/**
 * Records a stream separately from buffers and segments. A lost or repeated segment, two segments in the wrong order, and an
 * array that the caller has changed after its call are found when the receiver reads.
 */
export class Journal {
  private readonly unread = new ByteQueue();

  constructor(private readonly name: string) {}

  /** Records what was accepted from the sender. */
  sent(bytes: Uint8Array): void {
    if (checksAreOn()) this.unread.push(bytes);
  }

  /** Compares what the receiver gets. */
  received(bytes: Uint8Array): void {
    if (!checksAreOn()) return;
    const expected = this.unread.take(bytes.length);
    let same = expected.length === bytes.length;
    for (let i = 0; same && i < bytes.length; i += 1) same = expected[i] === bytes[i];
    if (!same) {
      violated(`the bytes received from a ${this.name} are not those that were sent next`);
    }
  }
}
