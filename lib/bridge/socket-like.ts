/**
 * A Duplex with the members of a `net.Socket`, for connections that have no descriptor to pass to Node.
 *
 * Members that only use other members, such as `setTimeout`, are borrowed from `net.Socket.prototype`, so that they compute, throw and
 * warn exactly as Node does. The class does not extend `net.Socket` because of TLS: a TLSSocket works over any Duplex, but over a
 * `net.Socket` without a handle it waits for 'connect'.
 */

import net, { type Socket as NetSocket } from 'node:net';
import { Duplex } from 'node:stream';

import { errorOf, systemError } from './node-errors.js';

/** An address as Node's sockets report it. */
export interface SocketAddress {
  readonly address?: string;
  readonly family?: string;
  readonly port?: number;
}

/** Declares the members borrowed from `net.Socket`. They use only members of `SocketLike`, some of which begin with an underscore. */
class WithMembersOfSockets extends Duplex {
  declare readonly address: NetSocket['address'];
  declare readonly bytesWritten: number;
  declare readonly destroySoon: NetSocket['destroySoon'];
  declare readonly localAddress?: string;
  declare readonly localFamily?: string;
  declare readonly localPort?: number;
  declare readonly readyState: NetSocket['readyState'];
  declare readonly remoteAddress: string | undefined;
  declare readonly remoteFamily: string | undefined;
  declare readonly remotePort: number | undefined;
  declare readonly setTimeout: (timeoutMs: number, callback?: () => void) => this;
  /** Restarts the timer of `setTimeout`. */
  declare protected readonly _unrefTimer: () => void;
}

const BORROWED = [
  'address',
  'bytesWritten',
  'destroySoon',
  'localAddress',
  'localFamily',
  'localPort',
  'readyState',
  'remoteAddress',
  'remoteFamily',
  'remotePort',
  'setTimeout',
  '_unrefTimer',
];

for (const name of BORROWED) {
  const member = Object.getOwnPropertyDescriptor(net.Socket.prototype, name);
  if (member !== undefined) Object.defineProperty(WithMembersOfSockets.prototype, name, member);
}

/** The members of `net.Socket` that work for any kind of connection. Subclasses move the bytes. */
export abstract class SocketLike extends WithMembersOfSockets {
  readonly connecting = false;
  /** The argument of the last `setTimeout`, in milliseconds. */
  declare timeout?: number;
  declare readonly autoSelectFamilyAttemptedAddresses: string[];
  /** Always null: no `net.Server` has accepted this connection. */
  readonly server = null;
  /** The number of bytes received. */
  bytesRead = 0;
  /** The number of bytes passed to the transport. `bytesWritten` is this number plus the bytes in the stream's buffer. */
  protected _bytesDispatched = 0;
  protected readonly _pendingData = null;
  protected readonly _parent = null;
  private local: SocketAddress = {};
  private remote: SocketAddress = {};
  private unsentBefore = 0;

  constructor(allowHalfOpen: boolean) {
    // As in net.Socket: the class emits 'close' itself, with an argument, and strings in the buffer are counted in characters.
    super({ allowHalfOpen, emitClose: false, decodeStrings: false });
    this.on('end', () => {
      if (!this.allowHalfOpen) this.write = writeAfterEnd as this['write'];
    });
  }

  /** Returns the number of bytes that were passed to the transport and are unsent. */
  protected abstract unsent(): number;

  protected setAddresses(local: SocketAddress, remote: SocketAddress): void {
    this.local = local;
    this.remote = remote;
  }

  /** False while the connection is open, as in a connected `net.Socket`. */
  get pending(): boolean {
    return this.destroyed;
  }

  /** The number of buffered bytes. Undefined once the stream is destroyed, as in Node, whose types omit it. */
  get bufferSize(): number {
    return (this.destroyed ? undefined : this.writableLength) as number;
  }

  /** Stops the timer of `setTimeout` and destroys the stream. */
  override destroy(error?: Error): this {
    if (!this.destroyed && this.timeout !== undefined) {
      const { timeout } = this;
      this.setTimeout(0);
      this.timeout = timeout;
    }
    return super.destroy(error);
  }

  /** Does the same as `destroy()`, because there is no TCP connection to reset. */
  resetAndDestroy(): this {
    return this.destroy();
  }

  /** Destroys the stream with EISCONN, because it is already connected. */
  connect(): this {
    return this.destroy(systemError('EISCONN', 'connect'));
  }

  /** Does nothing, because this is not a TCP connection. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** Does nothing, because this is not a TCP connection. */
  setKeepAlive(_enable?: boolean, _initialDelayMs?: number): this {
    return this;
  }

  /** Does nothing: only the loop decides whether the process stays alive. */
  ref(): this {
    return this;
  }

  /** Does nothing; see `ref()`. */
  unref(): this {
    return this;
  }

  // --- Called by the borrowed members -------------------------------------------------------------------------------

  protected _getsockname(): SocketAddress {
    return this.destroyed ? {} : this.local;
  }

  protected _getpeername(): SocketAddress {
    return this.remote;
  }

  /** Restarts the timer if a pending write has made progress; otherwise emits 'timeout'. */
  protected _onTimeout(): void {
    const unsent = this.unsent();
    const progress = unsent > 0 && unsent !== this.unsentBefore;
    this.unsentBefore = unsent;
    if (progress) this._unrefTimer();
    else this.emit('timeout');
  }
}

/** Replaces `write` after the peer's EOF, as in a `net.Socket` without `allowHalfOpen`: a write fails with EPIPE. */
function writeAfterEnd(this: SocketLike, ...args: unknown[]): boolean {
  if (!this.writableEnded) return (Duplex.prototype.write as (...args: unknown[]) => boolean).apply(this, args);
  const error = errorOf('This socket has been ended by the other party', { code: 'EPIPE' });
  const callback = args.find((arg) => typeof arg === 'function') as ((error: Error) => void) | undefined;
  if (callback !== undefined) process.nextTick(callback, error);
  this.destroy(error);
  return false;
}
