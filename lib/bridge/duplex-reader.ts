/**
 * The receiving half of a transport over a stream of Node's.
 *
 * The protocol is called from the loop, as by every other transport: when the stream has something to read it is read in the
 * next iteration. Pausing is not reading, so the stream's own buffer fills, and its source has to wait. But two things are out of
 * the stream by then, and wait here: the rest of a chunk for which a BufferedProtocol had no room when it paused, and the end,
 * which a TLSSocket tells whether it is read or not.
 */

import type { Duplex, Readable } from 'node:stream';

import type { BufferedProtocol, Protocol, StreamProtocol } from '../transports/contract.js';
import type { TransportOwner } from '../transports/owner.js';
import { bufferOf, isBuffered, tellEnd } from '../transports/protocol-calls.js';

/** The transport, as its reader sees it. */
export interface DuplexOwner extends Pick<TransportOwner, '_protocolFailed' | '_endReceived'> {
  getProtocol(): StreamProtocol | null;
  /** Calls back from the loop. */
  _soon(callback: () => void): void;
}

/** Reads the stream, and calls the protocol. */
export class DuplexReader {
  /** Nothing is read before the protocol knows of the connection. */
  private started = false;
  private paused = false;
  /** The stream has told its end. */
  private atEnd = false;
  /** The protocol is told nothing any more: it knows of the end, or the transport closes. */
  private over = false;
  /** A look at what can be read is in the ready queue. */
  private pumping = false;
  /** What was read, and comes before all that is still in the stream. */
  private rest: Buffer | null = null;

  constructor(
    private readonly stream: Duplex | Readable,
    private readonly owner: DuplexOwner,
  ) {}

  /** The protocol is connected: read, unless it has paused that already. */
  start(): void {
    const { stream } = this;
    this.started = true;
    stream.on('readable', this.pump);
    stream.on('end', this.endOfStream);
    // What has happened before now is not told again.
    if (stream.readableEnded) this.endOfStream();
    else this.pump();
  }

  /** False when paused, at the end, or closing. */
  isReading(): boolean {
    return !this.paused && !this.over;
  }

  /** True while the end has come, and the protocol has not been told. */
  get owesEnd(): boolean {
    return this.atEnd && !this.over;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.pump();
  }

  /** The protocol is told nothing any more. */
  end(): void {
    this.over = true;
    this.rest = null;
  }

  /** As `end`. What arrives is read and dropped: the peer may be unable to read what we still send before it has sent its own. */
  drain(): void {
    this.end();
    this.stream.off('readable', this.pump);
    this.stream.resume();
  }

  /** Stops, and returns what was read and not delivered: the stream gets another reader. */
  release(): Buffer[] {
    const { stream, rest } = this;
    stream.off('readable', this.pump);
    stream.off('end', this.endOfStream);
    // After the last listener for 'readable', Node makes the stream neither flowing nor paused in the next tick, although the program
    // may have paused it by then.
    process.nextTick(() => {
      if (stream.isPaused()) (stream as { readableFlowing: boolean | null }).readableFlowing = false;
    });
    this.end();
    return rest === null ? [] : [rest];
  }

  /** Reads in the next iteration; then again, until there is nothing: only a read in vain makes a stream tell when there is more. */
  private readonly pump = (): void => {
    if (this.pumping || !this.started) return;
    this.pumping = true;
    this.owner._soon(this.step);
  };

  private readonly step = (): void => {
    this.pumping = false;
    if (!this.isReading()) return; // it may have been paused after this was scheduled
    const data = this.next();
    if (data !== null) {
      this.pump();
      this.deliver(data);
    } else if (this.atEnd) {
      this.over = true;
      tellEnd(this.owner.getProtocol()!, this.owner);
    }
  };

  private readonly endOfStream = (): void => {
    this.atEnd = true;
    this.pump();
  };

  private next(): Buffer | null {
    const { stream, rest } = this;
    this.rest = null;
    if (rest !== null) return rest;
    const chunk = stream.read() as Buffer | string | null;
    return typeof chunk === 'string' ? Buffer.from(chunk, stream.readableEncoding ?? 'utf8') : chunk;
  }

  /** To the protocol; to the one that has replaced it, if it was replaced in the middle; later, if it pauses in the middle. */
  private deliver(data: Buffer): void {
    for (let rest = data; rest.length > 0 && !this.over;) {
      if (this.paused) {
        this.rest = rest;
        return;
      }
      const protocol = this.owner.getProtocol()!;
      rest = rest.subarray(isBuffered(protocol) ? this.fill(protocol, rest) : this.hand(protocol, rest));
    }
  }

  private hand(protocol: Protocol, data: Buffer): number {
    try {
      protocol.dataReceived?.(data);
    } catch (error) {
      this.owner._protocolFailed(error, 'dataReceived');
    }
    return data.length;
  }

  /** Copies into the protocol's buffer. Returns how much that was. */
  private fill(protocol: BufferedProtocol, data: Buffer): number {
    const target = bufferOf(protocol, data.length, this.owner);
    if (target === null || !this.isReading()) return 0; // getBuffer has failed, or paused or closed the transport
    const part = data.subarray(0, target.length);
    target.set(part);
    try {
      protocol.bufferUpdated(part.length);
    } catch (error) {
      this.owner._protocolFailed(error, 'bufferUpdated');
    }
    return part.length;
  }
}
