/**
 * A stream of Node's as a transport.
 *
 * The protocol is called from the loop, as by every other transport: when the stream has something to read it is read in the
 * next iteration. Pausing is not reading, so the stream's own buffer fills, and its source has to wait. What is written is the
 * stream's at once, a copy of it; the watermarks look at `writableLength`.
 */

import type { Duplex, Readable } from 'node:stream';

import { InvalidStateError, isFatal } from '../../errors/index.js';
import { type ContextCarrier, captureContext, enterCarrier, leaveCarrier } from '../../loop/context.js';
import type { LoopCore } from '../../loop/loop-core.js';
import { checkBytes } from '../../sockets/arguments.js';
import { type BufferedProtocol, type StreamProtocol, Transport, type TransportInfo } from '../transports/contract.js';
import { checkProtocol } from '../transports/stream-transport.js';
import { type WriteBufferLimits, Watermarks } from '../transports/watermarks.js';
import { REPORTED_LATE_WRITES, buffersToWrite } from '../transports/writes.js';
import { giveBackWithLoop } from './give-back.js';

const enum State {
  Open,
  Closing,
  Lost,
  Closed,
}

/** How a transport over a stream begins and ends. */
export interface DuplexTransportOptions {
  /** Called once the protocol has been told of the connection, with the error if that threw. */
  onStarted?: (failure: { error: unknown } | null) => void;
  /** false: the protocol has been told of its connection already. Default: true. */
  announce?: boolean;
}

/** Moves bytes between a stream, which it owns from now on, and a protocol. */
export class DuplexTransport extends Transport implements ContextCarrier {
  /** @internal Protocols run in the context of whoever made their transport or their server. */
  readonly _context = captureContext();
  /** @internal */
  readonly _carriedTask = null;
  private state = State.Open;
  private started = false;
  private readingPaused = false;
  private ended = false;
  private eofWritten = false;
  private lateWrites = 0;
  /** A look at what can be read is in the ready queue. */
  private pumping = false;
  private readonly limits = new Watermarks();
  private readonly forgetLoop: () => void;
  private protocol: StreamProtocol | null;

  /** @param info what `getExtraInfo` tells */
  constructor(
    private readonly loop: LoopCore,
    private readonly stream: Duplex | Readable,
    protocol: StreamProtocol,
    private readonly info: (name: string) => unknown,
    { onStarted, announce = true }: DuplexTransportOptions = {},
  ) {
    super();
    this.protocol = protocol;
    this.forgetLoop = giveBackWithLoop(loop, this, (transport) => transport.lose(null));
    stream.on('error', (error) => this.lose(error));
    stream.on('close', () => this.lose(this.closedEarly()));
    stream.on('finish', () => {
      if (this.state === State.Closing) stream.destroy();
    });
    if (announce) this.soon(() => this.begin(onStarted));
    else this.startReading();
  }

  // --- About it -----------------------------------------------------------------------------------------------------

  override getExtraInfo<Name extends keyof TransportInfo>(name: Name): TransportInfo[Name] | null;
  override getExtraInfo(name: string, fallback?: unknown): unknown;
  override getExtraInfo(name: string, fallback: unknown = null): unknown {
    return this.info(name) ?? fallback;
  }

  override getProtocol(): StreamProtocol | null {
    return this.protocol;
  }

  override setProtocol(protocol: StreamProtocol): void {
    checkProtocol('setProtocol', protocol);
    if (this.state !== State.Closed) this.protocol = protocol;
  }

