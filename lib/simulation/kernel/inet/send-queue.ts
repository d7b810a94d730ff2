/** The sending half of a TCP connection: what the program has written, and what the peer has acknowledged. */

import { ByteQueue } from '../byte-queue.js';

/** The most bytes in one segment: what fits into a packet of the loopback interface. */
export const MOST_IN_SEGMENT = 65_483;

/** What a segment carries. */
export interface Part {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly fin: boolean;
}

/**
 * Bytes go through three stages: unsent, in flight, acknowledged. The first two occupy the send buffer.
 *
 * Invariant: acknowledged <= next, and no byte is sent outside of the peer's window.
 */
export class SendQueue {
  private readonly unsent = new ByteQueue();
  /** The position of the next byte to send. */
  private next = 0;
  private acknowledged = 0;
  /** The peer has room up to this position. */
  private windowEnd = 0;
  /** FIN is sent behind the last byte. */
  private finWanted = false;
  private finSent = false;

  /** The bytes that occupy the send buffer. */
  get length(): number {
    return this.unsent.length + this.inFlight;
  }

  get inFlight(): number {
    return this.next - this.acknowledged;
  }

  get unsentLength(): number {
    return this.unsent.length;
  }

  /** The position of the next byte to send, for segments without bytes. */
  get position(): number {
    return this.next;
  }

  get finIsAcknowledged(): boolean {
    return this.finSent && this.inFlight === 0;
  }

  /** Appends a copy of the bytes. */
  put(bytes: Uint8Array): void {
    this.unsent.push(bytes);
  }

  /** Ends the stream: FIN follows the last byte. */
  end(): void {
    this.finWanted = true;
  }

  /**
   * Takes what can be sent in one segment now; null if there is nothing.
   *
   * @param holdsPartial true if a segment that is not full must wait (TCP_CORK, MSG_MORE, Nagle's algorithm)
   */
  take(holdsPartial: boolean): Part | null {
    const room = Math.max(0, this.windowEnd - this.next);
    const count = Math.min(this.unsent.length, room, MOST_IN_SEGMENT);
    const isLast = count === this.unsent.length;
    const fin = this.finWanted && !this.finSent && isLast;
    if (!fin && (count === 0 || (holdsPartial && count < MOST_IN_SEGMENT && isLast))) return null;
    const part = { sequence: this.next, bytes: this.unsent.take(count), fin };
    this.next += count + (fin ? 1 : 0);
    this.finSent ||= fin;
    return part;
  }

  /** Takes an acknowledgement and the window that comes with it. Returns true if it acknowledges more than the last one. */
  acknowledge(position: number, window: number): boolean {
    const isNews = position > this.acknowledged;
    this.acknowledged = Math.max(this.acknowledged, position);
    this.windowEnd = Math.max(this.windowEnd, position + window);
    return isNews;
  }

  /** Drops everything. */
  clear(): void {
    this.unsent.clear();
    this.acknowledged = this.next;
  }

  /** Starts again at position 0, for another connection. */
  restart(): void {
    this.unsent.clear();
    this.next = this.acknowledged = this.windowEnd = 0;
    this.finWanted = this.finSent = false;
  }
}
