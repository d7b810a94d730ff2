/** StreamWriter: the sending half of a connection, and the one that closes it. */

import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { turnIsOver } from '../sock/fairness.js';
import { type StartTlsOptions, sideOf, startTlsSteps } from '../tls/start-tls.js';
import type { TlsSide } from '../tls/tls-options.js';
import type { Transport, TransportInfo } from '../transports/contract.js';
import { type Successor, handedOverError } from '../transports/hand-over.js';
import { WatchedWriter, describeTransport } from './dropped-writers.js';
import type { StreamReaderProtocol } from './stream-reader-protocol.js';
import type { StreamReader } from './stream-reader.js';

/**
 * Writes to a stream. `openConnection` and `startServer` make it.
 *
 * `write` never waits: what the kernel does not take is kept in memory. `drain` waits while too much is kept, so call it after
 * writing, or a peer that reads slowly fills the memory.
 *
 * Whoever gets a writer closes it. One that is dropped, together with its reader, is closed when it is collected, with a warning:
 * that happens late or never.
 */
export class StreamWriter {
  private _transport: Transport;
  private readonly protocol: StreamReaderProtocol;
  private readonly reader: StreamReader | null;
  /** What moves the bytes since `toDuplex`. */
  private successor: Successor | null = null;

  /**
   * @param transport a transport that works for `protocol`
   * @param reader the reader of the same connection; null if there is none
   */
  constructor(transport: Transport, protocol: StreamReaderProtocol, reader: StreamReader | null) {
    this._transport = transport;
    this.protocol = protocol;
    this.reader = reader;
    if (reader !== null) reader._writer = this;
    protocol._watch(new WatchedWriter(this, transport, currentLoop()));
  }

  /** The transport that it writes to; after `startTls` another one. */
  get transport(): Transport {
    return this._transport;
  }

  /**
   * Sends bytes, in order and without waiting. The buffer is the caller's again when this returns. What is written to a connection
   * that is closed or gone is dropped; `drain` tells.
   *
   * TypeError for anything but a Buffer or Uint8Array (for text: `Buffer.from(text)`); InvalidStateError after `writeEof`.
   */
  write(data: Uint8Array): void {
    this.checkOwn('write');
    this.transport.write(data);
  }

  /** As `write` of all the buffers in turn, in one system call. */
  writelines(list: Iterable<Uint8Array>): void {
    this.checkOwn('writelines');
    this.transport.writelines(list);
  }

  /**
   * Waits until the peer has taken enough of what was written for more to be welcome; returns at once while little is kept.
   *
   * Throws what the connection failed with; OSError ECONNRESET if it is closed. Cancelling it changes nothing for what was
   * written.
   */
  drain(): Coroutine<void> {
    return new Coroutine(this.drainSteps(), 'StreamWriter.drain');
  }

  /** Ends this side of the stream after what was written: the peer reads the end, and can still send. */
  writeEof(): void {
    this.checkOwn('writeEof');
    this.transport.writeEof();
  }

  /** Whether `writeEof` is possible. */
  canWriteEof(): boolean {
    return this.transport.canWriteEof();
  }

  /** Closes the connection, both sides, after what was written is sent. Idempotent. */
  close(): void {
    (this.successor ?? this.transport).close();
  }

  /** Waits until the connection is closed; throws what it was lost with, if it did not end in order. Call `close` before. */
  waitClosed(): Coroutine<void> {
    return new Coroutine(this.protocol._closed(), 'StreamWriter.waitClosed');
  }

  /** True once it is closed, or about to be. */
  isClosing(): boolean {
    return (this.successor ?? this.transport).isClosing();
  }

  /** A fact about the connection: 'socket', 'sockname', 'peername'; `fallback` (null by default) if it is not known. */
  getExtraInfo<Name extends keyof TransportInfo>(name: Name): TransportInfo[Name] | null;
  getExtraInfo(name: string, fallback?: unknown): unknown;
  getExtraInfo(name: string, fallback: unknown = null): unknown {
    return this.transport.getExtraInfo(name, fallback);
  }

  /**
   * Goes over to TLS, when both sides have agreed to do it: sends what was written, shakes hands, and from then on this writer and its
   * reader carry plaintext. Bytes in the reader that nobody has read are taken for the peer's first of the handshake.
   *
   * On the connections of `startServer` we are the server, unless `serverSide` says otherwise; a client must give a `serverName`.
   * Failed or cancelled, the connection is closed. Errors are those of `openConnection` with `tls`.
   */
  startTls(options: StartTlsOptions): Coroutine<void> {
    this.checkOwn('startTls');
    const side = sideOf('StreamWriter.startTls', { serverSide: this.protocol._isServerSide, ...options });
    return new Coroutine(this.startTlsSteps(side), 'StreamWriter.startTls');
  }

  /** `await using writer`: closes it at the end of the block, and waits until it is closed. Throws as `waitClosed` does. */
  [Symbol.asyncDispose](): Coroutine<void> {
    this.close();
    return this.waitClosed();
  }

  toString(): string {
    const reader = this.reader === null ? '' : ` reader=${this.reader.toString()}`;
    return `<StreamWriter transport=${describeTransport(this.transport)}${reader}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal A stream of Node's moves the bytes from now on; it may be used when this writer was dropped. */
  _follow(successor: Successor): void {
    this.successor = successor;
    this.protocol._unwatch();
  }

  /** @internal That stream has ended. */
  _lost(error: unknown): void {
    this.protocol.connectionLost(error);
  }

  private checkOwn(method: string): void {
    if (this.successor !== null) throw handedOverError(method);
  }

  private *startTlsSteps(side: TlsSide): Steps<void> {
    const { protocol } = this;
    yield* this.drainSteps();
    const inbox = this.reader?._inbox ?? null;
    const early = inbox?.take(inbox.bytes.length) ?? null;
    this._transport = yield* startTlsSteps('StreamWriter.startTls', this._transport, protocol, side, early);
    protocol._replaceTransport(this._transport);
  }

  private *drainSteps(): Steps<void> {
    this.reader?._inbox.checkFailure();
    // A turn, so that a connection that is closing can be lost, and a program that only writes hears of it; and so that one
    // whose peer reads as fast as it writes does not keep the loop.
    if (this.transport.isClosing() || turnIsOver(currentLoop())) yield;
    if (this.protocol._isPaused()) yield* this.protocol._resumed();
  }
}
