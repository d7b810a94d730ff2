/**
 * Raw sockets, as in Python's socket module: one method for each system call, blocking by default. The class is the contract; functions
 * in waiting.ts, names.ts, bytes.ts and messages.ts implement it, and {@link OwnedDescriptor} closes the descriptor.
 *
 * In comments, `-errno` and `-EAGAIN` are negated numbers of the C library. The constants of errno.ts have these negative values already.
 */

import { inspect } from 'node:util';

import { OSError, TimeoutError, checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { type Address, errorTarget, toNativeAddress } from './address.js';
import { AdoptedDescriptor, openSocket } from './adopted-descriptor.js';
import { checkInt, checkTimeout } from './arguments.js';
import * as bytes from './bytes.js';
import { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_DOMAIN, SO_TYPE } from './constants.js';
import { EAGAIN, EBADF } from './errno.js';
import * as messages from './messages.js';
import type { ReceivedFrom, ReceivedMessage, RecvMsgOptions, SendMsgOptions } from './messages.js';
import { acceptOnce, connectOnce, lastAddress, ownName, peerName, shutdownMode } from './names.js';
import { OwnedDescriptor } from './owned-descriptor.js';
import { getBytesOption, getIntOption, setOption } from './socket-options.js';
import { READABLE, descriptorFor, retry } from './waiting.js';

/** The result of `Socket.accept`. */
export interface Accepted {
  /** The new connection; the caller owns it. */
  readonly socket: Socket;
  /** The address of the peer. */
  readonly address: Address;
}

/**
 * A socket, which owns its descriptor. A new socket is blocking: its calls stop the thread until they can be completed. Event loops need
 * `setBlocking(false)`, and `setTimeout` limits the waits. On a closed socket, every method that makes a system call fails with EBADF: the
 * `Ex` variants return it, all other methods throw an OSError.
 *
 * @example
 * import { Socket } from 'selectloop/sockets';
 *
 * using listener = new Socket();
 * listener.bind({ host: '127.0.0.1', port: 0 });
 * listener.listen();
 * using client = new Socket();
 * client.connect(listener.getsockname());
 * using connection = listener.accept().socket;
 * client.sendAll(Buffer.from('hello'));
 * console.log(String(connection.recv(100))); // hello
 */
export class Socket extends OwnedDescriptor {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  readonly family: number;
  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
  readonly type: number;
  /** @internal See `Receiving` in bytes.ts. */
  _bulk = false;
  /** @internal See `Receiving` in bytes.ts. */
  _drained = false;
  /** @internal See `Receiving` in bytes.ts. */
  _ahead: Buffer | number | null = null;
  #timeoutMs: number | null;

  /**
   * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; with `| SOCK_NONBLOCK` it starts non-blocking
   * @throws TypeError or RangeError unless all are integers >= 0; OSError: EMFILE if no descriptor is left, EAFNOSUPPORT
   */
  constructor(family?: number, type?: number, protocol?: number);
  /** Takes ownership of the descriptor. @internal */
  constructor(adopted: AdoptedDescriptor);
  constructor(first: number | AdoptedDescriptor = AF_INET, type = SOCK_STREAM, protocol = 0) {
    const from = first instanceof AdoptedDescriptor ? first : openSocket(first, type, protocol);
    super(from.fd);
    this.family = from.family;
    this.type = from.type;
    this.#timeoutMs = from.timeoutMs;
  }

  /**
   * Creates a Socket that takes ownership of a socket descriptor: inherited, received from another process, or detached. Family, type
   * and mode are read from the kernel. @throws OSError ENOTSOCK, EBADF; the caller then still owns the descriptor
   */
  static fromFd(fd: number): Socket {
    checkInt('fd', fd);
    const family = getIntOption(fd, SOL_SOCKET, SO_DOMAIN);
    const type = getIntOption(fd, SOL_SOCKET, SO_TYPE);
    const nonBlocking = checked(native.getNonBlocking(fd), 'fcntl') === 1;
    return new Socket(new AdoptedDescriptor(fd, family, type, nonBlocking ? 0 : null));
  }

  /**
   * Creates a second socket for the same open file, with a separate descriptor. Both share the kernel's mode, options and data. It starts
   * with the timeout of this one; {@link setTimeout} explains what a later change does.
   */
  dup(): Socket {
    const fd = checked(native.dup(descriptorFor(this, 'dup')), 'dup');
    return new Socket(new AdoptedDescriptor(fd, this.family, this.type, this.getTimeout()));
  }

  /**
   * Binds the socket to a local address; host names are not resolved.
   *
   * @throws TypeError or RangeError for an invalid address; OSError: EADDRINUSE, EACCES, EADDRNOTAVAIL
   */
  bind(address: Address): void {
    const result = native.bind(descriptorFor(this, 'bind'), toNativeAddress(address, this.family));
    if (result < 0) throw new OSError(result, 'bind', errorTarget(address));
  }

  /** Starts accepting connections. @param backlog the number of connections that may wait to be accepted; the kernel limits it */
  listen(backlog = 128): void {
    checked(native.listen(descriptorFor(this, 'listen'), checkInt('backlog', backlog)), 'listen');
  }

  /**
   * Takes a connection from the backlog. The new socket is blocking, whatever the mode of this one, as in Python.
   *
   * @throws OSError: EAGAIN if there is none and this socket is non-blocking, EMFILE if no descriptor is left (the connection stays in
   *   the backlog); TimeoutError
   */
  accept(): Accepted {
    const listener = descriptorFor(this, 'accept');
    const fd = retry(this, READABLE, 'accept', () => acceptOnce(listener, false));
    return this.#accepted(checked(fd, 'accept'), null);
  }

  /**
   * Connects to a peer; host names are not resolved. On a datagram socket, sets the peer of `send` and `recv`.
   *
   * @throws TypeError or RangeError for an invalid address; OSError: ECONNREFUSED and others, EINPROGRESS if the attempt continues, on a
   *   non-blocking socket or after the time of SO_SNDTIMEO, EAGAIN if the socket is non-blocking or has a timeout, and the backlog of a UNIX listener is full (the kernel
   *   does not report when it has room; `sockConnect` retries); TimeoutError
   */
  connect(address: Address): void {
    const result = connectOnce(this, address);
    if (result < 0) throw new OSError(result, 'connect', errorTarget(address));
  }

  /**
   * Connects as {@link connect} does, but returns errors instead of throwing them.
   *
   * @returns 0 or -errno; -EAGAIN after the socket's timeout, as in Python
   * @throws only TypeError and RangeError for an invalid address
   */
  connectEx(address: Address): number {
    if (this.fileno() < 0) return EBADF;
    try {
      return connectOnce(this, address);
    } catch (error) {
      if (error instanceof TimeoutError) return EAGAIN;
      if (error instanceof OSError) return error.errno; // the wait failed
      throw error;
    }
  }

  /**
   * Shuts down one direction or both, for all descriptors of the open file. After 'write' and 'both', the peer reads EOF.
   *
   * @throws TypeError or RangeError unless `how` is 'read', 'write' or 'both'; OSError ENOTCONN
   */
  shutdown(how: 'read' | 'write' | 'both'): void {
    const mode = shutdownMode(how); // report misuse before EBADF
    checked(native.shutdown(descriptorFor(this, 'shutdown'), mode), 'shutdown');
  }

  /** Returns the socket's own address; { path: '' } for a UNIX socket without a name. */
  getsockname(): Address {
    return ownName(this);
  }

  /** Returns the address of the peer. @throws OSError ENOTCONN */
  getpeername(): Address {
    return peerName(this);
  }

  /**
   * Sets an option. A number or boolean is passed as a C int, a Buffer unchanged (for structs such as SO_LINGER's).
   *
   * @throws TypeError or RangeError for an invalid value; OSError ENOPROTOOPT, EINVAL, EPERM
   */
  setsockopt(level: number, option: number, value: number | boolean | Uint8Array): void {
    setOption(descriptorFor(this, 'setsockopt'), level, option, value);
  }

  /** Returns the value of an option that is a number. */
  getsockopt(level: number, option: number): number;
  /** Returns the value of an option as at most `length` bytes, 1 to 1024. */
  getsockopt(level: number, option: number, length: number): Buffer;
  getsockopt(level: number, option: number, length?: number): number | Buffer {
    const fd = descriptorFor(this, 'getsockopt');
    return length === undefined ? getIntOption(fd, level, option) : getBytesOption(fd, level, option, length);
  }

  // --- Waiting: see waiting.ts ---------------------------------------------------------------------------------------

  /** Makes calls wait without a limit, or never: the same as `setTimeout(blocking ? null : 0)`. */
  setBlocking(blocking: boolean): void {
    this.setTimeout(blocking ? null : 0);
  }

  /** Returns false for a non-blocking socket only; a socket with a timeout does block. */
  getBlocking(): boolean {
    return this.#timeoutMs !== 0;
  }

  /**
   * Sets how long each call may wait, in milliseconds (fractions allowed): null: no limit, 0: not at all. The kernel's mode belongs to the
   * open file, so duplicates of the descriptor share it, here and in other processes. The timeout belongs to this object: `getTimeout` of
   * a duplicate does not follow, so set it on both.
   *
   * @throws TypeError unless it is a number or null, RangeError if it is negative or NaN, OSError EBADF
   */
  setTimeout(timeoutMs: number | null): void {
    const limit = checkTimeout('timeoutMs', timeoutMs);
    checked(native.setNonBlocking(descriptorFor(this, 'fcntl'), limit !== null), 'fcntl');
    this.#timeoutMs = limit;
  }

  /** Returns the limit set by {@link setTimeout}. */
  getTimeout(): number | null {
    return this.#timeoutMs;
  }

  // --- Bytes: see bytes.ts -------------------------------------------------------------------------------------------

  /**
   * Sends as many bytes as the kernel accepts, which may be fewer than given (see {@link sendAll}).
   *
   * @param flags MSG_* constants, combined with bitwise OR
   * @returns the number of bytes accepted
   * @throws TypeError for anything but a Buffer or Uint8Array; OSError: EAGAIN if a non-blocking socket would have to wait, EPIPE if the
   *   peer is gone (SIGPIPE is never raised); TimeoutError
   */
  send(data: Uint8Array, flags = 0): number {
    return bytes.send(this, data, flags);
  }

  /**
   * Sends all bytes, with as many system calls as needed; the socket's timeout applies to all of them together. Meant for blocking
   * sockets: if it throws, an unknown number of bytes has been sent. @throws as {@link send}
   */
  sendAll(data: Uint8Array, flags = 0): void {
    bytes.sendAll(this, data, flags);
  }

  /**
   * Receives at most `n` bytes, waiting for at least one. An empty buffer means the end of a stream, or an empty datagram.
   *
   * @param flags MSG_* constants, combined with bitwise OR. With MSG_TRUNC, TCP discards the bytes: the buffer then has their number as
   *   its length, and contains zeros
   * @returns a buffer of exactly the received size, which the caller owns
   * @throws TypeError or RangeError for an invalid `n`; OSError: EAGAIN if a non-blocking socket would have to wait; TimeoutError
   */
  recv(n: number, flags = 0): Buffer {
    return bytes.recv(this, n, flags);
  }

  /**
   * Receives into the caller's buffer, without copy or allocation; otherwise as {@link recv}.
   *
   * @param flags as for {@link recv}. With MSG_TRUNC, TCP discards the bytes: only their number is returned
   * @returns the number of bytes written to the start of `buffer`; 0 means the end of a stream
   */
  recvInto(buffer: Uint8Array, flags = 0): number {
    return bytes.recvInto(this, buffer, flags);
  }

  /** Sends `length` bytes from `offset` once; returns the number accepted or -errno. The addon checks the arguments. @internal */
  sendEx(data: Uint8Array, offset: number, length: number, flags = 0): number {
    const fd = this.fileno();
    return fd < 0 ? EBADF : native.send(fd, data, offset, length, flags);
  }

  /** Receives at most `n` > 0 bytes once; returns a buffer that the caller owns, or -errno. @internal */
  recvEx(n: number): Buffer | number {
    return bytes.recvEx(this, n);
  }

  /** Receives into the caller's buffer once; returns the number of bytes (0: EOF) or -errno. @internal */
  recvIntoEx(buffer: Uint8Array, offset: number, length: number, flags = 0): number {
    return bytes.recvIntoEx(this, buffer, offset, length, flags);
  }

  /** Returns true if the next receive should use the slab for small messages, and may be made before its reader asks. @internal */
  _expectsSmall(): boolean {
    return bytes.expectsSmall(this);
  }

  /** Keeps the result of a receive for the next call. @internal */
  _keepAhead(received: Buffer | number): void {
    if (received !== EAGAIN) this._ahead = received;
  }

  /** Returns true if another receive now would most likely get EAGAIN. @internal */
  _isDrained(): boolean {
    return this._drained && this._ahead === null;
  }

  /** Returns true if the next receive will not call the kernel. @internal */
  _hasAhead(): boolean {
    return this._ahead !== null;
  }

  /** Notes the result of a receive into the slab: `got` bytes (or -errno), when there was room for `capacity`. @internal */
  _noteReceived(got: number, capacity: number): void {
    this._bulk = got === capacity; // there is probably more
    this._drained = got >= 0 && got < capacity;
  }

  // --- Messages: see messages.ts -------------------------------------------------------------------------------------

  /**
   * Sends one datagram.
   *
   * @returns the number of bytes sent
   * @throws TypeError or RangeError for invalid data or an invalid address; OSError: EMSGSIZE if it is too long for a datagram, EAGAIN if a
   *   non-blocking socket would have to wait; TimeoutError
   */
  sendTo(data: Uint8Array, address: Address, flags = 0): number {
    return messages.sendTo(this, data, address, flags);
  }

  /**
   * Receives one datagram, truncated to `n` bytes, and the address of its sender.
   *
   * @param flags as for `recv`
   * @throws as `recv`; OSError ECONNREFUSED reports that an earlier datagram of a connected socket was refused
   */
  recvFrom(n: number, flags = 0): ReceivedFrom {
    return messages.recvFrom(this, n, flags);
  }

  /**
   * Sends several buffers as one message without joining them first (except for more than 1024 on a datagram socket), and optionally
   * passes descriptors. These travel with the first byte, so send at least one.
   *
   * @returns the number of bytes accepted; on a stream it may be less than given
   * @throws as `send` and `sendTo`; OSError EINVAL for descriptors on a socket that is not AF_UNIX
   */
  sendMsg(buffers: readonly Uint8Array[], options: SendMsgOptions = {}): number {
    return messages.sendMsg(this, buffers, options);
  }

  /**
   * Receives one message: bytes, sender, descriptors and flags.
   *
   * @throws as `recv`
   */
  recvMsg(n: number, options: RecvMsgOptions = {}): ReceivedMessage {
    return messages.recvMsg(this, n, options);
  }

  /** Makes one `sendTo`; returns the number of bytes or -errno. Throws for an invalid address. @internal */
  sendToEx(data: Uint8Array, address: Address, flags = 0): number {
    return messages.sendToEx(this, data, address, flags);
  }

  /** Makes one `recvFrom`; returns its result or -errno. @internal */
  recvFromEx(n: number, flags = 0): ReceivedFrom | number {
    return messages.recvFromEx(this, n, flags);
  }

  /**
   * Receives one whole datagram; returns it or -errno. EMSGSIZE: another process that shares the socket took the datagram whose size was
   * peeked, and the next, longer one was truncated. @internal
   */
  recvWholeEx(): ReceivedFrom | number {
    return messages.recvWholeEx(this);
  }

  /** Sends several buffers once; returns the number of bytes or -errno. There may be more buffers than one call takes. @internal */
  sendMsgEx(buffers: readonly Uint8Array[], flags = 0): number {
    return messages.sendMsgEx(this, buffers, flags);
  }

  override toString(): string {
    return `Socket { fd: ${this.fileno()}, family: ${this.family}, type: ${this.type} }`;
  }

  /** Shows the descriptor in `console.log(socket)`. */
  [inspect.custom](): string {
    return this.toString();
  }

  /** Makes one accept; returns a non-blocking connection, or -errno. @internal */
  acceptEx(): Accepted | number {
    const listener = this.fileno();
    if (listener < 0) return EBADF;
    const fd = acceptOnce(listener, true);
    return fd < 0 ? fd : this.#accepted(fd, 0);
  }

  #accepted(fd: number, timeoutMs: number | null): Accepted {
    const socket = new Socket(new AdoptedDescriptor(fd, this.family, this.type, timeoutMs));
    return { socket, address: lastAddress(this.family, 'accept') };
  }
}
