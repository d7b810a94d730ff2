/** Datagrams that the kernel did not take at once. */

import type { Address } from '../sockets/index.js';

/** What a datagram counts for besides its bytes: empty ones need memory too. */
const OVERHEAD = 8;

/** One datagram, with a copy of its bytes; `to` is null for the peer that the socket is connected to. */
export interface Datagram {
  readonly data: Uint8Array;
  readonly to: Address | null;
}

/** First in, first out. */
export class DatagramQueue {
  /** How many bytes wait, with 8 more for each datagram. */
  size = 0;
  private readonly waiting: Datagram[] = [];

  push(data: Uint8Array, to: Address | null): void {
    this.waiting.push({ data: Buffer.from(data), to: to === null ? null : { ...to } });
    this.size += data.length + OVERHEAD;
  }

  first(): Datagram | undefined {
    return this.waiting[0];
  }

  dropFirst(): void {
    const dropped = this.waiting.shift();
    if (dropped !== undefined) this.size -= dropped.data.length + OVERHEAD;
  }

  clear(): void {
    this.waiting.length = 0;
    this.size = 0;
  }
}
