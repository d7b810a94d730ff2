/** StreamWriter: writes to a connection and closes it. */

import { refuseCallback, wrongType } from '../errors/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { turnIsOver } from '../sock/fairness.js';
import { type StartTlsOptions, sideOf, startTlsSteps } from '../tls/start-tls.js';
import type { TlsSide } from '../tls/tls-options.js';
import type { Transport, TransportInfo } from '../transports/contract.js';
import { type Successor, handedOverError } from '../transports/hand-over.js';
import { WatchedWriter, describeTransport } from './dropped-writers.js';
import { StreamReaderProtocol } from './stream-reader-protocol.js';
import { StreamReader } from './stream-reader.js';

/**
 * Writes to a stream. `openConnection` and `startServer` make it.
 *
 * `write` never waits: bytes that the kernel does not accept are buffered in memory. `drain` waits while the buffer is too full. Call it
 * after writing; otherwise a slow reader makes the buffer grow without limit.
 *
 * The code that gets a writer must close it. A writer that is leaked, together with its reader, is closed with a warning when it is
 * garbage collected, which may be late or never.
 *
 * @example
 * import { run } from 'selectloop';
 * import { memoryPair } from 'selectloop/testing';
 *
 * await run(async () => {
 *   const [client, server] = memoryPair();
 *   client.writer.write(Buffer.from('hello'));
 *   await client.writer.drain();
 *   client.writer.close();
 *   console.log(String(await server.reader.read())); // hello
 *   server.writer.close();
 * });
 */
export class StreamWriter {
  private _transport: Transport;
  private readonly protocol: StreamReaderProtocol;
  private readonly reader: StreamReader | null;
  /** The stream that moves the bytes after `toDuplex`. */
  private successor: Successor | null = null;

  /**
   * @param transport a transport whose protocol is `protocol`
   * @param reader the reader of the same connection; null if there is none
   */
  constructor(transport: Transport, protocol: StreamReaderProtocol, reader: StreamReader | null) {
    if (typeof transport !== 'object' || (transport as unknown) === null)
      throw wrongType('StreamWriter: transport', 'a transport', transport);
    if (!(protocol instanceof StreamReaderProtocol))
      throw wrongType('StreamWriter: protocol', 'a StreamReaderProtocol', protocol);
    if (reader !== null && !(reader instanceof StreamReader))
      throw wrongType('StreamWriter: reader', 'a StreamReader or null', reader);
    this._transport = transport;
    this.protocol = protocol;
    this.reader = reader;
    if (reader !== null) reader._writer = this;
    protocol._watch(new WatchedWriter(this, transport, currentLoop()));
  }

  /** The transport that it writes to. `startTls` replaces it. */
  get transport(): Transport {
    return this._transport;
  }

  /**
   * Writes bytes in order, without waiting. The caller may reuse the buffer when this returns. Writes to a connection that is closed or
   * lost are dropped; `drain` throws then.
   *
   * @throws TypeError for anything but a Buffer or Uint8Array (for text: `Buffer.from(text)`); InvalidStateError after `writeEof`
   */
  write(data: Uint8Array): void;
  write(data: Uint8Array, encoding?: unknown, callback: unknown = encoding): void {
    refuseCallback('StreamWriter.write', callback, 'writer.write(data); await writer.drain()');
    this.checkOwn('write');
    this.transport.write(data);
  }

  /** Writes all the buffers in order, in one system call; otherwise as `write`. */
  writelines(list: Iterable<Uint8Array>): void {
    this.checkOwn('writelines');
    this.transport.writelines(list);
  }

  /**
   * Waits until the write buffer has drained to the low watermark, if it has exceeded the high one; otherwise returns immediately.
   *
   * Throws the error that the connection failed with, or an OSError ECONNRESET if it is closed. Cancelling it does not affect the
   * written bytes.
   */
  drain(options?: Abortable): Coroutine<void> {
    return operation('StreamWriter.drain', this.drainSteps(), options);
  }

  /** Half-closes the stream after pending writes: the peer reads EOF and can still send. */
  writeEof(): void {
    this.checkOwn('writeEof');
    this.transport.writeEof();
  }

  /** Returns true if `writeEof` is supported. */
  canWriteEof(): boolean {
    return this.transport.canWriteEof();
  }

