/**
 * A connection without a socket as a stream of Node's: memory, the two pipes of a child process, transports of the program.
 *
 * (A socket becomes a `net.Socket` instead, and TLS is its TLSSocket: see node-socket.ts.)
 *
 * The duplex is the protocol of the transport that it writes to. It keeps the transport's write buffer out of the way (watermarks of
 * 0): a write is complete when everything has been sent, so `writableLength` is all that waits, 'finish' means sent, and the
 * stream's own high water mark is the only one. In the other direction a reader that is full pauses the source.
 *
 * Errors are the ones that Node's sockets have: no error of this library reaches a listener.
 */

import { CancelledError, OSError, describeValue } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Protocol, Transport } from '../transports/contract.js';
import type { Layer } from '../transports/layers.js';
import { giveBackWithLoop } from './give-back.js';
import { checkNodeRuns } from './needs-node.js';
import { type SocketAddress, SocketLike, systemError } from './socket-like.js';

type Done = (error?: Error | null) => void;

/** What waits to be written, as the stream keeps it. */
interface Chunk {
  readonly chunk: Uint8Array | string;
  readonly encoding: BufferEncoding;
}

/** Where the bytes come from that are read: the transport, or another one. */
export interface ReadingEnd {
  pauseReading(): void;
  resumeReading(): void;
  abort?(): void;
}

/** How a duplex ends. */
export interface TransportDuplexOptions {
  /** Whether our side stays open after the peer's end. Default: false, as in `node:net`. */
  allowHalfOpen?: boolean;
  /** Called when the connection is lost, with the error. */
  onLost?: (error: unknown) => void;
}

/** A Duplex over a transport, which it takes over: destroying one ends the other. */
export class TransportDuplex extends SocketLike implements Protocol, Layer {
  /** @internal */
  _above: Transport | null = null;
  /** Null before the connection, and after it. */
  private transport: Transport | null = null;
  private source: ReadingEnd | null = null;
  /** The bytes come from another transport than the one that is written to. */
  private twoEnds = false;
  private readingPaused = false;
  private endReceived = false;
  /** Bytes wait in the transport. */
  private blocked = false;
  /** Ends the write under way, or the wait of the end for what was written before the take-over. */
  private writing: Done | null = null;
  /** Called once the connection is lost, while the stream is being destroyed. */
  private onDestroyed: (() => void) | null = null;
  private readonly onLost: ((error: unknown) => void) | undefined;
  private readonly forgetLoop: () => void;

  /** @throws LoopError ERR_NEEDS_HOST in a blocking loop */
  constructor(loop: LoopCore, what: string, { allowHalfOpen = false, onLost }: TransportDuplexOptions = {}) {
    checkNodeRuns(loop, what);
    super(allowHalfOpen);
    this.onLost = onLost;
    this.forgetLoop = giveBackWithLoop(loop, this, (duplex) => duplex.loopCloses());
  }

  /**
   * Takes over a transport from its protocol, which keeps the bytes it has received. The transport's write buffer is sent before
   * anything else.
   *
   * @param source where the bytes come from, if it is not the transport
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
    if (!this.twoEnds && !transport.isReading()) this.eofReceived(); // not paused and not closing: its end was received before
    if (this.readingPaused) source.pauseReading();
  }

  // --- The transport calls ------------------------------------------------------------------------------------------

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
    this.read(0); // 'end' comes without a reader if there is nothing to read
    return true;
  }

  pauseWriting(): void {
    this.blocked = true;
  }

  resumeWriting(): void {
    this.blocked = false;
    this._unrefTimer(); // a write has come to its end
    this.sent();
  }

  connectionLost(error: unknown): void {
    this.transport = null;
    this.onLost?.(error);
    if (this.onDestroyed !== null) this.onDestroyed();
    else if (error === null && this.survives()) this.writingEnds();
    else this.fail(nodeError(error));
  }

  /** Reading has failed; only a source that is not the transport says so. */
  sourceLost(error: unknown): void {
    this.fail(nodeError(error));
  }

  /** A write under way fails first, and its stream with it. */
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

  /** Whether there may be something to read although the transport is gone in order. */
  private survives(): boolean {
    if (this.twoEnds) return true; // a child that closes its input may still write
    return this.endReceived && this.writableEnded; // the stream ends when the rest has been read
  }

  /** The transport is closed with the loop, and will not say so. */
  private loopCloses(): void {
    this.destroy();
    this.connectionLost(null);
  }

  // --- The stream calls ---------------------------------------------------------------------------------------------

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
      setImmediate(done); // not inside end(): a destroy() right after it prevents 'finish'
    };
    if (this.blocked) this.writing = end;
    else end();
  }

  /** Drops unsent bytes. 'close' follows once the transport is gone, as a socket's follows that of its handle. */
  override _destroy(error: Error | null, done: Done): void {
    const { transport, source } = this;
    done(error);
    this.onDestroyed = () => {
      this.onDestroyed = null;
      this.source = null;
      this.forgetLoop();
      // Node calls these itself, so the stacks of errors that it creates in them have no frames of this library.
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
      done(systemError('EPIPE', 'write')); // it refuses: its side has ended
      return;
    }
    const failed = transport.isClosing(); // connectionLost brings the error
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

/** The system calls of this library that receive. */
const RECEIVING = new Set(['read', 'recv', 'recvmsg']);

/** What a stream is destroyed with for an error of its transport. */
function nodeError(error: unknown): Error | undefined {
  if (error === null || error === undefined || error instanceof CancelledError) return undefined;
  if (error instanceof OSError) return systemError(error.code, RECEIVING.has(error.syscall) ? 'read' : 'write');
  return error instanceof Error ? error : new Error(describeValue(error), { cause: error });
}
