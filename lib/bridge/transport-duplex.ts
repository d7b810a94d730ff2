/**
 * A Node stream over a transport without a socket: one end of a memory pair, the pipes of a child process, or a transport that the
 * program implements. (Sockets and TLS connections do not need this class: see node-socket.ts.)
 *
 * The duplex is the protocol of the transport that it writes to. It sets that transport's watermarks to 0, so that a write completes only
 * when all of its bytes have been sent. `writableLength` therefore counts every unsent byte, 'finish' means that everything has been sent,
 * and backpressure depends only on the stream's own high-water mark. In the reading direction, a full stream buffer pauses the source.
 *
 * 'error' listeners receive errors as `net.Socket` reports them, never the error classes of this library.
 */

import type { LoopCore } from '../loop/loop-core.js';
import type { Protocol, Transport } from '../transports/contract.js';
import type { Layer } from '../transports/layers.js';
import { closeWeaklyWithLoop } from './close-weakly.js';
import { checkNodeRuns } from './needs-node.js';
import { nodeError, systemError } from './node-errors.js';
import { type SocketAddress, SocketLike } from './socket-like.js';

type Done = (error?: Error | null) => void;

/** A buffered write, as Node passes it to `_writev`. */
interface Chunk {
  readonly chunk: Uint8Array | string;
  readonly encoding: BufferEncoding;
}

/** The source of received bytes: usually the transport itself; for a child process, the transport of its other pipe. */
export interface ReadingEnd {
  pauseReading(): void;
  resumeReading(): void;
  abort?(): void;
}

/** Options for how a duplex ends. */
export interface TransportDuplexOptions {
  /** Whether the writing side stays open after the peer's EOF. Default: false, as in `node:net`. */
  allowHalfOpen?: boolean;
  /** Called with the error, or null, when the connection is lost. */
  onLost?: (error: unknown) => void;
}

/** A Duplex that takes over a transport. When one of the two closes, so does the other. */
export class TransportDuplex extends SocketLike implements Protocol, Layer {
  /** @internal See {@link Layer}. */
  _above: Transport | null = null;
  /** Null before the connection is made and after it is lost. */
  private transport: Transport | null = null;
  private source: ReadingEnd | null = null;
  /** True if bytes are read from one transport and written to another. */
  private twoEnds = false;
  private readingPaused = false;
  private endReceived = false;
  /** True while the transport has unsent bytes. */
  private blocked = false;
  /** The callback of the pending write; or of `end()`, while bytes written before the take-over are unsent. */
  private writing: Done | null = null;
  /** Set by `_destroy`: emits 'close' when the connection is lost. */
  private onDestroyed: (() => void) | null = null;
  private readonly onLost: ((error: unknown) => void) | undefined;
  private readonly stopClosingWithLoop: () => void;

  /** @throws LoopError ERR_NEEDS_HOST in a blocking loop */
  constructor(loop: LoopCore, what: string, { allowHalfOpen = false, onLost }: TransportDuplexOptions = {}) {
    checkNodeRuns(loop, what);
    super(allowHalfOpen);
    this.onLost = onLost;
    this.stopClosingWithLoop = closeWeaklyWithLoop(loop, this, (duplex) => duplex.loopCloses());
  }

  /**
   * Takes over a transport from its protocol, which keeps the bytes it has received. Bytes in the transport's write buffer are sent
   * first.
   *
   * @param source the source of the bytes to read, if it is not the transport
   */
  takeOver(transport: Transport, source: ReadingEnd = transport): void {
    if (transport.isClosing()) {
      this.destroy();
      return;
    }
    this.blocked = transport.getWriteBufferSize() > 0;
    this.source = source;
    this.twoEnds = source !== transport;
    transport.setProtocol(this);
    this.connectionMade(transport);
    source.resumeReading();
    if (!this.twoEnds && !transport.isReading()) this.eofReceived(); // it was resumed and is not closing: only EOF stops its reading
    if (this.readingPaused) source.pauseReading();
  }

  // --- Called by the transport --------------------------------------------------------------------------------------

  connectionMade(transport: Transport): void {
    this.transport = transport;
    this.source ??= transport;
    this.setAddresses(addressOf(transport, 'sockname'), addressOf(transport, 'peername'));
    transport.setWriteBufferLimits({ high: 0 });
  }

  dataReceived(data: Buffer): void {
    if (this.destroyed) return;
    this.bytesRead += data.length;
    this._unrefTimer();
    this.readingPaused = !this.push(data);
    if (this.readingPaused) this.source?.pauseReading();
  }

  eofReceived(): boolean {
    if (this.endReceived || this.destroyed) return true;
    this.endReceived = true;
    this.push(null);
    this.read(0); // emits 'end' if nothing is left to read, even if nothing reads from the stream
    return true;
  }

