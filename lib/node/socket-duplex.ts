/**
 * A transport as the Duplex that Node's own protocols expect: what `node:http` and its like call on a `net.Socket`, beside the stream.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { IPPROTO_TCP, SOL_SOCKET, SO_KEEPALIVE, Socket, TCP_KEEPIDLE, TCP_NODELAY } from '../sockets/index.js';
import { TransportDuplex } from '../bridge/index.js';
import { type Transport } from '../transports/index.js';
import { OPTIONS_OF } from '../transports/socket-transport.js';

/** The host and port of an address; a UNIX socket has none. */
interface Endpoint {
  readonly host?: string;
  readonly port?: number;
}

/** A Duplex with the properties and methods of a `net.Socket` that servers and clients of Node use. */
export class SocketDuplex extends TransportDuplex {
  /** How many bytes were received. */
  bytesRead = 0;
  /** How many bytes were written. */
  bytesWritten = 0;
  /** True with TLS; Express asks for it. */
  encrypted = false;
  readonly connecting = false;
  /** What `setTimeout` was given. */
  timeout: number | undefined;
  private ground: Transport | null = null;
  private local: Endpoint = {};
  private remote: Endpoint = {};
  private idleTimer: NodeJS.Timeout | null = null;

  constructor(loop: LoopCore, what: string) {
    super(loop, what);
    this.once('close', () => this.stopTimer());
  }

  // --- About it -----------------------------------------------------------------------------------------------------

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
    return this.ground === null;
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

  // --- What net.Socket can do ---------------------------------------------------------------------------------------

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

  /** Whether small writes are sent at once; they are, unless it is told otherwise. */
  setNoDelay(noDelay = true): this {
    this.setOption(IPPROTO_TCP, TCP_NODELAY, noDelay);
    return this;
  }

  /** @param initialDelayMs how long the connection is idle before it is probed; 0: as the system has it */
  setKeepAlive(enable = false, initialDelayMs = 0): this {
    this.setOption(SOL_SOCKET, SO_KEEPALIVE, enable);
    const seconds = Math.floor(initialDelayMs / 1000);
    if (enable && seconds > 0) this.setOption(IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    return this;
  }

  /** Destroys it once everything that was written is sent. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** As `destroy()`: node:http calls it for a peer that misbehaves. */
  resetAndDestroy(): this {
    return this.destroy();
  }

  /** The loop waits for its connections whatever they are told; these are here because Node's code calls them. */
  ref(): this {
    return this;
  }

  /** See `ref()`. */
  unref(): this {
    return this;
  }

  // --- The transport calls ------------------------------------------------------------------------------------------

  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    this.ground = transport;
    this.local = (transport.getExtraInfo('sockname') ?? {}) as Endpoint;
    this.remote = (transport.getExtraInfo('peername') ?? {}) as Endpoint;
    this.encrypted = transport.getExtraInfo('cipher') !== null;
  }

  override dataReceived(data: Buffer): void {
    this.bytesRead += data.length;
    this.idleTimer?.refresh();
    super.dataReceived(data);
  }

  override resumeWriting(): void {
    this.idleTimer?.refresh(); // a write has come to its end
    super.resumeWriting();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.bytesWritten += chunk.length;
    this.idleTimer?.refresh();
    super._write(chunk, encoding, done);
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: (error?: Error | null) => void): void {
    for (const { chunk } of chunks) this.bytesWritten += chunk.length;
    this.idleTimer?.refresh();
    super._writev(chunks, done);
  }

  private stopTimer(): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    this.idleTimer = null;
  }

  private setOption(level: number, option: number, value: boolean | number): void {
    const socket = this.ground?.getExtraInfo(OPTIONS_OF);
    if (this.destroyed || !(socket instanceof Socket) || socket.fileno() < 0 || this.local.port === undefined) return;
    socket.setsockopt(level, option, value);
  }
}

function familyOf({ host }: Endpoint): string | undefined {
  if (host === undefined) return undefined;
  return host.includes(':') ? 'IPv6' : 'IPv4';
}
