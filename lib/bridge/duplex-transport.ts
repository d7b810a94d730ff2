/**
 * A stream of Node's as a transport.
 *
 * What is received is the reader's business (duplex-reader.ts). What is written is the stream's at once, a copy of it; the
 * watermarks look at `writableLength`.
 */

import type { Duplex, Readable } from 'node:stream';

import { InvalidStateError, TimeoutError, isFatal } from '../errors/index.js';
import { type ContextCarrier, captureContext, enterCarrier, leaveCarrier } from '../loop/context.js';
import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkBytes } from '../sockets/arguments.js';
import { type StreamProtocol, Transport, type TransportInfo } from '../transports/contract.js';
import { afterFirstTurn } from '../transports/first-turn.js';
import { type HandOver, type Successor, handedOverError } from '../transports/hand-over.js';
import { checkProtocol } from '../transports/stream-transport.js';
import { type WriteBufferLimits, Watermarks } from '../transports/watermarks.js';
import { REPORTED_LATE_WRITES, buffersToWrite } from '../transports/writes.js';
import { type DuplexOwner, DuplexReader } from './duplex-reader.js';
import { giveBackWithLoop } from './give-back.js';

const enum State {
  Open,
  HandedOver,
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
  /** Called after `connectionLost`. */
  onClosed?: () => void;
  /**
   * What `close()` waits for. Without it the stream is destroyed as soon as everything was written. With it, until the peer has ended
   * its side as well.
   */
  shutdown?: Shutdown;
}

/** How a connection ends in order. */
export interface Shutdown {
  /** How long the peer may take without progress, in milliseconds. */
  timeoutMs: number;
  /** How many bytes the kernel has not taken yet; progress is that they become fewer. */
  unsent: () => number;
}

/** Moves bytes between a stream, which it owns from now on, and a protocol. */
export class DuplexTransport extends Transport implements ContextCarrier, DuplexOwner {
  /** @internal Protocols run in the context of whoever made their transport or their server. */
  readonly _context = captureContext();
  /** @internal */
  readonly _carriedTask = null;
  private state = State.Open;
  private readonly reader: DuplexReader;
  private eofWritten = false;
  private lateWrites = 0;
  private readonly limits = new Watermarks();
  private readonly forgetLoop: () => void;
  private readonly onClosed: (() => void) | undefined;
  private readonly shutdown: Shutdown | null;
  private shutdownTimer: TimedHandle | null = null;
  private protocol: StreamProtocol | null;
  private successor: Successor | null = null;

