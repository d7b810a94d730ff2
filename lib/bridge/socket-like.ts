/**
 * A Duplex with the members of a `net.Socket`, for connections without a descriptor that Node could read.
 *
 * Members that only combine others are Node's own functions, so that their arithmetic, their errors and their warnings are Node's. It is
 * no subclass of `net.Socket`: a TLSSocket over one without a handle waits for its 'connect', while it works over any Duplex.
 */

import net, { type Socket as NetSocket } from 'node:net';
import { constants } from 'node:os';
import { Duplex } from 'node:stream';

/** An address as Node's sockets report it. */
export interface SocketAddress {
  readonly address?: string;
  readonly family?: string;
  readonly port?: number;
}

/** These use nothing of a socket but other members, underscored ones of `SocketLike` among them. */
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
  /** Starts the timer of `setTimeout` again. */
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

/** The part of `net.Socket` that is the same for every connection. Subclasses move the bytes. */
export abstract class SocketLike extends WithMembersOfSockets {
  readonly connecting = false;
  /** What `setTimeout` was given. */
  declare timeout?: number;
  declare readonly autoSelectFamilyAttemptedAddresses: string[];
  /** Only for a socket that a `net.Server` has accepted. */
  readonly server = null;
  /** How many bytes were received. */
  bytesRead = 0;
  /** Bytes that have left the stream's buffer; `bytesWritten` adds those that have not. */
  protected _bytesDispatched = 0;
  protected readonly _pendingData = null;
  protected readonly _parent = null;
  private local: SocketAddress = {};
  private remote: SocketAddress = {};
  private unsentBefore = 0;

  constructor(allowHalfOpen: boolean) {
    // As net.Socket: 'close' has an argument, and writableLength counts the characters of strings.
    super({ allowHalfOpen, emitClose: false, decodeStrings: false });
    this.on('end', () => {
      if (!this.allowHalfOpen) this.write = writeAfterEnd as this['write'];
    });
  }

  /** How many written bytes wait outside the stream's buffer. */
  protected abstract unsent(): number;

  protected setAddresses(local: SocketAddress, remote: SocketAddress): void {
    this.local = local;
    this.remote = remote;
  }

  get pending(): boolean {
    return this.destroyed;
  }

  /** Undefined after the end, whatever Node's types say. */
  get bufferSize(): number {
    return (this.destroyed ? undefined : this.writableLength) as number;
  }

  /** Stops the timer of `setTimeout` and destroys it. */
  override destroy(error?: Error): this {
    if (!this.destroyed && this.timeout !== undefined) {
      const { timeout } = this;
      this.setTimeout(0);
      this.timeout = timeout;
    }
    return super.destroy(error);
  }

  /** As `destroy()`: without a TCP socket there is nothing to reset. */
  resetAndDestroy(): this {
    return this.destroy();
  }

  /** Fails: it is connected. */
  connect(): this {
    return this.destroy(systemError('EISCONN', 'connect'));
  }

  /** Does nothing: it is about TCP. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** Does nothing: it is about TCP. */
  setKeepAlive(_enable?: boolean, _initialDelayMs?: number): this {
    return this;
  }

  /** Does nothing: the loop waits for its connections. */
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

  /** A write that makes progress is not idle. */
  protected _onTimeout(): void {
    const unsent = this.unsent();
    const progress = unsent > 0 && unsent !== this.unsentBefore;
    this.unsentBefore = unsent;
    if (progress) this._unrefTimer();
    else this.emit('timeout');
  }
}

/** An error as Node reports those of system calls; its stack shows nothing of this library. */
export function systemError(code: string, syscall: string): NodeJS.ErrnoException {
  const errno = -(constants.errno as Record<string, number>)[code]!;
  return errorOf(`${syscall} ${code}`, { errno, code, syscall });
}

/** After the peer's end, as a `net.Socket` that does not allow to be half open. */
function writeAfterEnd(this: SocketLike, ...args: unknown[]): boolean {
  if (!this.writableEnded) return (Duplex.prototype.write as (...args: unknown[]) => boolean).apply(this, args);
  const error = errorOf('This socket has been ended by the other party', { code: 'EPIPE' });
  const callback = args.find((arg) => typeof arg === 'function') as ((error: Error) => void) | undefined;
  if (callback !== undefined) process.nextTick(callback, error);
  this.destroy(error);
  return false;
}

function errorOf(message: string, facts: object): NodeJS.ErrnoException {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return Object.assign(new Error(message), facts);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
