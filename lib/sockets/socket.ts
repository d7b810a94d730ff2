/**
 * Raw sockets, as in Python's socket module: one method for each system call, blocking unless told otherwise.
 *
 * The class is the contract; plain functions do the work, in waiting.ts, names.ts, bytes.ts and messages.ts. {@link OwnedDescriptor}
 * closes.
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

/** What `Socket.accept` returns. */
export interface Accepted {
  /** The new connection; the caller owns it. */
  readonly socket: Socket;
  /** Its other end. */
  readonly address: Address;
}

/**
 * A socket and the owner of its descriptor.
 *
 * New sockets block the thread; `setBlocking(false)` is what an event loop needs, and `setTimeout` is in between. Every method
 * throws OSError EBADF on a closed socket.
 *
 *     using listener = new Socket();
 *     listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
 *     listener.bind({ host: '127.0.0.1', port: 8888 });
 *     listener.listen();
 *     const { socket, address } = listener.accept();
 */
export class Socket extends OwnedDescriptor {
  /** AF_INET, AF_INET6 or AF_UNIX. */
  readonly family: number;
  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
  readonly type: number;
  /** @internal See `Receiving` in bytes.ts. */
  _bulk = false;
  /** @internal */
  _drained = false;
  /** @internal */
  _ahead: Buffer | number | null = null;
  #timeoutMs: number | null;

  /**
   * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; with SOCK_NONBLOCK added it starts non-blocking
   * @throws TypeError, RangeError unless all are integers >= 0; OSError: EMFILE when no descriptor is left, EAFNOSUPPORT
   */
  constructor(family?: number, type?: number, protocol?: number);
  /** Takes the descriptor over. @internal */
  constructor(adopted: AdoptedDescriptor);
  constructor(first: number | AdoptedDescriptor = AF_INET, type = SOCK_STREAM, protocol = 0) {
    const from = first instanceof AdoptedDescriptor ? first : openSocket(first, type, protocol);
    super(from.fd);
    this.family = from.family;
    this.type = from.type;
    this.#timeoutMs = from.timeoutMs;
  }

  /**
   * Takes ownership of a descriptor that is a socket: inherited, received from another process, or detached. Family, type and
   * mode are read from the kernel.
   *
   * @throws OSError ENOTSOCK for another kind of file, EBADF; the descriptor is then still the caller's
   */
  static fromFd(fd: number): Socket {
    checkInt('fd', fd);
    const family = getIntOption(fd, SOL_SOCKET, SO_DOMAIN);
    const type = getIntOption(fd, SOL_SOCKET, SO_TYPE);
    const nonBlocking = checked(native.getNonBlocking(fd), 'fcntl') === 1;
    return new Socket(new AdoptedDescriptor(fd, family, type, nonBlocking ? 0 : null));
  }

  /** A second socket on the same open file, with a descriptor of its own. Both share mode, options and bytes. */
  dup(): Socket {
    const fd = checked(native.dup(descriptorFor(this, 'dup')), 'dup');
    return new Socket(new AdoptedDescriptor(fd, this.family, this.type, this.getTimeout()));
  }

  /**
   * Gives the socket an address.
   *
   * @throws TypeError, RangeError for a bad address (host names are not resolved here); OSError: EADDRINUSE, EACCES,
   *   EADDRNOTAVAIL
   */
  bind(address: Address): void {
    const result = native.bind(descriptorFor(this, 'bind'), toNativeAddress(address, this.family));
    if (result < 0) throw new OSError(result, 'bind', errorTarget(address));
  }

  /** Lets others connect. @param backlog how many connections may wait to be accepted (the kernel has a ceiling of its own) */
  listen(backlog = 128): void {
    checked(native.listen(descriptorFor(this, 'listen'), checkInt('backlog', backlog)), 'listen');
  }

  /**
   * Takes a connection from the backlog. The new socket blocks, whatever the mode of this one, as in Python.
   *
   * @throws OSError: EAGAIN when there is none and this socket is non-blocking, EMFILE when no descriptor is left (the connection
   *   stays in the backlog); TimeoutError
   */
  accept(): Accepted {
    const listener = descriptorFor(this, 'accept');
    const fd = retry(this, READABLE, 'accept', () => acceptOnce(listener, false));
    return this.#accepted(checked(fd, 'accept'), null);
  }

