/**
 * The transport of a connected stream socket, TCP or UNIX: the life of a connection.
 *
 * Receiving and sending are the reader's and the writer's business; here is what both of them end in. A transport is open, then
 * closing (nothing is received any more, what was written is still sent), then lost (`connectionLost` is scheduled), then closed.
 * It may skip the second. `connectionLost` is called exactly once, never from within a call that the protocol made itself.
 */

import { InvalidStateError, OSError, isFatal, wrongType } from '../../errors/index.js';
import type { LoopCore } from '../../loop/loop-core.js';
import { checkBytes } from '../../sockets/arguments.js';
import { EBADF } from '../../sockets/errno.js';
import { AF_UNIX, type Address, IPPROTO_TCP, type Socket, TCP_NODELAY } from '../../sockets/index.js';
import { type StreamProtocol, Transport, type TransportInfo } from './contract.js';
import { OpenTransport } from './open-transports.js';
import type { TransportOwner } from './owner.js';
import { SocketReader } from './socket-reader.js';
import { SocketWriter } from './socket-writer.js';
import type { WriteBufferLimits } from './watermarks.js';

const enum State {
  Open,
  Closing,
  Lost,
  Closed,
}

/** From so many writes on that were dropped, each is reported: a program that writes on has not noticed. */
const REPORTED_LATE_WRITES = 5;

/** What is known about a connection when its transport is made. */
export interface SocketTransportOptions {
  /** The peer's address, where accept has told it already. */
  peername?: Address;
  /** Called once the protocol has been told of the connection, with the error if that threw. */
  onStarted?: (failure: { error: unknown } | null) => void;
  /** Called when the socket is closed. Must not refer to the transport, or that is never collected. */
  onGone?: () => void;
}

/** Moves bytes between a socket, which it owns from now on, and a protocol. */
export class SocketTransport extends Transport implements TransportOwner {
  private state = State.Open;
  private protocol: StreamProtocol | null = null;
  private eofWritten = false;
  private lateWrites = 0;
  private readonly info: Readonly<Record<keyof TransportInfo, unknown>>;
  private readonly reader: SocketReader;
  private readonly writer: SocketWriter;
  private readonly record: OpenTransport;
  private onGone: (() => void) | null;

  /**
   * @param socket connected and non-blocking; still the caller's if this throws
   * @throws InvalidStateError if it has a transport already, OSError EBADF if it is closed
   */
  constructor(
    private readonly loop: LoopCore,
    private readonly socket: Socket,
    protocol: StreamProtocol,
    options: SocketTransportOptions,
  ) {
    super();
    const { peername = peernameOf(socket), onStarted, onGone = null } = options;
    this.info = { socket, sockname: socket.getsockname(), peername };
    this.onGone = onGone;
    this.reader = new SocketReader(loop, socket, this);
    this.writer = new SocketWriter(loop, socket, this);
    this.record = new OpenTransport(loop, socket, onGone);
    this.record.open(this);
    this.adopt(protocol);
    sendAtOnce(socket);
    loop.callSoon(() => this.begin(onStarted));
  }

  // --- About it -----------------------------------------------------------------------------------------------------

  override getExtraInfo<Name extends keyof TransportInfo>(name: Name): TransportInfo[Name] | null;
  override getExtraInfo(name: string, fallback?: unknown): unknown;
  override getExtraInfo(name: string, fallback: unknown = null): unknown {
    return (Object.hasOwn(this.info, name) ? this.info[name as keyof TransportInfo] : null) ?? fallback;
  }

  override getProtocol(): StreamProtocol | null {
    return this.protocol;
  }

  override setProtocol(protocol: StreamProtocol): void {
    checkProtocol('setProtocol', protocol);
    if (this.state !== State.Closed) this.adopt(protocol);
  }

