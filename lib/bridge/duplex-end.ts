/**
 * A Node stream as the end of a transport.
 *
 * Like a descriptor, it calls its transport from the loop: when the stream has something to read, the transport reads it in the next
 * iteration. A paused transport does not read, so the stream's buffer fills and applies backpressure to its source. Two things may
 * already have left the stream by then and are kept here: the rest of a chunk that did not fit the buffer of a BufferedProtocol, and
 * EOF, which a TLSSocket reports whether or not it has been read.
 *
 * A write passes a copy to the stream, which accepts everything; `writableLength` is the number of unsent bytes.
 */

import type { Duplex, Readable } from 'node:stream';

import { TimeoutError } from '../errors/index.js';
import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { EAGAIN } from '../sockets/errno.js';
import type { ConnectionLife } from '../transports/connection.js';
import type { StreamProtocol } from '../transports/contract.js';
import type { EndEvents } from '../transports/end.js';
import type { AttachedEnd } from '../transports/stream-transport.js';
import { giveBackWithLoop } from './give-back.js';

/** The limits of an orderly close. */
export interface Shutdown {
  /** How long to wait without progress, in milliseconds. */
  timeoutMs: number;
  /** Returns the number of bytes that the kernel has not accepted yet. A decrease counts as progress. */
  unsent: () => number;
}

/** Options of a stream's end. */
export interface DuplexEndOptions {
  /** Returns the facts for `getExtraInfo`. */
  info: (name: string) => unknown;
  /**
   * Makes an orderly close wait until the peer has also ended its side, within these limits. Without it, the stream is destroyed as soon
   * as everything is written.
   */
  shutdown?: Shutdown | undefined;
  /** Called after `connectionLost`, when the connection is closed. */
  onClosed?: (() => void) | undefined;
}

/** The end of a transport over a Duplex, or over a Readable that cannot be written to. */
export class DuplexEnd implements AttachedEnd {
  readonly receives = 'read';
  readonly sends = 'write';
  private events!: EndEvents & object;
  private carrier!: ConnectionLife<StreamProtocol>;
  private forgetLoop: () => void = () => undefined;
  private wanted = false;
  private listening = false;
  /** The stream has reported EOF. */
  private atEnd = false;
  /** The transport has received EOF, or receives nothing more. */
  private endDelivered = false;
  private scheduled = false;
  private finishing = false;
  private stopped = false;
  private rest: Buffer | null = null;
  private shutdownTimer: TimedHandle | null = null;

  constructor(
    private readonly loop: LoopCore,
    readonly stream: Duplex | Readable,
    private readonly options: DuplexEndOptions,
  ) {}

  /** The stream to write to; null for a Readable. */
  get sink(): Duplex | null {
    return 'writableLength' in this.stream ? this.stream : null;
  }

  attach(transport: EndEvents & object, carrier: ConnectionLife<StreamProtocol>): void {
    const { stream } = this;
    this.events = transport;
    this.carrier = carrier;
    this.forgetLoop = giveBackWithLoop(this.loop, transport, (target) => target._loopCloses());
    stream.on('error', this.gone);
    stream.on('close', this.closed);
    stream.on('finish', this.finished);
  }

  // --- Receiving ----------------------------------------------------------------------------------------------------

  get sizeHint(): number {
    return this.rest?.length ?? (this.stream.readableLength > 0 ? this.stream.readableLength : -1);
  }

  hasMore(): boolean {
    return this.rest !== null;
  }

  receive(n: number): Buffer | number {
    const data = this.take();
    if (typeof data === 'number' || data.length <= n) return data;
    this.rest = data.subarray(n);
    return data.subarray(0, n);
  }

  receiveInto(buffer: Uint8Array): number {
    const data = this.take();
    if (typeof data === 'number') return data;
    const part = data.subarray(0, buffer.length);
    buffer.set(part);
    if (part.length < data.length) this.rest = data.subarray(part.length);
    return part.length;
  }

  private take(): Buffer | number {
    const { stream, rest } = this;
    this.rest = null;
    if (rest !== null) return rest;
    const chunk = stream.read() as Buffer | string | null;
    if (chunk !== null)
      return typeof chunk === 'string' ? Buffer.from(chunk, stream.readableEncoding ?? 'utf8') : chunk;
    if (!this.atEnd) return EAGAIN;
    this.endDelivered = true;
    return Buffer.alloc(0);
  }

  watchReadable(wanted: boolean): void {
    this.wanted = wanted;
    if (!wanted) return;
    if (!this.listening) this.listen();
    this.schedule();
  }

  private listen(): void {
    const { stream } = this;
    this.listening = true;
    stream.on('readable', this.schedule);
    stream.on('end', this.endOfStream);
    // The stream does not repeat events that it emitted before.
    if (stream.readableEnded) this.atEnd = true;
    if (stream.destroyed) this.gone(stream.errored ?? this.cutShort());
  }

  private readonly endOfStream = (): void => {
    this.atEnd = true;
    this.schedule();
  };

