/**
 * What the transports of streams have in common, over sockets and over pipes: the life of a connection.
 *
 * Receiving and sending are the reader's and the writer's business; here is what both of them end in. A transport is open, then
 * closing (nothing is received any more, what was written is still sent), then lost (`connectionLost` is scheduled), then closed.
 * It may skip the second. `connectionLost` is called exactly once, never from within a call that the protocol made itself.
 */

import { InvalidStateError, OSError, isFatal, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkBytes } from '../sockets/arguments.js';
import { EBADF } from '../sockets/errno.js';
import type { ByteChannel } from './channel.js';
import { ChannelReader } from './channel-reader.js';
import { ChannelWriter } from './channel-writer.js';
import { type StreamProtocol, Transport, type TransportInfo } from './contract.js';
import { type HandOver, type Successor, handedOverError } from './hand-over.js';
import { OpenTransport, type TransportKeeper } from './open-transports.js';
import type { TransportOwner } from './owner.js';
import type { WriteBufferLimits } from './watermarks.js';
import { REPORTED_LATE_WRITES, buffersToWrite } from './writes.js';

const enum State {
  Open,
  HandedOver,
  Closing,
  Lost,
  Closed,
}

/** How a transport begins and ends. */
export interface StreamTransportOptions {
  /** Called once the protocol has been told of the connection, with the error if that threw. */
  onStarted?: (failure: { error: unknown } | null) => void;
  /** Told when it is open, and when its descriptor is closed. */
  keeper?: TransportKeeper;
}

/** What tells one kind of transport from another. */
export interface TransportKind {
  /** The name of its class. */
  readonly name: string;
  /** The system calls that errors name. */
  readonly receives: string;
  readonly sends: string;
  /** What reports call it, and what they say of a write after the end. asyncio's words: people search for them. */
  readonly words: string;
  readonly lateWrite: string;
}

/** Moves bytes between a descriptor, which it owns from now on, and a protocol. */
export abstract class StreamTransport<C extends ByteChannel> extends Transport implements TransportOwner {
  protected readonly reader: ChannelReader;
  protected readonly writer: ChannelWriter;
  private state = State.Open;
  private protocol: StreamProtocol | null = null;
  private eofWritten = false;
  private lateWrites = 0;
  private readonly record: OpenTransport;
  /** What moves the bytes after a hand-over. */
  private successor: Successor | null = null;

  /**
   * @param channel non-blocking; still the caller's if this throws
   * @throws InvalidStateError if the descriptor has a transport already, OSError EBADF if it is closed
   */
  protected constructor(
    protected readonly loop: LoopCore,
    protected readonly channel: C,
    protocol: StreamProtocol,
    private readonly kind: TransportKind,
    options: StreamTransportOptions,
  ) {
    super();
    const { onStarted, keeper = null } = options;
    this.reader = new ChannelReader(loop, channel, this);
    this.writer = new ChannelWriter(loop, channel, this);
    this.record = new OpenTransport(loop, channel, kind.name, keeper);
    this.record.open(this);
    this.adopt(protocol);
    loop.callSoon(() => this.begin(onStarted));
    keeper?.opened(this.record, this); // last: one that could not be made is never gone
  }

  /** What `getExtraInfo` tells; undefined if it is not known. */
  protected abstract fact(name: string): unknown;

  /** Ends this side after everything that was written has been sent. */
  protected abstract endWriting(): void;

  // --- About it -----------------------------------------------------------------------------------------------------

  override getExtraInfo<Name extends keyof TransportInfo>(name: Name): TransportInfo[Name] | null;
  override getExtraInfo(name: string, fallback?: unknown): unknown;
  override getExtraInfo(name: string, fallback: unknown = null): unknown {
    return this.fact(name) ?? fallback;
  }

  override getProtocol(): StreamProtocol | null {
    return this.protocol;
  }

  override setProtocol(protocol: StreamProtocol): void {
    checkProtocol('setProtocol', protocol);
    if (this.state !== State.Closed) this.adopt(protocol);
  }