  /** @param info what `getExtraInfo` tells */
  constructor(
    protected readonly loop: LoopCore,
    private readonly stream: Duplex | Readable,
    protocol: StreamProtocol,
    private readonly info: (name: string) => unknown,
    { onStarted, announce = true, onClosed, shutdown }: DuplexTransportOptions = {},
  ) {
    super();
    this.protocol = protocol;
    this.onClosed = onClosed;
    this.shutdown = shutdown ?? null;
    this.reader = new DuplexReader(stream, this);
    this.forgetLoop = giveBackWithLoop(loop, this, (transport) => transport.loopCloses());
    stream.on('error', this.streamGone);
    stream.on('close', this.streamClosed);
    stream.on('finish', this.streamFinished);
    if (announce) this._soon(() => this.begin(onStarted));
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
    const state = ['', ' handed over', ' closing', ' closing', ' closed'][this.state]!;
    return `<${this.constructor.name}${state} bufsize=${this.getWriteBufferSize()}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  // --- Receiving ----------------------------------------------------------------------------------------------------

  override isReading(): boolean {
    return this.reader.isReading();
  }

  override pauseReading(): void {
    if (this.state === State.Open) this.reader.pause();
  }

  override resumeReading(): void {
    if (this.state === State.Open) this.reader.resume();
  }

  private startReading(): void {
    const { stream } = this;
    if (this.state !== State.Open) return;
    this.reader.start();
    if (stream.destroyed) this.streamGone(stream.errored ?? this.closedEarly());
  }

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
    if (this.state === State.HandedOver) throw handedOverError(method);
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
    if (limits.paused && this.getWriteBufferSize() <= limits.low) this._soon(this.maybeResume);
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
    return this.successor?.isClosing() ?? this.state !== State.Open;
  }

  override close(): void {
    this.successor?.close();
    if (this.state !== State.Open) return;
    this.state = State.Closing;
    const { stream, sink } = this;
    this.reader.drain();
    if (stream.destroyed)
      this.lose(stream.errored); // and it has told that already
    else if (sink === null || (sink.writableFinished && this.shutdown === null)) stream.destroy();
    else {
      sink.end();
      this.limitShutdown();
    }
  }

  override abort(): void {
    this.successor?.abort();
    if (this.state !== State.HandedOver) this.lose(null);
  }

  /**
   * Waits for the peer's end, but not for ever. A close that did not read what the peer has sent would make the kernel answer with a
   * reset, and the peer lose what it has not read yet: unread session tickets are enough for that.
   */
  private limitShutdown(): void {
    const { shutdown, loop } = this;
    if (shutdown === null) return;
    const { timeoutMs, unsent } = shutdown;
    const before = unsent();
    this.shutdownTimer = loop.callLater(timeoutMs, () => {
      if (unsent() < before) this.limitShutdown();
      else this.lose(new TimeoutError(`the peer did not end the connection within ${timeoutMs} ms after close()`));
    });
  }

  /** @internal Gives the stream up, with what it has not delivered; see transports/hand-over.ts. */
  _handOver(): HandOver | null {
    const { stream, sink } = this;
    if (sink === null) return null;
    this.state = State.HandedOver;
    this.forgetLoop();
    stream.off('error', this.streamGone);
    stream.off('close', this.streamClosed);
    stream.off('finish', this.streamFinished);
    return {
      ground: sink,
      received: this.reader.release(),
      unsent: [],
      eofWritten: this.eofWritten,
      follow: (successor) => {
        this.successor = successor;
      },
      ended: (error) => {
        this.successor = null;
        this.state = State.Lost;
        this._soon(() => this.finish(error));
      },
    };
  }

  private begin(onStarted: DuplexTransportOptions['onStarted']): void {
    let failure: { error: unknown } | null = null;
    try {
      this.protocol?.connectionMade?.(this);
      if (onStarted === undefined) this.startReading();
      else afterFirstTurn(this.loop, () => this.startReading());
    } catch (error) {
      failure = { error };
      if (onStarted === undefined) this._protocolFailed(error, 'connectionMade');
      else this.lose(error);
    }
    onStarted?.(failure);
  }

  private closedEarly(): Error | null {
    const sane = this.stream.readableEnded || this.state !== State.Open;
    if (sane) return null;
    return Object.assign(new Error('the stream was closed before its end'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  }

  /**
   * A stream whose both sides have ended is gone at once. But its protocol may have to hear of the end first, in the next iteration,
   * or when it reads again: a socket is still there then, so that is when the connection ends for it as well. Nothing else waits for
   * a protocol that is paused: it may have paused until its own bytes are sent.
   */
  private readonly streamGone = (error: unknown): void => {
    const { reader, sink } = this;
    if (!reader.owesEnd) this.lose(error);
    else if (error !== null || (sink !== null && !sink.writableFinished)) this._soon(() => this.lose(error));
  };

  private readonly streamClosed = (): void => this.streamGone(this.closedEarly());

  private readonly streamFinished = (): void => {
    if (this.state === State.Closing && this.shutdown === null) this.stream.destroy();
  };

  /** The loop closes while the connection is open. */
  protected loopCloses(): void {
    this.lose(null);
  }

  private lose(error: unknown): void {
    if (this.state >= State.Lost) return;
    this.state = State.Lost;
    this.reader.end();
    this.shutdownTimer?.cancel();
    this.forgetLoop();
    this.stream.destroy();
    this._soon(() => this.finish(error));
  }

  private finish(error: unknown): void {
    const { protocol } = this;
    this.state = State.Closed;
    this.protocol = null;
    try {
      protocol?.connectionLost?.(error);
    } finally {
      this.onClosed?.();
    }
  }

  /** @internal Calls back from the loop, in the context of the transport; a loop that is closed calls nobody. */
  _soon(callback: () => void): void {
    if (this.loop.isClosed()) return;
    this.loop.callSoon(() => {
      const previous = enterCarrier(this);
      callback();
      leaveCarrier(previous); // if something throws, the loop does this
    });
  }

  /** @internal */
  _endReceived(keepOpen: boolean): void {
    if (this.stream.destroyed)
      this.lose(this.stream.errored); // there is nothing to keep
    else if (!keepOpen) this.close();
  }

  /** @internal */
  _protocolFailed(error: unknown, method: string): void {
    this.report(`Fatal error: protocol.${method}() call failed.`, error);
    this.lose(error);
  }

  private report(message: string, exception?: unknown): void {
    if (isFatal(exception)) throw exception;
    const { protocol } = this;
    this.loop.callExceptionHandler({ message, exception, transport: this, protocol });
  }
}
