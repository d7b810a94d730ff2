/**
 * A connection without a socket as a stream of Node's: memory, the two pipes of a child process, transports of the program.
 *
 * (A socket becomes a `net.Socket` instead, and TLS is its TLSSocket: see node-socket.ts.)
 *
 * The duplex is the protocol of the transport that it writes to. It keeps the transport's write buffer out of the way (watermarks of
 * 0): a write is complete when everything has been sent, so `writableLength` is all that waits, 'finish' means sent, and the
 * stream's own high water mark is the only one. In the other direction a reader that is full pauses the source.
 */

import { Duplex } from 'node:stream';

import { OSError, describeValue } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { nativeConstant } from '../sockets/native-constant.js';
import type { Protocol, Transport } from '../transports/contract.js';
import type { Layer } from '../transports/layers.js';
import { giveBackWithLoop } from './give-back.js';
import { checkNodeRuns } from './needs-node.js';

const EPIPE = -nativeConstant('EPIPE');

type Done = (error?: Error | null) => void;

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

/** The host and port of an address; other addresses have neither. */
interface Endpoint {
  readonly host?: string;
  readonly port?: number;
}

/** A Duplex over a transport, which it takes over: destroying one ends the other. It has what libraries use of a `net.Socket`. */
export class TransportDuplex extends Duplex implements Protocol, Layer {
  /** How many bytes were received. */
  bytesRead = 0;
  /** How many bytes were written. */
  bytesWritten = 0;
  readonly connecting = false;
  /** What `setTimeout` was given. */
  timeout: number | undefined;
  /** @internal */
  _above: Transport | null = null;
  /** Null before the connection, and after it. */
  private transport: Transport | null = null;
  private source: ReadingEnd | null = null;
  private local: Endpoint = {};
  private remote: Endpoint = {};
  private readingPaused = false;
  private endReceived = false;
  /** Bytes wait in the transport. */
  private blocked = false;
  /** The writing end is gone, without an error. */
  private writingEnded = false;
  /** Called once everything has been sent. */
  private onSent: (() => void) | null = null;
  /** Called once the connection is lost, while the stream is being destroyed. */
  private onDestroyed: (() => void) | null = null;
  private idleTimer: NodeJS.Timeout | null = null;
  private readonly onLost: ((error: unknown) => void) | undefined;
  private readonly forgetLoop: () => void;

  /** @throws LoopError ERR_NEEDS_HOST in a blocking loop */
  constructor(loop: LoopCore, what: string, { allowHalfOpen = false, onLost }: TransportDuplexOptions = {}) {
    checkNodeRuns(loop, what);
    super({ allowHalfOpen });
    this.onLost = onLost;
    this.forgetLoop = giveBackWithLoop(loop, this, (duplex) => {
      duplex.connectionLost(null); // the transport is closed with the loop as well, and will not say so
    });
    this.once('close', () => this.stopTimer());
  }

  /**
   * Takes over a transport that works for another protocol. What that one has received stays with it; what is still in the
   * transport's write buffer is sent before anything else.
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
    transport.setProtocol(this);
    this.connectionMade(transport);
    source.resumeReading();
    if (source === transport && !transport.isReading()) this.eofReceived(); // not paused and not closing: its end was received before
    if (this.readingPaused) source.pauseReading();
  }

  // --- The transport calls ------------------------------------------------------------------------------------------

  connectionMade(transport: Transport): void {
    this.transport = transport;
    this.source ??= transport;
    this.local = (transport.getExtraInfo('sockname') ?? {}) as Endpoint;
    this.remote = (transport.getExtraInfo('peername') ?? {}) as Endpoint;
    transport.setWriteBufferLimits({ high: 0 });
  }

  dataReceived(data: Buffer): void {
    this.bytesRead += data.length;
    this.idleTimer?.refresh();
    this.readingPaused = !this.push(data);
    if (this.readingPaused) this.source?.pauseReading();
  }

  eofReceived(): boolean {
    if (!this.endReceived) this.push(null);
    this.endReceived = true;
    return true;
  }

  pauseWriting(): void {
    this.blocked = true;
  }

  resumeWriting(): void {
    this.blocked = false;
    this.idleTimer?.refresh(); // a write has come to its end
    this.takeOnSent()?.();
  }

  connectionLost(error: unknown): void {
    const { onDestroyed, transport, source } = this;
    this.transport = null;
    if (onDestroyed === null && error === null && source !== transport && !this.endReceived) {
      this.writingEnded = true; // a child that has closed its stdin may still write
      this.takeOnSent()?.();
      return;
    }
    this.source = null;
    this.forgetLoop();
    this.onDestroyed = null;
    if (onDestroyed === null) this.destroy(asError(error));
    else onDestroyed();
    this.onLost?.(error);
  }

  // --- The stream calls ---------------------------------------------------------------------------------------------

  override _read(): void {
    if (!this.readingPaused) return;
    this.readingPaused = false;
    this.source?.resumeReading();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.bytesWritten += chunk.length;
    this.send(done, (transport) => transport.write(chunk));
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: Done): void {
    for (const { chunk } of chunks) this.bytesWritten += chunk.length;
    this.send(done, (transport) => transport.writelines(chunks.map(({ chunk }) => chunk)));
  }

  override _final(done: Done): void {
    const end = (): void => {
      if (this.writingEnded) done();
      else
        this.send(done, (transport) => {
          if (transport.canWriteEof() && this.source === transport) transport.writeEof();
          else transport.close();
        });
    };
    if (this.blocked) this.onSent = end;
    else end();
  }

  /** What has not been sent is dropped: who wants it sent ends the stream, and destroys it after 'finish'. */
  override _destroy(error: Error | null, done: Done): void {
    const finish = (): void => {
      const onSent = this.takeOnSent();
      done(error);
      onSent?.(); // the write that was under way ends as well
    };
    const { transport, source } = this;
    this.forgetLoop();
    if (source !== transport) source?.abort?.();
    this.source = transport; // what is left is lost with the transport
    if (transport === null) finish();
    else {
      this.onDestroyed = finish;
      transport.abort();
    }
  }

