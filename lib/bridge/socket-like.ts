/**
 * A Duplex with the members of a `net.Socket`, for connections without a descriptor that Node could read.
 *
 * Members that only combine other members are Node's own functions, so their arithmetic, errors and warnings are Node's. The class does
 * not extend `net.Socket`, because a TLSSocket over a `net.Socket` without a handle waits for 'connect', whereas it works over any
 * Duplex.
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

/** The members borrowed from `net.Socket`. They use only other members of `SocketLike`, including underscored ones. */
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

/** The part of `net.Socket` that is common to all connections. Subclasses move the bytes. */
export abstract class SocketLike extends WithMembersOfSockets {
  readonly connecting = false;
  /** The argument of the last `setTimeout`, in milliseconds. */
  declare timeout?: number;
  declare readonly autoSelectFamilyAttemptedAddresses: string[];
  /** Always null: no `net.Server` has accepted this connection. */
  readonly server = null;
  /** The number of bytes received. */
  bytesRead = 0;
  /** The number of bytes that have left the stream's buffer; `bytesWritten` adds those still in it. */
  protected _bytesDispatched = 0;
  protected readonly _pendingData = null;
  protected readonly _parent = null;
  private local: SocketAddress = {};
  private remote: SocketAddress = {};
  private unsentBefore = 0;

  constructor(allowHalfOpen: boolean) {
    // As in net.Socket, 'close' has an argument, and writableLength counts the characters of strings.
    super({ allowHalfOpen, emitClose: false, decodeStrings: false });
    this.on('end', () => {
      if (!this.allowHalfOpen) this.write = writeAfterEnd as this['write'];
    });
  }

  /** Returns the number of unsent bytes outside the stream's buffer. */
  protected abstract unsent(): number;

  protected setAddresses(local: SocketAddress, remote: SocketAddress): void {
    this.local = local;
    this.remote = remote;
  }

  get pending(): boolean {
    return this.destroyed;
  }

  /** The number of buffered bytes. Undefined after the end, although Node's types do not say so. */
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

  /** Fails, because the stream is already connected. */
  connect(): this {
    return this.destroy(systemError('EISCONN', 'connect'));
  }

  /** Does nothing: a TCP option. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** Does nothing: a TCP option. */
  setKeepAlive(_enable?: boolean, _initialDelayMs?: number): this {
    return this;
  }

  /** Does nothing: whether the process stays alive is up to the loop. */
  ref(): this {
    return this;
  }

  /** See `ref()`. */
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

  /** Emits 'timeout', unless a pending write has made progress. */
  protected _onTimeout(): void {
    const unsent = this.unsent();
    const progress = unsent > 0 && unsent !== this.unsentBefore;
    this.unsentBefore = unsent;
    if (progress) this._unrefTimer();
    else this.emit('timeout');
  }
}

/** The `write` after the peer's EOF, as in a `net.Socket` without `allowHalfOpen`. */
function writeAfterEnd(this: SocketLike, ...args: unknown[]): boolean {
  if (!this.writableEnded) return (Duplex.prototype.write as (...args: unknown[]) => boolean).apply(this, args);
  const error = errorOf('This socket has been ended by the other party', { code: 'EPIPE' });
  const callback = args.find((arg) => typeof arg === 'function') as ((error: Error) => void) | undefined;
  if (callback !== undefined) process.nextTick(callback, error);
  this.destroy(error);
  return false;
}
