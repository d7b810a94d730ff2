/**
 * Transports in memory: two transports joined by two pipes.
 *
 * Written bytes are queued in a pipe until the loop passes them to the other protocol, in the next iteration at the earliest. As with a
 * socket, that never happens inside `write`. The pipe is the only buffer: while the receiver is paused, each written byte adds one to
 * the sender's `getWriteBufferSize`, and no kernel buffer hides any of them.
 */

import { OSError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { EAGAIN, ECONNRESET, EPIPE } from '../sockets/errno.js';
import type { ConnectionLife } from '../transports/connection.js';
import type { End, EndEvents } from '../transports/end.js';
import type { StreamProtocol } from '../transports/index.js';
import { StreamTransport } from '../transports/stream-transport.js';

/** The bytes in flight from one end to the other. */
class Pipe {
  private readonly chunks: Buffer[] = [];
  size = 0;
  /** The writing end has ended: no more bytes will follow. */
  ended = false;
  /** The reading end has closed: bytes are no longer read. */
  closed = false;

  push(data: Uint8Array): void {
    this.chunks.push(Buffer.from(data)); // a copy, because the caller may reuse the buffer
    this.size += data.length;
  }

  /** Removes and returns up to `n` bytes. As with a stream socket, the boundaries of writes are not kept. */
  take(n: number): Buffer {
    const { chunks } = this;
    const taken: Buffer[] = [];
    for (let left = Math.min(n, this.size); left > 0;) {
      const [first] = chunks as [Buffer];
      const part = first.subarray(0, left);
      if (part.length < first.length) chunks[0] = first.subarray(part.length);
      else chunks.shift();
      this.size -= part.length;
      left -= part.length;
      taken.push(part);
    }
    return taken.length === 1 ? taken[0]! : Buffer.concat(taken);
  }

  drop(): void {
    this.chunks.length = 0;
    this.size = 0;
  }
}

/** One end of a connection that exists only in this process. */
class MemoryEnd implements End {
  readonly receives = 'read';
  readonly sends = 'write';
  peer: MemoryEnd = this;
  private events!: EndEvents;
  private life!: ConnectionLife<StreamProtocol>;
  private wanted = false;
  private finishing = false;
  /** Unread bytes were dropped when this end closed. */
  private dropped = false;
  private readonly scheduled = { reading: false, writing: false };

  constructor(
    private readonly incoming: Pipe,
    private readonly outgoing: Pipe,
  ) {}

  attach(transport: EndEvents, life: ConnectionLife<StreamProtocol>): void {
    this.events = transport;
    this.life = life;
  }

  // --- Bytes --------------------------------------------------------------------------------------------------------

  get sizeHint(): number {
    return this.incoming.size > 0 ? this.incoming.size : -1;
  }

  get unsent(): number {
    return this.outgoing.size;
  }

  hasMore(): boolean {
    return this.incoming.size > 0;
  }

  receive(n: number): Buffer | number {
    const { incoming } = this;
    if (incoming.size === 0) return incoming.ended ? Buffer.alloc(0) : EAGAIN;
    const data = incoming.take(n);
    this.peer.scheduleRoom();
    return data;
  }

  receiveInto(buffer: Uint8Array): number {
    const data = this.receive(buffer.length);
    if (typeof data === 'number') return data;
    buffer.set(data);
    return data.length;
  }

  send(data: Uint8Array): number {
    if (this.outgoing.closed) return EPIPE;
    this.outgoing.push(data);
    this.peer.scheduleReading();
    return data.length;
  }

  sendAll(list: readonly Uint8Array[]): number {
    let sent = 0;
    for (const data of list) {
      const count = this.send(data);
      if (count < 0) return count;
      sent += count;
    }
    return sent;
  }

  // --- Events -------------------------------------------------------------------------------------------------------

  watchReadable(wanted: boolean): void {
    this.wanted = wanted;
    this.scheduleReading();
  }

  watchWritable(): void {
    // A pipe accepts everything, so no write waits for room.
  }

  /** Schedules a receive, because bytes have arrived or receiving has resumed. */
  private scheduleReading(): void {
    const { incoming, scheduled } = this;
    if (scheduled.reading || !this.wanted || (incoming.size === 0 && !incoming.ended)) return;
    scheduled.reading = true;
    this.life.callSoon(() => {
      scheduled.reading = false;
      if (this.wanted) this.events._readable();
      this.scheduleReading();
    });
  }

  /** Schedules `_writable`, because bytes have left the outgoing pipe. */
  private scheduleRoom(): void {
    const { scheduled } = this;
    if (scheduled.writing) return;
    scheduled.writing = true;
    this.life.callSoon(() => {
      scheduled.writing = false;
      this.events._writable();
      if (this.finishing && this.outgoing.size === 0) this.events._closed(null);
    });
  }

  // --- Closing ------------------------------------------------------------------------------------------------------

  shutdown(): void {
    this.outgoing.ended = true;
    this.peer.scheduleReading();
  }

  /** Drops bytes that arrive from now on, so that the peer need not wait for them to be read. */
  stopReceiving(): void {
    this.incoming.closed = true;
    if (this.incoming.size === 0) return;
    this.dropped = true;
    this.incoming.drop();
    this.peer.scheduleRoom();
  }

  /** The peer was aborted with unread bytes, which a kernel reports as a reset, because not all written bytes were delivered. */
  private reset(): void {
    this.life.callSoon(() => this.events._closed(new OSError(ECONNRESET, 'write')));
  }

  finish(): boolean {
    this.finishing = true;
    this.shutdown();
    return this.outgoing.size === 0;
  }

  stop(): void {
    this.wanted = false;
    this.stopReceiving();
    if (this.dropped && !this.finishing) this.peer.reset();
    this.outgoing.drop();
    this.shutdown();
  }

  release(): void {
    // There is no descriptor.
  }

  // --- Description --------------------------------------------------------------------------------------------------

  describe(bufferSize: number): string {
    return `bufsize=${bufferSize}`;
  }
}

const wording = {
  name: 'MemoryTransport',
  words: 'transport in memory',
  lateWrite: 'write() to a connection in memory that has ended.',
};

/** A transport of `memoryPair()`. */
export class MemoryTransport extends StreamTransport<MemoryEnd> {
  private constructor(loop: LoopCore, end: MemoryEnd, protocol: StreamProtocol) {
    super(loop, end, protocol, wording, null);
  }

  /** Makes two connected transports and calls `connectionMade` on their protocols. */
  static pair(loop: LoopCore, left: StreamProtocol, right: StreamProtocol): [MemoryTransport, MemoryTransport] {
    const [there, back] = [new Pipe(), new Pipe()];
    const ends = [new MemoryEnd(back, there), new MemoryEnd(there, back)] as const;
    ends[0].peer = ends[1];
    ends[1].peer = ends[0];
    const transports: [MemoryTransport, MemoryTransport] = [
      new MemoryTransport(loop, ends[0], left),
      new MemoryTransport(loop, ends[1], right),
    ];
    for (const transport of transports) transport.life.protocol?.connectionMade?.(transport);
    for (const transport of transports) transport.life.openNow();
    return transports;
  }
}