  /**
   * Connects. For a datagram socket: sets the peer of `send` and `recv`.
   *
   * @throws TypeError, RangeError for a bad address (host names are not resolved here); OSError: ECONNREFUSED, ..., EINPROGRESS
   *   when it is non-blocking and the connection goes on, EAGAIN when it is not blocking, or has a timeout, and the queue of a
   *   UNIX listener is full (the kernel tells nobody when it has room; `sockConnect` tries again); TimeoutError
   */
  connect(address: Address): void {
    const result = connectOnce(this, address);
    if (result < 0) throw new OSError(result, 'connect', errorTarget(address));
  }

  /**
   * As {@link connect}, for outcomes that are expected.
   *
   * @returns 0, or the negative error number; -EAGAIN when the socket's timeout is over, as in Python
   * @throws only TypeError and RangeError for a bad address
   */
  connectEx(address: Address): number {
    if (this.fileno() < 0) return EBADF;
    try {
      return connectOnce(this, address);
    } catch (error) {
      if (error instanceof TimeoutError) return EAGAIN;
      throw error;
    }
  }

  /**
   * Ends one direction, or both, for everyone who shares the socket. The peer reads the end of the stream.
   *
   * @throws TypeError, RangeError unless it is 'read', 'write' or 'both'; OSError ENOTCONN
   */
  shutdown(how: 'read' | 'write' | 'both'): void {
    const mode = shutdownMode(how); // misuse comes before EBADF
    checked(native.shutdown(descriptorFor(this, 'shutdown'), mode), 'shutdown');
  }

  /** The socket's own address; { path: '' } for a UNIX socket without a name. */
  getsockname(): Address {
    return ownName(this);
  }

  /** The address it is connected to. @throws OSError ENOTCONN */
  getpeername(): Address {
    return peerName(this);
  }

  /**
   * Sets an option. A number or boolean is passed as a C int, a Buffer as it is (for structs such as SO_LINGER's).
   *
   * @throws TypeError, RangeError for a bad value; OSError ENOPROTOOPT, EINVAL, EPERM
   */
  setsockopt(level: number, option: number, value: number | boolean | Uint8Array): void {
    setOption(descriptorFor(this, 'setsockopt'), level, option, value);
  }

  /** Reads an option that is a number. */
  getsockopt(level: number, option: number): number;
  /** Reads an option as at most `length` bytes, 1 to 1024. */
  getsockopt(level: number, option: number, length: number): Buffer;
  getsockopt(level: number, option: number, length?: number): number | Buffer {
    const fd = descriptorFor(this, 'getsockopt');
    return length === undefined ? getIntOption(fd, level, option) : getBytesOption(fd, level, option, length);
  }

  // --- Waiting: see waiting.ts ---------------------------------------------------------------------------------------

  /** Same as `setTimeout(blocking ? null : 0)`: calls wait for as long as it takes, or never. */
  setBlocking(blocking: boolean): void {
    this.setTimeout(blocking ? null : 0);
  }

  /** False only for a non-blocking socket; a socket with a timeout does block. */
  getBlocking(): boolean {
    return this.#timeoutMs !== 0;
  }

  /**
   * How long each call may wait, in milliseconds (fractions allowed): null for ever, 0 not at all.
   *
   * The mode belongs to the open file: a dup'd descriptor, here or in another process, shares it.
   *
   * @throws TypeError unless it is a number or null, RangeError if it is negative or NaN, OSError EBADF when closed
   */
  setTimeout(timeoutMs: number | null): void {
    const limit = checkTimeout('timeoutMs', timeoutMs);
    checked(native.setNonBlocking(descriptorFor(this, 'fcntl'), limit !== null), 'fcntl');
    this.#timeoutMs = limit;
  }

  /** The limit of {@link setTimeout}: null waits for ever, 0 does not wait. */
  getTimeout(): number | null {
    return this.#timeoutMs;
  }

  // --- Bytes: see bytes.ts -------------------------------------------------------------------------------------------

  /**
   * Sends bytes: as many as there is room for, which may be fewer than given (see {@link sendAll}).
   *
   * @param flags MSG_* added together
   * @returns how many were taken
   * @throws TypeError for anything but a Buffer or Uint8Array; OSError: EAGAIN when it would have to wait and is non-blocking,
   *   EPIPE when the peer is gone (SIGPIPE is never raised); TimeoutError
   */
  send(data: Uint8Array, flags = 0): number {
    return bytes.send(this, data, flags);
  }

  /**
   * Sends all of the bytes, in as many calls as it takes; the socket's timeout is for all of them together.
   *
   * Meant for blocking sockets. If it throws, some of the bytes may have been sent, and there is no telling how many.
   *
   * @throws as {@link send}
   */
  sendAll(data: Uint8Array, flags = 0): void {
    bytes.sendAll(this, data, flags);
  }