  override toString(): string {
    const state = ['', ' closing', ' closing', ' closed'][this.state]!;
    return `<${this.constructor.name}${state} bufsize=${this.getWriteBufferSize()}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  // --- Receiving ----------------------------------------------------------------------------------------------------

  override isReading(): boolean {
    return !this.readingPaused && !this.ended && this.state === State.Open;
  }

  override pauseReading(): void {
    if (this.state === State.Open) this.readingPaused = true;
  }

  override resumeReading(): void {
    if (this.state !== State.Open || !this.readingPaused) return;
    this.readingPaused = false;
    this.pump();
  }

  private startReading(): void {
    const { stream } = this;
    this.started = true;
    if (this.state !== State.Open) return;
    stream.on('readable', this.pump);
    stream.on('end', this.endOfStream);
    // What has happened before now is not told again.
    if (stream.readableEnded) this.endOfStream();
    if (stream.destroyed) this.lose(stream.errored ?? this.closedEarly());
    else this.pump();
  }

  /** Reads in the next iteration; then again, until there is nothing: only a read in vain makes a stream tell when there is more. */
  private readonly pump = (): void => {
    if (this.pumping || !this.started) return;
    this.pumping = true;
    this.soon(() => {
      this.pumping = false;
      if (!this.isReading()) return;
      const chunk = this.stream.read() as Buffer | string | null;
      if (chunk === null) return;
      this.pump();
      if (chunk.length > 0) this.deliver(this.bytesOf(chunk));
    });
  };

  private bytesOf(chunk: Buffer | string): Buffer {
    return typeof chunk === 'string' ? Buffer.from(chunk, this.stream.readableEncoding ?? 'utf8') : chunk;
  }

  private deliver(data: Buffer): void {
    const { protocol } = this;
    if (protocol === null) return;
    const buffered = typeof (protocol as Partial<BufferedProtocol>).getBuffer === 'function';
    try {
      if (buffered) this.fill(data);
      else (protocol as Exclude<StreamProtocol, BufferedProtocol>).dataReceived?.(data);
    } catch (error) {
      this.protocolFailed(error, buffered ? 'getBuffer' : 'dataReceived');
    }
  }

  /** Copies into the buffers of a BufferedProtocol, until all is gone or the protocol has been replaced. */
  private fill(data: Buffer): void {
    for (let rest = data; rest.length > 0 && this.state === State.Open;) {
      const { protocol } = this;
      if (typeof (protocol as Partial<BufferedProtocol>).getBuffer !== 'function') {
        this.deliver(rest);
        return;
      }
      const target = checkBytes('getBuffer()', (protocol as BufferedProtocol).getBuffer(rest.length));
      if (target.length === 0) throw new InvalidStateError('getBuffer() returned an empty buffer');
      const part = rest.subarray(0, target.length);
      target.set(part);
      rest = rest.subarray(part.length);
      (protocol as BufferedProtocol).bufferUpdated(part.length);
    }
  }

  private readonly endOfStream = (): void => {
    if (this.ended) return;
    this.ended = true;
    this.soon(() => {
      if (this.state >= State.Lost) return;
      let keepOpen: unknown;
      try {
        keepOpen = this.protocol?.eofReceived?.();
      } catch (error) {
        this.protocolFailed(error, 'eofReceived');
        return;
      }
      if (!keepOpen) this.close();
    });
  };

  // --- Sending ------------------------------------------------------------------------------------------------------

  override write(data: Uint8Array): void {
    checkBytes('write: data', data);
    const sink = this.sinkFor('write');
    if (sink === null || data.length === 0) return;
    sink.write(Buffer.from(data), this.written);
    this.maybePause();
  }

  override writelines(list: Iterable<Uint8Array>): void {
    const buffers = buffersToWrite(list);
    const sink = this.sinkFor('writelines');
    if (sink === null) return;
    sink.cork();
    for (const data of buffers) sink.write(Buffer.from(data), this.written);
    sink.uncork();
    this.maybePause();
  }

  override writeEof(): void {
    if (this.state !== State.Open || this.eofWritten) return;
    this.eofWritten = true;
    this.sink?.end();
  }

  override canWriteEof(): boolean {
    return this.sink !== null;
  }

  override getWriteBufferSize(): number {
    return this.state >= State.Lost ? 0 : (this.sink?.writableLength ?? 0);
  }

  override getWriteBufferLimits(): { low: number; high: number } {
    const { low, high } = this.limits;
    return { low, high };
  }

  override setWriteBufferLimits(limits: WriteBufferLimits = {}): void {
    this.limits.set(limits);
    this.maybePause();
  }

  /** What reports say of a write after the end. */
  protected get lateWrite(): string {
    return 'write() to a stream that has ended.';
  }

  private get sink(): Duplex | null {
    return 'writableLength' in this.stream ? this.stream : null;
  }

  /** What to write to; null if it would be dropped. */
  private sinkFor(method: string): Duplex | null {
    if (this.eofWritten) throw new InvalidStateError(`cannot call ${method}() after writeEof()`);
    const { sink } = this;
    if (sink === null) throw new InvalidStateError(`cannot call ${method}(): the stream is not writable`);
    if (this.state === State.Open && sink.writable) return sink;
    this.lateWrites += 1;
    if (this.lateWrites >= REPORTED_LATE_WRITES) this.report(this.lateWrite);
    return null;
  }

  private maybePause(): void {
    const { limits } = this;
    if (limits.paused || this.state !== State.Open || this.getWriteBufferSize() <= limits.high) return;
    limits.paused = true;
    this.tell('pauseWriting');
  }

  /** Something that was written has left. */
  private readonly written = (): void => {
    const { limits } = this;
    if (limits.paused && this.getWriteBufferSize() <= limits.low) this.soon(this.maybeResume);
  };

  private readonly maybeResume = (): void => {
    const { limits } = this;
    if (!limits.paused || this.state >= State.Lost || this.getWriteBufferSize() > limits.low) return;
    limits.paused = false;
    this.tell('resumeWriting');
  };

  private tell(method: 'pauseWriting' | 'resumeWriting'): void {
    try {
      this.protocol?.[method]?.();
    } catch (error) {
      this.report(`protocol.${method}() failed`, error);
    }
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  override isClosing(): boolean {
    return this.state !== State.Open;
  }

  override close(): void {
    if (this.state !== State.Open) return;
    this.state = State.Closing;
    const { stream, sink } = this;
    // What arrives now is read and dropped: the peer may be unable to read what we still send before it has sent its own.
    stream.off('readable', this.pump);
    stream.resume();
    if (sink === null || sink.writableFinished) stream.destroy();
    else sink.end();
  }

  override abort(): void {
    this.lose(null);
  }

  private begin(onStarted: DuplexTransportOptions['onStarted']): void {
    let failure: { error: unknown } | null = null;
    try {
      this.protocol?.connectionMade?.(this);
      this.startReading();
    } catch (error) {
      failure = { error };
      if (onStarted === undefined) this.protocolFailed(error, 'connectionMade');
      else this.lose(error);
    }
    onStarted?.(failure);
  }

  private closedEarly(): Error | null {
    const sane = this.ended || this.state !== State.Open || this.stream.readableEnded;
    if (sane) return null;
    return Object.assign(new Error('the stream was closed before its end'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  }

  private lose(error: unknown): void {
    if (this.state >= State.Lost) return;
    this.state = State.Lost;
    this.forgetLoop();
    this.stream.destroy();
    this.soon(() => this.finish(error));
  }

  private finish(error: unknown): void {
    const { protocol } = this;
    this.state = State.Closed;
    this.protocol = null;
    protocol?.connectionLost?.(error);
  }

  /** Calls back from the loop, in the context of the transport; a loop that is closed calls nobody. */
  private soon(callback: () => void): void {
    if (this.loop.isClosed()) return;
    this.loop.callSoon(() => {
      const previous = enterCarrier(this);
      callback();
      leaveCarrier(previous); // if something throws, the loop does this
    });
  }

  private protocolFailed(error: unknown, method: string): void {
    this.report(`Fatal error: protocol.${method}() call failed.`, error);
    this.lose(error);
  }

  private report(message: string, exception?: unknown): void {
    if (isFatal(exception)) throw exception;
    const { protocol } = this;
    this.loop.callExceptionHandler({ message, exception, transport: this, protocol });
  }
}
