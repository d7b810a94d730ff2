/**
 * Raw sockets, as in Python's socket module: one method for each system call, blocking by default. The class is the contract; functions
 * in waiting.ts, names.ts, bytes.ts and messages.ts implement it. {@link BaseSocket} has names and options, and its base closes the
 * descriptor.
 *
 * In comments, `-errno` and `-EAGAIN` are negated numbers of the C library. The constants of errno.ts have these negative values already.
 */

import { OSError, TimeoutError, checked, isInstance } from '../errors/index.js';
import { native } from '../native/binding.js';
import { type Address, type AddressOf, type SocketAddress, errorTarget } from './address.js';
import { AdoptedDescriptor, openSocket } from './adopted-descriptor.js';
import { checkInt } from './arguments.js';
import { BaseSocket } from './base-socket.js';
import * as bytes from './bytes.js';
import { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_DOMAIN, SO_TYPE } from './constants.js';
import type { DatagramBatch } from './datagram-batch.js';
import { EAGAIN, EBADF } from './errno.js';
import { recvMany, sendMany } from './many-datagrams.js';
import * as messages from './messages.js';
import type {
  ReceivedFrom,
  ReceivedFromInto,
  ReceivedMessage,
  ReceivedMessageInto,
  RecvMsgOptions,
  SendMsgOptions,
} from './messages.js';
import { acceptOnce, connectOnce, lastAddress } from './names.js';
import { type OpenFile, type SendFileOptions, sendFile } from './send-file.js';
import { getIntOption } from './socket-options.js';
import { READABLE, descriptorFor, retry } from './waiting.js';

/** The result of `Socket.accept`. */
export interface Accepted<A extends SocketAddress = Address> {
  /** The new connection; the caller owns it. */
  readonly socket: Socket;
  /** The address of the peer. */
  readonly address: A;
}

