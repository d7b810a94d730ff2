/**
 * Transports in memory: two of them, joined by two pipes.
 *
 * What one writes stands in a pipe until the loop hands it to the other's protocol, in the next iteration at the earliest: never
 * inside `write`, as with a socket. A pipe is all the buffer there is, so a receiver that pauses makes its sender's
 * `getWriteBufferSize` grow, byte for byte, and nothing depends on what a kernel would have kept.
 */

import { InvalidStateError, OSError, isFatal, outOfRange, wrongType } from '../errors/index.js';
import { type StreamProtocol, Transport } from '../transports/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkBytes } from '../sockets/arguments.js';
import { nativeConstant } from '../sockets/native-constant.js';

const EPIPE = -nativeConstant('EPIPE');
const DEFAULT_HIGH = 65_536;

/** Bytes on their way from one transport to the other. */
interface Pipe {
  readonly chunks: Buffer[];
  size: number;
  /** Nothing more will be written. */
  ended: boolean;
  /** The receiver has been told of the end. */
  endTold: boolean;
  /** A delivery stands in the ready queue. */
  scheduled: boolean;
}

/** One end of a connection that exists only in this process. */
export class MemoryTransport extends Transport {
  private readonly outgoing: Pipe = { chunks: [], size: 0, ended: false, endTold: false, scheduled: false };
  private peer: MemoryTransport = this;
  private protocol: StreamProtocol;
  private readingPaused = false;
  private writingPaused = false;
  private eofWritten = false;
  private ended = false;
  private closing = false;
  private lost = false;
  private high = DEFAULT_HIGH;
  private low = DEFAULT_HIGH / 4;

  constructor(
    private readonly loop: LoopCore,
    protocol: StreamProtocol,
  ) {
    super();
    this.protocol = protocol;
  }

  /** Connects two transports, and tells their protocols. */
  static join(left: MemoryTransport, right: MemoryTransport): void {
    left.peer = right;
    right.peer = left;
    for (const transport of [left, right]) transport.protocol.connectionMade?.(transport);
  }

  // --- What it is ---------------------------------------------------------------------------------------------------

  override getExtraInfo(_name: string, fallback: unknown = null): never {
    return fallback as never; // there is no socket to tell of
  }

  override getProtocol(): StreamProtocol {
    return this.protocol;
  }

  override setProtocol(protocol: StreamProtocol): void {
    this.protocol = protocol;
  }