  /** Reads in the next iteration, and again until a read returns null: only then does the stream emit 'readable' again. */
  private readonly schedule = (): void => {
    if (this.scheduled || !this.wanted) return;
    this.scheduled = true;
    this.soon(this.step);
  };

  private readonly step = (): void => {
    this.scheduled = false;
    if (!this.wanted) return; // paused after this was scheduled
    if (this.rest === null && this.stream.readableLength === 0 && !this.atEnd) {
      this.stream.read(0);
      return;
    }
    this.events._readable();
    this.schedule();
    if (this.endDelivered && this.stream.destroyed) this.events._ended(this.stream.errored); // a destroyed stream cannot be kept open
  };

  // --- Sending ------------------------------------------------------------------------------------------------------

  get unsent(): number {
    return this.stopped ? 0 : (this.sink?.writableLength ?? 0);
  }

  send(data: Uint8Array): number {
    this.sink?.write(Buffer.from(data), this.written);
    return data.length;
  }

  sendAll(list: readonly Uint8Array[]): number {
    const { sink } = this;
    sink?.cork();
    let sent = 0;
    for (const data of list) sent += this.send(data);
    sink?.uncork();
    return sent;
  }

  private readonly written = (): void => {
    if (this.carrier.limits.paused && this.unsent <= this.carrier.limits.low) this.soon(this.room);
  };

  private readonly room = (): void => {
    this.events._writable();
  };

  watchWritable(): void {
    // The stream accepts everything, so no write waits for room.
  }

  shutdown(): void {
    this.sink?.end();
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  closing(): void {
    this.wanted = false;
    this.rest = null;
  }

  /** Reads and drops what still arrives: the peer may have to send its own bytes before it can read ours. */
  finish(): boolean {
    const { stream, sink } = this;
    this.finishing = true;
    this.endDelivered = true;
    stream.off('readable', this.schedule);
    stream.resume();
    if (stream.destroyed) this.carrier.lose(stream.errored);
    else if (sink === null || (sink.writableFinished && this.options.shutdown === undefined)) stream.destroy();
    else {
      sink.end();
      this.limitShutdown();
    }
    return false;
  }

  /**
   * Waits for the peer's EOF, within limits. If a socket is closed with unread bytes (TLS session tickets suffice), the kernel sends a
   * reset, and the peer loses what it has not read yet.
   */
  private limitShutdown(): void {
    const { shutdown } = this.options;
    if (shutdown === undefined) return;
    const { timeoutMs, unsent } = shutdown;
    const before = unsent();
    this.shutdownTimer = this.loop.callLater(timeoutMs, () => {
      if (unsent() < before) this.limitShutdown();
      else
        this.carrier.lose(new TimeoutError(`the peer did not end the connection within ${timeoutMs} ms after close()`));
    });
  }

  private readonly finished = (): void => {
    if (this.finishing && this.options.shutdown === undefined) this.stream.destroy();
  };

  private readonly closed = (): void => this.gone(this.cutShort());

  /**
   * The stream has closed: itself, when both sides had ended, or with an error. If the transport has not received EOF yet, it does so in
   * the next iteration or when it resumes, and the connection ends then. An error, or unsent bytes, do not wait for a paused transport,
   * which may have paused until its own bytes are sent.
   */
  private readonly gone = (error: unknown): void => {
    const owesEnd = this.atEnd && !this.endDelivered;
    if (!owesEnd) this.carrier.lose(error);
    else if (error !== null || this.sink?.writableFinished === false) this.soon(() => this.carrier.lose(error));
  };

  private cutShort(): Error | null {
    if (this.stream.readableEnded || this.finishing || this.stopped) return null;
    return Object.assign(new Error('the stream was closed before its end'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  }

  stop(): void {
    this.stopped = true;
    this.wanted = false;
    this.shutdownTimer?.cancel();
    this.forgetLoop();
    this.stream.destroy();
  }

  release(): void {
    this.options.onClosed?.();
  }

  /** Detaches from the stream, which gets another reader and writer. Returns the bytes that were read but not delivered. */
  giveAway(): Buffer[] {
    const { stream, rest } = this;
    stream.off('readable', this.schedule);
    stream.off('end', this.endOfStream);
    stream.off('error', this.gone);
    stream.off('close', this.closed);
    stream.off('finish', this.finished);
    // In the tick after the last 'readable' listener is removed, Node makes the stream neither flowing nor paused, even if the
    // program has paused it meanwhile.
    process.nextTick(() => {
      if (stream.isPaused()) (stream as { readableFlowing: boolean | null }).readableFlowing = false;
    });
    this.closing();
    this.forgetLoop();
    return rest === null ? [] : [rest];
  }

  // --- Description --------------------------------------------------------------------------------------------------

  fact(name: string): unknown {
    return this.options.info(name) ?? undefined;
  }

  describe(bufferSize: number): string {
    return `bufsize=${bufferSize}`;
  }

  /** Schedules a callback in the context of the connection. A no-op once the loop is closed. */
  private soon(callback: () => void): void {
    if (!this.loop.isClosed()) this.loop.callSoon(() => this.carrier.inContext(callback));
  }
}