/**
 * A socket, which owns its descriptor. A new socket is blocking: its calls stop the thread until they can be completed. Event loops need
 * `setBlocking(false)`, and `setTimeout` limits the waits. On a closed socket, every method that makes a system call fails with EBADF: the
 * `Ex` variants return it, all other methods throw an OSError.
 *
 * The type has the address family, if it is known: the addresses of a `new Socket(AF_INET)` have a `port`.
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
export class Socket<F extends number = number> extends BaseSocket<F> {
  /** @internal See `Receiving` in bytes.ts. */
  _bulk = false;
  /** @internal See `Receiving` in bytes.ts. */
  _drained = false;
  /** @internal See `Receiving` in bytes.ts. */
  _ahead: Buffer | number | null = null;

  /**
   * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; with `| SOCK_NONBLOCK` it starts non-blocking
   * @throws TypeError or RangeError unless all are integers >= 0; OSError: EMFILE if no descriptor is left, EAFNOSUPPORT
   */
  constructor(family?: F, type?: number, protocol?: number);
  /** Takes ownership of the descriptor. @internal */
  constructor(adopted: AdoptedDescriptor);
  constructor(first: number | AdoptedDescriptor = AF_INET, type = SOCK_STREAM, protocol = 0) {
    super(first instanceof AdoptedDescriptor ? first : openSocket(first, type, protocol));
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
  dup(): Socket<F> {
    const fd = checked(native.dup(descriptorFor(this, 'dup')), 'dup');
    return new Socket<F>(new AdoptedDescriptor(fd, this.family, this.type, this.getTimeout()));
  }

  /**
   * Takes a connection from the backlog. The new socket is blocking, whatever the mode of this one, as in Python.
   *
   * @throws OSError: EAGAIN if there is none and this socket is non-blocking, EMFILE if no descriptor is left (the connection stays in
   *   the backlog); TimeoutError
   */
  accept(): Accepted<AddressOf<F>>;
  /** The same, for a family other than IP and UNIX. */
  accept<A extends SocketAddress>(): Accepted<A>;
  accept(): Accepted<SocketAddress> {
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
  connect(address: SocketAddress): void {
    const result = connectOnce(this, address);
    if (result < 0) throw new OSError(result, 'connect', errorTarget(address));
  }

  /**
   * Connects as {@link connect} does, but returns errors instead of throwing them.
   *
   * @returns 0 or -errno; -EAGAIN after the socket's timeout, as in Python
   * @throws only TypeError and RangeError for an invalid address
   */
  connectEx(address: SocketAddress): number {
    if (this.fileno() < 0) return EBADF;
    try {
      return connectOnce(this, address);
    } catch (error) {
      if (error instanceof TimeoutError) return EAGAIN;
      if (isInstance(error, OSError)) return error.errno; // the wait failed
      throw error;
    }
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
  sendTo(data: Uint8Array, address: SocketAddress, flags = 0): number {
    return messages.sendTo(this, data, address, flags);
  }

  /**
   * Receives one datagram, truncated to `n` bytes, and the address of its sender.
   *
   * @param flags as for `recv`. With MSG_TRUNC, the result has the `size` of the whole datagram; with MSG_PEEK | MSG_TRUNC and `n` 0, it
   *   is all you get, and the datagram stays
   * @throws as `recv`; OSError ECONNREFUSED reports that an earlier datagram of a connected socket was refused
   */
  recvFrom(n: number, flags?: number): ReceivedFrom;
  /** The same, for a family other than IP and UNIX. */
  recvFrom<A extends SocketAddress>(n: number, flags?: number): ReceivedFrom<A>;
  recvFrom(n: number, flags = 0): ReceivedFrom<SocketAddress> {
    return messages.recvFrom(this, n, flags);
  }

  /**
   * Receives one datagram into the caller's buffer; otherwise as {@link recvFrom}.
   *
   * @returns the number of bytes written to the start of `buffer`, and the sender
   */
  recvFromInto(buffer: Uint8Array, flags?: number): ReceivedFromInto;
  /** The same, for a family other than IP and UNIX. */
  recvFromInto<A extends SocketAddress>(buffer: Uint8Array, flags?: number): ReceivedFromInto<A>;
  recvFromInto(buffer: Uint8Array, flags = 0): ReceivedFromInto<SocketAddress> {
    return messages.recvFromInto(this, buffer, flags);
  }

  /**
   * Sends several buffers as one message without joining them first (except for more than 1024 on a datagram socket), and optionally
   * passes descriptors and other control messages. Descriptors travel with the first byte, so send at least one.
   *
   * @returns the number of bytes accepted; on a stream it may be less than given
   * @throws as `send` and `sendTo`; OSError EINVAL for descriptors on a socket that is not AF_UNIX, and for control messages that the
   *   kernel does not accept; EPERM for credentials of another process
   */
  sendMsg(buffers: readonly Uint8Array[], options: SendMsgOptions = {}): number {
    return messages.sendMsg(this, buffers, options);
  }

  /**
   * Receives one message: bytes, sender, descriptors, flags and, with `ancBufSize`, other control messages.
   *
   * @throws as `recv`; if it throws, no descriptor stays open
   */
  recvMsg(n: number, options?: RecvMsgOptions): ReceivedMessage;
  /** The same, for a family other than IP and UNIX. */
  recvMsg<A extends SocketAddress>(n: number, options?: RecvMsgOptions): ReceivedMessage<A>;
  recvMsg(n: number, options: RecvMsgOptions = {}): ReceivedMessage<SocketAddress> {
    return messages.recvMsg(this, n, options);
  }

  /**
   * Receives one message into the caller's buffers, one after the other; otherwise as {@link recvMsg}.
   *
   * @param buffers at most 1024
   */
  recvMsgInto(buffers: readonly Uint8Array[], options?: RecvMsgOptions): ReceivedMessageInto;
  /** The same, for a family other than IP and UNIX. */
  recvMsgInto<A extends SocketAddress>(
    buffers: readonly Uint8Array[],
    options?: RecvMsgOptions,
  ): ReceivedMessageInto<A>;
  recvMsgInto(buffers: readonly Uint8Array[], options: RecvMsgOptions = {}): ReceivedMessageInto<SocketAddress> {
    return messages.recvMsgInto(this, buffers, options);
  }

  /**
   * Receives the datagrams that are ready, at most `batch.capacity`, instead of those that the batch holds; waits for the first only.
   * Returns their number. Longer ones are truncated to `batch.size`. @throws as {@link recvFrom}; RangeError on a stream
   */
  recvMany(batch: DatagramBatch, flags = 0): number {
    return recvMany(this, batch, flags);
  }

  /**
   * Sends the datagrams of a batch in order, from `first` on. Returns how many the kernel has accepted: fewer if it has no room, or refuses
   * one. @throws as {@link sendTo}, if it does not accept even the first; RangeError on a stream
   */
  sendMany(batch: DatagramBatch, first = 0, flags = 0): number {
    return sendMany(this, batch, first, flags);
  }

  /**
   * Sends a file or a part of it with sendfile(2), and returns the number of bytes sent, which is less than `count` if the file is
   * shorter. For blocking sockets; the socket's timeout applies to the whole file. The position of the file does not move. A pipe is sent
   * as its bytes arrive, until its EOF.
   *
   * @throws InvalidStateError on a non-blocking socket (use `sockSendFile`); TypeError or RangeError for invalid arguments; OSError EPIPE,
   *   ESPIPE for a pipe with an offset; TimeoutError. If it throws, an unknown part has been sent
   */
  sendFile(file: OpenFile, options: SendFileOptions = {}): number {
    return sendFile(this, file, options);
  }

  /** Makes one `sendTo`; returns the number of bytes or -errno. Throws for an invalid address. @internal */
  sendToEx(data: Uint8Array, address: SocketAddress, flags = 0): number {
    return messages.sendToEx(this, data, address, flags);
  }

  /** Makes one `recvFrom`; returns its result or -errno. @internal */
  recvFromEx(n: number, flags = 0): ReceivedFrom | number {
    return messages.recvFromEx(this, n, flags) as ReceivedFrom | number;
  }

  /** Makes one `recvFromInto`; returns its result or -errno. @internal */
  recvFromIntoEx(buffer: Uint8Array): ReceivedFromInto | number {
    return messages.recvFromIntoEx(this, buffer) as ReceivedFromInto | number;
  }

  /**
   * Receives one whole datagram; returns it or -errno. EMSGSIZE: another process that shares the socket took the datagram whose size was
   * peeked, and the next, longer one was truncated. @internal
   */
  recvWholeEx(): ReceivedFrom | number {
    return messages.recvWholeEx(this) as ReceivedFrom | number;
  }

  /** Sends several buffers once; returns the number of bytes or -errno. There may be more buffers than one call takes. @internal */
  sendMsgEx(buffers: readonly Uint8Array[], flags = 0): number {
    return messages.sendMsgEx(this, buffers, flags);
  }

  /** Makes one accept; returns a non-blocking connection, or -errno. @internal */
  acceptEx(): Accepted | number {
    const listener = this.fileno();
    if (listener < 0) return EBADF;
    const fd = acceptOnce(listener, true);
    return fd < 0 ? fd : this.#accepted(fd, 0);
  }

  #accepted<A extends SocketAddress>(fd: number, timeoutMs: number | null): Accepted<A> {
    const socket = new Socket(new AdoptedDescriptor(fd, this.family, this.type, timeoutMs));
    try {
      return { socket, address: lastAddress(this.family, 'accept') as A };
    } catch (error) {
      socket.close(); // no caller gets it
      throw error;
    }
  }
}