  pauseWriting(): void {
    this.blocked = true;
  }

  resumeWriting(): void {
    this.blocked = false;
    this._unrefTimer(); // a write has completed
    this.sent();
  }

  connectionLost(error: unknown): void {
    this.transport = null;
    this.onLost?.(error);
    if (this.onDestroyed !== null) this.onDestroyed();
    else if (error === null && this.survives()) this.writingEnds();
    else this.fail(nodeError(error));
  }

  /** Called when reading has failed, by a source other than the transport. */
  sourceLost(error: unknown): void {
    this.fail(nodeError(error));
  }

  /** Destroys the stream with `error`. If a write failed, its callback gets the error, and then Node destroys the stream. */
  private fail(error: NodeJS.ErrnoException | undefined): void {
    const { writing } = this;
    if (writing === null || error?.syscall !== 'write') this.destroy(error);
    else {
      this.writing = null;
      writing(error);
    }
  }

  private writingEnds(): void {
    const { writing } = this;
    this.writing = null;
    if (writing !== null) writing(this.writableEnded ? null : systemError('EPIPE', 'write'));
  }

  /** Returns true if the stream stays open after the transport has closed gracefully, because there may be bytes left to read. */
  private survives(): boolean {
    if (this.twoEnds) return true; // a child that closed its stdin may still write to stdout
    return this.endReceived && this.writableEnded; // both sides have ended: the stream closes when its buffer has been read
  }

  /** The loop closes. It closes the transport without calling `connectionLost`, so this does. */
  private loopCloses(): void {
    this.destroy();
    this.connectionLost(null);
  }

  // --- Called by the stream -----------------------------------------------------------------------------------------

  override _read(): void {
    if (!this.readingPaused) return;
    this.readingPaused = false;
    this.source?.resumeReading();
  }

  override _write(chunk: Uint8Array | string, encoding: BufferEncoding, done: Done): void {
    this.send([bytesOf({ chunk, encoding })], done);
  }

  override _writev(chunks: Chunk[], done: Done): void {
    this.send(chunks.map(bytesOf), done);
  }

  override _final(done: Done): void {
    const end: Done = (error) => {
      const { transport } = this;
      if (error != null) {
        done(error);
        return;
      }
      if (transport !== null && !transport.isClosing()) {
        if (!this.twoEnds && transport.canWriteEof()) transport.writeEof();
        else transport.close();
      }
      setImmediate(done); // deferred, so that a destroy() right after end() prevents 'finish'
    };
    if (this.blocked) this.writing = end;
    else end();
  }

  /** Drops unsent bytes. 'close' is emitted when the transport has closed, as a `net.Socket` emits it when its handle has closed. */
  override _destroy(error: Error | null, done: Done): void {
    const { transport, source } = this;
    done(error);
    this.onDestroyed = () => {
      this.onDestroyed = null;
      this.source = null;
      this.stopClosingWithLoop();
      // Passed to nextTick without a closure, so that the stack of an error thrown by a listener has no frames of this library.
      if (this.writing !== null) process.nextTick(this.writing, null);
      process.nextTick(this.emit.bind(this), 'close', error !== null);
      this.writing = null;
    };
    if (this.twoEnds) source?.abort?.();
    if (transport === null) this.onDestroyed();
    else transport.abort();
  }

  protected override unsent(): number {
    return this.transport?.getWriteBufferSize() ?? 0;
  }

  private send(list: readonly Buffer[], done: Done): void {
    const { transport } = this;
    this._unrefTimer();
    if (transport === null || transport.isClosing()) {
      done(systemError('EPIPE', 'write'));
      return;
    }
    try {
      if (list.length === 1) transport.write(list[0]!);
      else transport.writelines(list);
    } catch {
      done(systemError('EPIPE', 'write')); // the transport refuses writes after writeEof()
      return;
    }
    const failed = transport.isClosing(); // connectionLost will report the error
    if (!failed) for (const { length } of list) this._bytesDispatched += length;
    if (failed || this.blocked) this.writing = done;
    else done();
  }

  private sent(): void {
    const { writing } = this;
    this.writing = null;
    writing?.();
  }
}

function bytesOf({ chunk, encoding }: Chunk): Buffer {
  return typeof chunk === 'string'
    ? Buffer.from(chunk, encoding)
    : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}

function addressOf(transport: Transport, name: 'sockname' | 'peername'): SocketAddress {
  const { host, port } = (transport.getExtraInfo(name) ?? {}) as { host?: string; port?: number };
  if (host === undefined || port === undefined) return {};
  return { address: host, family: host.includes(':') ? 'IPv6' : 'IPv4', port };
}