  /**
   * Receives at most `n` bytes: what is there, at least one. An empty buffer is the end of a stream (or an empty datagram).
   *
   * @param flags MSG_* added together. With MSG_TRUNC TCP throws the bytes away: the buffer then tells how many by its length,
   *   and contains zeros
   * @returns a buffer of its own, of exactly the received size
   * @throws TypeError, RangeError for a bad `n`; OSError: EAGAIN when it would have to wait and is non-blocking; TimeoutError
   */
  recv(n: number, flags = 0): Buffer {
    return bytes.recv(this, n, flags);
  }

  /**
   * As {@link recv}, straight into the caller's buffer: no copy, no allocation.
   *
   * @param flags MSG_* added together. With MSG_TRUNC TCP throws the bytes away: the number is theirs, and `buffer` stays as it
   *   was
   * @returns how many bytes were written to the start of `buffer`, never more than it has; 0 is the end of a stream
   */
  recvInto(buffer: Uint8Array, flags = 0): number {
    return bytes.recvInto(this, buffer, flags);
  }

  /** One send of `length` bytes from `offset`; the number taken or -errno. Arguments are the addon's to check. @internal */
  sendEx(data: Uint8Array, offset: number, length: number, flags = 0): number {
    const fd = this.fileno();
    return fd < 0 ? EBADF : native.send(fd, data, offset, length, flags);
  }

  /** One receive of at most `n` > 0 bytes: a buffer of its own, or -errno. @internal */
  recvEx(n: number): Buffer | number {
    return bytes.recvEx(this, n);
  }

  /** One receive into the caller's buffer; the number received (0: end) or -errno. @internal */
  recvIntoEx(buffer: Uint8Array, offset: number, length: number, flags = 0): number {
    return bytes.recvIntoEx(this, buffer, offset, length, flags);
  }

  /** True if the next receive is best made into the slab for small messages, and may be made ahead of its reader. @internal */
  _expectsSmall(): boolean {
    return bytes.expectsSmall(this);
  }

  /** Keeps the outcome of a receive for the next one. @internal */
  _keepAhead(received: Buffer | number): void {
    if (received !== EAGAIN) this._ahead = received;
  }

  /** True if another receive now would most likely find nothing. @internal */
  _isDrained(): boolean {
    return this._drained && this._ahead === null;
  }

  /** True while a receive will not ask the kernel. @internal */
  _hasAhead(): boolean {
    return this._ahead !== null;
  }

  /** A receive with room for `room` bytes of the slab had `got` of them, or failed. @internal */
  _hasReceived(got: number, room: number): void {
    this._bulk = got === room; // there is probably more
    this._drained = got >= 0 && got < room;
  }

  // --- Messages: see messages.ts -------------------------------------------------------------------------------------

  /**
   * Sends one datagram.
   *
   * @returns how many bytes were sent
   * @throws TypeError, RangeError for bad data or a bad address; OSError: EMSGSIZE when it is too long for one datagram, EAGAIN
   *   when it would have to wait and is non-blocking; TimeoutError
   */
  sendTo(data: Uint8Array, address: Address, flags = 0): number {
    return messages.sendTo(this, data, address, flags);
  }

  /**
   * Receives one datagram, of which at most `n` bytes are kept, and who sent it.
   *
   * @param flags as those of `recv`
   * @throws as `recv`; ECONNREFUSED is the answer to an earlier datagram of a connected socket
   */
  recvFrom(n: number, flags = 0): ReceivedFrom {
    return messages.recvFrom(this, n, flags);
  }

  /**
   * Sends several buffers as one message, with no copy to join them (but for the message of a datagram socket that has more
   * than 1024), and may pass descriptors along.
   *
   * @returns how many bytes were taken; on a stream it may be fewer than given. The descriptors go with the first byte, so
   *   give at least one
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

  /** One `sendTo`; the number sent or -errno. Throws for a bad address. @internal */
  sendToEx(data: Uint8Array, address: Address, flags = 0): number {
    return messages.sendToEx(this, data, address, flags);
  }

  /** One `recvFrom`, or -errno. @internal */
  recvFromEx(n: number, flags = 0): ReceivedFrom | number {
    return messages.recvFromEx(this, n, flags);
  }

  /**
   * One receive of a whole datagram, or -errno: EMSGSIZE if another process that shares the socket took the one that was looked at
   * first, and the next one, longer, was cut. @internal
   */
  recvWholeEx(): ReceivedFrom | number {
    return messages.recvWholeEx(this);
  }

  /** One gathering send; the number taken or -errno. The list may be longer than the kernel takes at once. @internal */
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

  /** One accept; a non-blocking connection, or -errno. @internal */
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