  private send(done: Done, act: (transport: Transport) => void): void {
    const { transport } = this;
    this.idleTimer?.refresh();
    if (transport === null || transport.isClosing()) {
      done(new OSError(EPIPE, 'write'));
      return;
    }
    try {
      act(transport);
    } catch (error) {
      done(asError(error) ?? new OSError(EPIPE, 'write'));
      return;
    }
    if (this.blocked)
      this.onSent = () => done(this.destroyed || this.transport === null ? new OSError(EPIPE, 'write') : null);
    else done();
  }

  private takeOnSent(): (() => void) | null {
    const { onSent } = this;
    this.onSent = null;
    return onSent;
  }

  // --- As a net.Socket ----------------------------------------------------------------------------------------------

  get remoteAddress(): string | undefined {
    return this.remote.host;
  }

  get remotePort(): number | undefined {
    return this.remote.port;
  }

  get remoteFamily(): string | undefined {
    return familyOf(this.remote);
  }

  get localAddress(): string | undefined {
    return this.local.host;
  }

  get localPort(): number | undefined {
    return this.local.port;
  }

  get localFamily(): string | undefined {
    return familyOf(this.local);
  }

  get pending(): boolean {
    return this.transport === null;
  }

  get readyState(): string {
    if (this.destroyed) return 'closed';
    if (!this.writable) return this.readable ? 'readOnly' : 'closed';
    return this.readable ? 'open' : 'writeOnly';
  }

  /** Its own address, as `net.Socket` says it. */
  address(): { address?: string; port?: number; family?: string } {
    const { host, port } = this.local;
    if (host === undefined || port === undefined) return {};
    return { address: host, port, family: familyOf(this.local)! };
  }

  /** Emits 'timeout' when nothing was received or sent for so long; 0 ends that. The connection stays open. */
  setTimeout(timeoutMs: number, callback?: () => void): this {
    this.stopTimer();
    this.timeout = timeoutMs;
    if (timeoutMs > 0) {
      this.idleTimer = setTimeout(() => this.emit('timeout'), timeoutMs).unref();
      if (callback !== undefined) this.once('timeout', callback);
    } else if (callback !== undefined) this.off('timeout', callback);
    return this;
  }

  /** Destroys it once everything that was written is sent. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** As `destroy()`: without a socket there is nothing to reset. */
  resetAndDestroy(): this {
    return this.destroy();
  }

  /** Does nothing: it is about TCP. */
  setNoDelay(): this {
    return this;
  }

  /** Does nothing: it is about TCP. */
  setKeepAlive(): this {
    return this;
  }

  /** Does nothing: the loop waits for its connections whatever they are told. */
  ref(): this {
    return this;
  }

  /** See `ref()`. */
  unref(): this {
    return this;
  }

  private stopTimer(): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = null;
  }
}

function familyOf({ host }: Endpoint): string | undefined {
  if (host === undefined) return undefined;
  return host.includes(':') ? 'IPv6' : 'IPv4';
}

/** What a stream is destroyed with. */
function asError(error: unknown): Error | undefined {
  if (error === null || error === undefined) return undefined;
  return error instanceof Error ? error : new Error(describeValue(error), { cause: error });
}
