/**
 * A Node stream as the end of a transport.
 *
 * Like `DescriptorEnd`, this class calls its transport only from the loop: when the stream has something to read, the transport reads it
 * in the next iteration. A paused transport does not read, so the stream's buffer fills and applies backpressure to its source. Two things may
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
import type { End, EndEvents } from '../transports/end.js';
import { closeWeaklyWithLoop } from './close-weakly.js';

/** The limits of an orderly close. */
export interface Shutdown {
  /** How long to wait without progress, in milliseconds. */
  timeoutMs: number;
  /** Returns the number of bytes that the kernel has not accepted yet. A decrease counts as progress. */
  unsent: () => number;
}

/** Options of a stream's end. */
export interface DuplexEndOptions {
  /**
   * Makes an orderly close wait until the peer has also ended its side, within these limits. Without it, the stream is destroyed as soon
   * as everything is written.
   */
  shutdown?: Shutdown;
  /** Called after `connectionLost`, when the connection is closed. */
  onClosed?: () => void;
}

/** The end of a transport over a Duplex, or over a Readable that cannot be written to. */
export class DuplexEnd implements End {
  readonly receives = 'read';
  readonly sends = 'write';
  private events!: EndEvents & object;
  private life!: ConnectionLife<StreamProtocol>;
  private stopClosingWithLoop: () => void = () => undefined;
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

  attach(transport: EndEvents & object, life: ConnectionLife<StreamProtocol>): void {
    const { stream } = this;
    this.events = transport;
    this.life = life;
    this.stopClosingWithLoop = closeWeaklyWithLoop(this.loop, transport, (target) => target._loopCloses());
    stream.on('error', this.streamClosed);
    stream.on('close', this.onClose);
    stream.on('finish', this.onFinish);
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
    const data = this.receive(buffer.length);
    if (typeof data === 'number') return data;
    buffer.set(data);
    return data.length;
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
    stream.on('end', this.onEnd);
    // The stream does not repeat events that it emitted before.
    if (stream.readableEnded) this.atEnd = true;
    if (stream.destroyed) this.streamClosed(stream.errored ?? this.cutShort());
  }

  private readonly onEnd = (): void => {
    this.atEnd = true;
    this.schedule();
  };

  /** Reads in the next iteration, and again until a read returns null: only then does the stream emit 'readable' again. */
  private readonly schedule = (): void => {
    if (this.scheduled || !this.wanted) return;
    this.scheduled = true;
    this.life.callSoon(this.step);
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
    if (this.endDelivered && this.stream.destroyed) this.events._closed(this.stream.errored); // a destroyed stream cannot be kept open
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
    const { paused, low } = this.life.limits;
    if (paused && this.unsent <= low) this.life.callSoon(() => this.events._writable());
  };

  watchWritable(): void {
    // The stream accepts everything, so no write waits for room.
  }

  shutdown(): void {
    this.sink?.end();
  }

  // --- Closing ------------------------------------------------------------------------------------------------------

  stopReceiving(): void {
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
    if (stream.destroyed) this.life.loseSoon(stream.errored);
    else if (sink === null || (sink.writableFinished && this.options.shutdown === undefined)) this.destroy();
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
      else this.life.loseSoon(shutdownTimeout(timeoutMs));
    });
  }

  private readonly onFinish = (): void => {
    if (this.finishing && this.options.shutdown === undefined) this.destroy();
  };

  /** Destroys the stream, whose 'close' ends the connection. A stream made with `emitClose: false` emits none. */
  private destroy(): void {
    const { stream } = this;
    stream.destroy();
    const { _readableState: state } = stream as unknown as { _readableState?: { emitClose: boolean } };
    if (state?.emitClose === false) this.life.loseSoon(stream.errored);
  }

  private readonly onClose = (): void => this.streamClosed(this.cutShort());

  /**
   * The stream has closed: by itself, when both sides had ended, or with an error.
   *
   * - The transport has received EOF, or will not: the connection ends.
   * - EOF has not been delivered yet: the transport receives it in the next iteration or when it resumes, and the connection ends then.
   * - As before, but there is an error or unsent bytes: the connection ends without waiting for a paused transport, which may have paused
   *   until its own bytes are sent.
   */
  private readonly streamClosed = (error: unknown): void => {
    const eofPending = this.atEnd && !this.endDelivered;
    if (!eofPending) this.lose(error);
    else if (error !== null || this.sink?.writableFinished === false) this.life.callSoon(() => this.lose(error));
  };

  /** Only a TLS connection has a limited shutdown. Debug mode reports its errors as those of a socket; a program's own stream has 'error'. */
  private lose(error: unknown): void {
    if (error === null || this.options.shutdown === undefined) this.life.loseSoon(error);
    else this.life.failed(error, 'read');
  }

  private cutShort(): Error | null {
    if (this.stream.readableEnded || this.finishing || this.stopped) return null;
    return Object.assign(new Error('the stream was closed before its end'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  }

  stop(): void {
    this.stopped = true;
    this.wanted = false;
    this.shutdownTimer?.cancel();
    this.stopClosingWithLoop();
    this.stream.destroy();
  }

  release(): void {
    this.options.onClosed?.();
  }

  /** Detaches from the stream, which gets another reader and writer. Returns the bytes that were read but not delivered. */
  detach(): Buffer[] {
    const { stream, rest } = this;
    stream.off('readable', this.schedule);
    stream.off('end', this.onEnd);
    stream.off('error', this.streamClosed);
    stream.off('close', this.onClose);
    stream.off('finish', this.onFinish);
    // In the tick after the last 'readable' listener is removed, Node makes the stream neither flowing nor paused, even if the
    // program has paused it since.
    process.nextTick(() => {
      if (stream.isPaused()) (stream as { readableFlowing: boolean | null }).readableFlowing = false;
    });
    this.stopReceiving();
    this.stopClosingWithLoop();
    return rest === null ? [] : [rest];
  }

  // --- Description --------------------------------------------------------------------------------------------------

  describe(bufferSize: number): string {
    return `bufsize=${bufferSize}`;
  }
}

function shutdownTimeout(timeoutMs: number): TimeoutError {
  return new TimeoutError(
    `close() timed out: for ${timeoutMs} ms the peer neither read pending bytes nor ended its side of the connection`,
  );
}