  /** Closes both sides of the connection after pending writes have been sent. Idempotent. */
  close(): void;
  close(callback?: unknown): void {
    refuseCallback('StreamWriter.close', callback, 'writer.close(); await writer.waitClosed()');
    (this.successor ?? this.transport).close();
  }

  /** Waits until the connection is closed. Call `close` first. Throws the error that ended the connection, if there is one. */
  waitClosed(options?: Abortable): Coroutine<void> {
    return operation('StreamWriter.waitClosed', this.protocol._closed(), options);
  }

  /** Returns true once the connection is closing or closed. */
  isClosing(): boolean {
    return (this.successor ?? this.transport).isClosing();
  }

  /** Returns a fact about the connection, such as 'socket' or 'peername'; `fallback` (default: null) if the fact is unknown. */
  getExtraInfo<Name extends keyof TransportInfo>(name: Name): TransportInfo[Name] | null;
  getExtraInfo(name: string, fallback?: unknown): unknown;
  getExtraInfo(name: string, fallback: unknown = null): unknown {
    return this.transport.getExtraInfo(name, fallback);
  }

  /**
   * Upgrades the connection to TLS, when both sides have agreed to. It sends pending writes and performs the handshake; after that this
   * writer and its reader carry plaintext. Unread bytes in the reader are treated as the start of the peer's handshake.
   *
   * On a connection of `startServer` this side is the server, unless `serverSide` is false; a client must give a `serverName`. If it is
   * refused (InvalidStateError, ERR_NEEDS_HOST), the connection is unchanged; if the handshake fails or is cancelled, it is closed. Errors
   * are those of `openConnection` with `tls`.
   */
  startTls(options: StartTlsOptions): Coroutine<void> {
    this.checkOwn('startTls');
    const side = sideOf('StreamWriter.startTls', { serverSide: this.protocol._isServerSide, ...options });
    return operation('StreamWriter.startTls', this.startTlsSteps(side), options, null);
  }

  /**
   * Closes the writer at the end of an `await using` block, and waits until the connection is closed. Throws the error that ended the
   * connection, unless a read, `drain` or `waitClosed` has already thrown it: the block then ends with that error, and not with a SuppressedError.
   */
  [Symbol.asyncDispose](): Coroutine<void> {
    this.close();
    return operation('StreamWriter.asyncDispose', this.protocol._disposed(), undefined);
  }

  toString(): string {
    const reader = this.reader === null ? '' : ` reader=${this.reader.toString()}`;
    return `<StreamWriter transport=${describeTransport(this.transport)}${reader}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal A Node stream now moves the bytes. It stays in use even if this writer is dropped. */
  _follow(successor: Successor): void {
    this.successor = successor;
    this.protocol._unwatch();
  }

  /** @internal That stream has ended. */
  _lost(error: unknown): void {
    this.protocol.connectionLost(error);
  }

  /** @internal Returns a signal that is aborted when the connection has ended, with the error that `drain` throws then. */
  _endSignal(): AbortSignal {
    return this.protocol._endSignal();
  }

  /**
   * @internal Returns true if `error` is the error that ended the connection. Always false after `toDuplex`: a stream is destroyed with any
   * error, such as one of the other streams of its pipeline.
   */
  _endedWith(error: unknown): boolean {
    return this.successor === null && this.protocol._endedWith(error);
  }

  private checkOwn(method: string): void {
    if (this.successor !== null) throw handedOverError(method);
  }

  private *startTlsSteps(side: TlsSide): Steps<void> {
    const { protocol } = this;
    yield* this.drainSteps();
    const inbox = this.reader?._inbox ?? null;
    const takeEarly = (): Buffer | null => inbox?.take(inbox.bytes.length) ?? null;
    this._transport = yield* startTlsSteps('StreamWriter.startTls', this._transport, protocol, side, takeEarly);
    protocol._replaceTransport(this._transport);
  }

  private *drainSteps(): Steps<void> {
    this.reader?._inbox.checkFailure('drain');
    // Yields for two reasons: a closing connection can then be lost, so that a program that only writes gets the error; and a writer
    // whose peer reads as fast as it writes does not starve the loop.
    if (this.transport.isClosing() || turnIsOver(currentLoop())) yield;
    if (this.protocol._isPaused()) yield* this.protocol._resumed();
  }
}