  override toString(): string {
    const state = ['', ' closing', ' closing', ' closed'][this.state]!;
    const doing = `read=${this.reader.describe()} write=${this.writer.describe()}`;
    return `<SocketTransport${state} fd=${this.record.fd} ${doing}>`;
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
    if (!isIterable(list)) throw wrongType('writelines: list', 'an iterable of Buffers', list);
    const buffers = [...list].filter((data, i) => checkBytes(`writelines: list[${i}]`, data).length > 0);
    if (!this.mayWrite('writelines') || buffers.length === 0) return;
    this.writer.writeAll(buffers);
  }

  override writeEof(): void {
    if (this.state !== State.Open || this.eofWritten) return;
    this.eofWritten = true;
    if (this.writer.size === 0) this.shutdownWriting();
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
    this.writer.limits.set(limits);
    if (this.state === State.Open) this.writer.limitsChanged();
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  override isClosing(): boolean {
    return this.state !== State.Open;
  }

  override close(): void {
    if (this.state !== State.Open) return;
    this.state = State.Closing;
    this.reader.end();
    this.record.closing();
    if (this.writer.size === 0) this.lose(null);
  }

  override abort(): void {
    this.lose(null);
  }

  /** The protocol is told of the connection, before anything is received. */
  private begin(onStarted: SocketTransportOptions['onStarted']): void {
    let failure: { error: unknown } | null = null;
    try {
      this.protocol?.connectionMade?.(this);
      this.reader.start();
    } catch (error) {
      failure = { error };
      // Whoever waits for the connection gets the error; a server's connections have nobody.
      if (onStarted === undefined) this._protocolFailed(error, 'connectionMade');
      else this.lose(error);
    }
    onStarted?.(failure);
  }

  /** The connection is over: what has not been sent is dropped, and the protocol will hear of it. */
  private lose(error: unknown): void {
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
    const { onGone } = this;
    this.state = State.Closed;
    this.protocol = null;
    this.onGone = null;
    this.reader.release();
    this.writer.release();
    this.record.closed();
    try {
      this.socket.close();
    } finally {
      onGone?.();
    }
  }

  // --- What the reader and the writer report ------------------------------------------------------------------------

  /** @internal */
  _connectionFailed(error: unknown, during: 'read' | 'write'): void {
    if (this.state >= State.Lost) return;
    // That peers go away is nothing to report; the protocol is told.
    if (this.loop.getDebug()) this.report(`Fatal ${during} error on socket transport`, error);
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
    this._connectionFailed(new OSError(EBADF, 'recv'), 'read');
  }

  /** @internal */
  _writerDrained(): void {
    if (this.state === State.Closing) {
      this.state = State.Lost;
      this.finish(null);
    } else if (this.eofWritten) this.shutdownWriting();
  }

  private adopt(protocol: StreamProtocol): void {
    this.protocol = protocol;
    this.reader.setProtocol(protocol);
    this.writer.setProtocol(protocol);
  }

  private mayWrite(method: string): boolean {
    if (this.eofWritten) throw new InvalidStateError(`cannot call ${method}() after writeEof()`);
    if (this.state === State.Open) return true;
    this.lateWrites += 1;
    if (this.lateWrites >= REPORTED_LATE_WRITES) this.report('socket.send() raised exception.');
    return false;
  }

  private shutdownWriting(): void {
    try {
      this.socket.shutdown('write');
    } catch (error) {
      this._connectionFailed(error, 'write');
    }
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

function isIterable(list: unknown): boolean {
  return typeof (list as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function';
}

/** The peer's address; null if the peer has gone already. */
function peernameOf(socket: Socket): Address | null {
  try {
    return socket.getpeername();
  } catch {
    return null;
  }
}

/** Small writes do not wait for the acknowledgement of the one before (Nagle's algorithm). */
function sendAtOnce(socket: Socket): void {
  if (socket.family === AF_UNIX) return;
  try {
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
  } catch {
    // A stream, but not of TCP: there is nothing to turn off.
  }
}