  override toString(): string {
    const state = ['', ' handed over', ' closing', ' closing', ' closed'][this.state]!;
    const doing = `read=${this.reader.describe()} write=${this.writer.describe()}`;
    return `<${this.kind.name}${state} fd=${this.record.fd} ${doing}>`;
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

  // --- Sending ------------------------------------------------------------------------------------------------------

  override write(data: Uint8Array): void {
    checkBytes('write: data', data);
    if (!this.mayWrite('write') || data.length === 0) return;
    this.writer.write(data);
  }

  override writelines(list: Iterable<Uint8Array>): void {
    const buffers = buffersToWrite(list);
    if (!this.mayWrite('writelines') || buffers.length === 0) return;
    this.writer.writeAll(buffers);
  }

  override writeEof(): void {
    if (this.state !== State.Open || this.eofWritten) return;
    this.eofWritten = true;
    if (this.writer.size === 0) this.endWriting();
  }

  override canWriteEof(): boolean {
    return true;
  }

  override getWriteBufferSize(): number {
    return this.writer.size;
  }

  override getWriteBufferLimits(): { low: number; high: number } {
    const { low, high } = this.writer.limits;
    return { low, high };
  }

  override setWriteBufferLimits(limits: WriteBufferLimits = {}): void {
    this.writer.setLimits(limits, this.state === State.Open);
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  override isClosing(): boolean {
    return this.successor?.isClosing() ?? this.state !== State.Open;
  }

  override close(): void {
    this.successor?.close();
    if (this.state !== State.Open) return;
    this.state = State.Closing;
    this.reader.end();
    this.record.closing();
    if (this.writer.size === 0) this.lose(null);
  }

  override abort(): void {
    this.successor?.abort();
    if (this.state !== State.HandedOver) this.lose(null);
  }

  /** Gives up the descriptor and all bytes; see hand-over.ts. */
  protected giveAway(): Omit<HandOver, 'ground'> {
    const { reader, writer, record, eofWritten } = this;
    const received = reader.giveAway();
    const unsent = writer.giveAway();
    if (this.state !== State.Open) throw new InvalidStateError('the connection is lost'); // which the last bytes have shown
    this.state = State.HandedOver;
    record.handedOver();
    return {
      received,
      unsent,
      eofWritten,
      follow: (successor) => {
        this.successor = successor;
        record.follow(successor);
      },
      ended: (error) => {
        this.successor = null;
        this.state = State.Lost;
        if (this.loop.isClosed()) this.release();
        else this.loop.callSoon(() => this.finish(error));
      },
    };
  }

  /** Who is called with what is received. */
  protected listen(protocol: StreamProtocol): void {
    this.reader.setProtocol(protocol);
  }

  /** The protocol is connected: receive for it. */
  protected startReading(): void {
    this.reader.start();
  }

  /** The protocol is told of the connection, before anything is received. */
  private begin(onStarted: StreamTransportOptions['onStarted']): void {
    let failure: { error: unknown } | null = null;
    try {
      this.protocol?.connectionMade?.(this);
      if (onStarted !== undefined) this.reader.hold();
      this.startReading();
    } catch (error) {
      failure = { error };
      // Whoever waits for the connection gets the error; a server's connections have nobody.
      if (onStarted === undefined) this._protocolFailed(error, 'connectionMade');
      else this.lose(error);
    }
    onStarted?.(failure);
  }

  /** The connection is over: what has not been sent is dropped, and the protocol will hear of it. */
  protected lose(error: unknown): void {
    if (this.state >= State.Lost) return;
    this.state = State.Lost;
    this.reader.end();
    this.writer.release();
    this.record.closing();
    if (this.loop.isClosed())
      this.release(); // no loop will ever call the protocol
    else this.loop.callSoon(() => this.finish(error));
  }

  private finish(error: unknown): void {
    try {
      this.protocol?.connectionLost?.(error);
    } finally {
      this.release();
    }
  }

  /** Gives back the descriptor, and lets go of the protocol: the two refer to each other, and somebody may keep one of them. */
  private release(): void {
    this.state = State.Closed;
    this.protocol = null;
    this.reader.release();
    this.writer.release();
    this.record.closed();
    this.record.closeChannel();
  }

  /** The program gets the descriptor. */
  protected handOut(): void {
    this.reader.standAlone();
    this.writer.standAlone();
  }

  // --- What the reader and the writer report ------------------------------------------------------------------------

  /** @internal */
  _syscall(direction: 'reader' | 'writer'): string {
    return direction === 'reader' ? this.kind.receives : this.kind.sends;
  }

  /** @internal */
  _connectionFailed(error: unknown, during: 'read' | 'write'): void {
    if (this.state >= State.Lost) return;
    // That peers go away is nothing to report; the protocol is told.
    if (this.loop.getDebug()) this.report(`Fatal ${during} error on ${this.kind.words}`, error);
    this.lose(error);
  }

  /** @internal */
  _protocolFailed(error: unknown, method: string): void {
    this.report(`Fatal error: protocol.${method}() call failed.`, error);
    this.lose(error);
  }

  /** @internal */
  _protocolComplains(error: unknown, method: string): void {
    this.report(`protocol.${method}() failed`, error);
  }

  /** @internal */
  _descriptorClosed(): void {
    this._connectionFailed(new OSError(EBADF, this.kind.receives), 'read');
  }

  /** @internal */
  _writerDrained(): void {
    if (this.state === State.Closing) {
      this.state = State.Lost;
      this.finish(null);
    } else if (this.eofWritten) this.endWriting();
  }

  /** @internal */
  _endReceived(keepOpen: boolean): void {
    if (!keepOpen) this.close();
  }

  private adopt(protocol: StreamProtocol): void {
    this.protocol = protocol;
    this.listen(protocol);
    this.writer.setProtocol(protocol);
  }

  private mayWrite(method: string): boolean {
    if (this.state === State.HandedOver) throw handedOverError(method);
    if (this.eofWritten) throw new InvalidStateError(`cannot call ${method}() after writeEof()`);
    if (this.state === State.Open) return true;
    this.lateWrites += 1;
    if (this.lateWrites >= REPORTED_LATE_WRITES) this.report(this.kind.lateWrite);
    return false;
  }

  private report(message: string, exception?: unknown): void {
    if (isFatal(exception)) throw exception;
    const { protocol } = this;
    this.loop.callExceptionHandler({ message, exception, transport: this, protocol });
  }
}

/** Throws a TypeError unless it is an object; its methods are all optional. */
export function checkProtocol(method: string, protocol: unknown): asserts protocol is object {
  if (typeof protocol !== 'object' || protocol === null) throw wrongType(method, 'a protocol (an object)', protocol);
}