  override toString(): string {
    return `<MemoryTransport ${this.lost ? 'closed' : this.closing ? 'closing' : 'open'}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  // --- Receiving ----------------------------------------------------------------------------------------------------

  override isReading(): boolean {
    return !this.readingPaused && !this.closing && !this.ended;
  }

  override pauseReading(): void {
    this.readingPaused = true;
  }

  override resumeReading(): void {
    this.readingPaused = false;
    this.peer.scheduleDelivery();
  }

  private receive(chunk: Buffer): void {
    const { protocol } = this;
    if (!('getBuffer' in protocol)) {
      protocol.dataReceived?.(chunk);
      return;
    }
    for (let rest: Uint8Array = chunk; rest.length > 0 && !this.closing;) {
      const target = protocol.getBuffer(rest.length);
      const part = rest.subarray(0, target.length);
      if (part.length === 0) throw new RangeError('getBuffer: expected a buffer with room, got an empty one');
      target.set(part);
      rest = rest.subarray(part.length);
      protocol.bufferUpdated(part.length);
    }
  }

  private receiveEnd(): void {
    this.ended = true;
    if (this.protocol.eofReceived?.() !== true) this.close();
  }

  // --- Sending ------------------------------------------------------------------------------------------------------

  override write(data: Uint8Array): void {
    const bytes = checkBytes('write', data);
    if (this.eofWritten) throw new InvalidStateError('write: the stream was ended by writeEof() before');
    if (this.closing || bytes.length === 0) return;
    this.outgoing.chunks.push(Buffer.from(bytes)); // a copy: the buffer is the caller's again
    this.outgoing.size += bytes.length;
    this.scheduleDelivery();
    this.checkWatermarks();
  }

  override writelines(list: Iterable<Uint8Array>): void {
    for (const data of list) this.write(data);
  }

  override writeEof(): void {
    if (this.eofWritten || this.closing) return;
    this.eofWritten = true;
    this.outgoing.ended = true;
    this.scheduleDelivery();
  }

  override canWriteEof(): boolean {
    return true;
  }

  override getWriteBufferSize(): number {
    return this.outgoing.size;
  }

  override getWriteBufferLimits(): { low: number; high: number } {
    return { low: this.low, high: this.high };
  }

  override setWriteBufferLimits({ high, low }: { high?: number; low?: number } = {}): void {
    const newHigh = high ?? (low === undefined ? DEFAULT_HIGH : 4 * low);
    const newLow = low ?? Math.floor(newHigh / 4);
    for (const limit of [newLow, newHigh]) {
      if (typeof limit !== 'number') throw wrongType('setWriteBufferLimits', 'numbers of bytes', limit);
    }
    if (!(newLow >= 0 && newLow <= newHigh)) {
      throw outOfRange('setWriteBufferLimits', '0 <= low <= high', `low ${newLow}, high ${newHigh}`);
    }
    this.high = newHigh;
    this.low = newLow;
    this.checkWatermarks();
  }

  private checkWatermarks(): void {
    const { size } = this.outgoing;
    if (!this.writingPaused && size > this.high) {
      this.writingPaused = true;
      this.protocol.pauseWriting?.();
    } else if (this.writingPaused && size <= this.low) {
      this.writingPaused = false;
      this.protocol.resumeWriting?.();
    }
  }

  private scheduleDelivery(): void {
    if (this.outgoing.scheduled) return;
    this.outgoing.scheduled = true;
    this.loop.callSoon(() => this.deliver());
  }

  /** Hands over what the peer takes; then the end, if it has come to that. */
  private deliver(): void {
    const { outgoing, peer } = this;
    outgoing.scheduled = false;
    while (outgoing.chunks.length > 0 && (peer.isReading() || peer.closing)) {
      if (peer.lost && !this.closing) {
        this.lose(new OSError(EPIPE, 'write'));
        return;
      }
      const chunk = outgoing.chunks.shift()!;
      outgoing.size -= chunk.length;
      if (!peer.closing) peer.guard(() => peer.receive(chunk)); // else dropped: it receives nothing more
    }
    if (!this.lost) this.guard(() => this.checkWatermarks());
    if (outgoing.chunks.length > 0) return;
    if (this.closing && !this.lost) this.lose(null);
    if (outgoing.ended && !outgoing.endTold && peer.isReading()) {
      outgoing.endTold = true;
      peer.guard(() => peer.receiveEnd());
    }
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  override isClosing(): boolean {
    return this.closing;
  }

  override close(): void {
    if (this.closing) return;
    this.closing = true;
    this.scheduleDelivery(); // of the rest, and of the end
    this.peer.scheduleDelivery(); // what is on its way to us goes nowhere, and does not hold the peer
  }

  override abort(): void {
    if (this.lost) return;
    this.clear();
    this.closing = true;
    this.scheduleDelivery();
    this.peer.scheduleDelivery();
  }

  private clear(): void {
    this.outgoing.chunks.length = 0;
    this.outgoing.size = 0;
  }

  /** The connection is gone; the peer reads the end. */
  private lose(error: unknown): void {
    if (this.lost) return;
    this.closing = true;
    this.lost = true;
    this.clear();
    this.outgoing.ended = true;
    this.scheduleDelivery();
    const { protocol } = this;
    this.guard(() => protocol.connectionLost?.(error));
  }

  /** Calls the protocol; what it throws ends the connection. */
  private guard(call: () => void): void {
    try {
      call();
    } catch (exception) {
      if (isFatal(exception)) throw exception;
      this.loop.callExceptionHandler({ message: `a protocol of ${this.toString()} failed`, exception });
      if (!this.lost) this.lose(exception);
    }
  }
}
