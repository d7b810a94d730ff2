/** The queue of datagrams that the kernel has not accepted yet. */

import { RingQueue } from '../collections/ring-queue.js';
import type { Address } from '../sockets/index.js';

/** Added to the size of each datagram, because even empty ones need memory. */
const OVERHEAD = 8;

/** A datagram, with a copy of its bytes. `to` is null for the peer that the socket is connected to. */
export interface Datagram {
  readonly data: Uint8Array;
  readonly to: Address | null;
}

/** A FIFO queue of datagrams. */
export class DatagramQueue {
  /** The number of queued bytes, plus 8 for each datagram. */
  size = 0;
  private readonly waiting = new RingQueue<Datagram>(4);

  push(data: Uint8Array, to: Address | null): void {
    this.waiting.push({ data: Buffer.from(data), to: to === null ? null : { ...to } });
    this.size += data.length + OVERHEAD;
  }

  first(): Datagram | undefined {
    return this.waiting.peek();
  }

  dropFirst(): void {
    const dropped = this.waiting.shift();
    if (dropped !== undefined) this.size -= dropped.data.length + OVERHEAD;
  }

  clear(): void {
    this.waiting.clear();
    this.size = 0;
  }
}
