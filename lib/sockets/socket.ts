/**
 * Raw sockets, as in Python's socket module: one method for each system call, blocking unless told otherwise.
 *
 * The calls are spread over a chain of classes, one job each: {@link OwnedDescriptor} closes, {@link TimedDescriptor} waits,
 * {@link ByteSocket} and {@link MessageSocket} transfer. This file is about names and connections.
 */

import { inspect } from 'node:util';

import { OSError, TimeoutError, checked, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { type Address, emptyNativeAddress, errorTarget, fromNativeAddress, toNativeAddress } from './address.js';
import { checkInt } from './arguments.js';
import {
  AF_INET,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_DOMAIN,
  SO_ERROR,
  SO_TYPE,
} from './constants.js';
import { EAGAIN, EBADF, EINPROGRESS, EAFNOSUPPORT } from './errno.js';
import { MessageSocket } from './message-socket.js';
import { getBytesOption, getIntOption, setOption } from './socket-options.js';
import { READABLE, WRITABLE } from './timed-descriptor.js';

/** What `Socket.accept` returns. */
export interface Accepted {
  /** The new connection; the caller owns it. */
  readonly socket: Socket;
  /** Its other end. */
  readonly address: Address;
}

/** A socket's descriptor and what is known about it, on its way to a new owner. @internal */
export class AdoptedDescriptor {
  constructor(
    readonly fd: number,
    readonly family: number,
    readonly type: number,
    readonly timeoutMs: number | null,
  ) {}
}

const shutdownModes = new Map([
  ['read', SHUT_RD],
  ['write', SHUT_WR],
  ['both', SHUT_RDWR],
]);

/** Shared by all calls of the thread that ask for an address: each result is read out before the next call. */
const answer = emptyNativeAddress();

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
export class Socket extends MessageSocket {
  /**
   * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; with SOCK_NONBLOCK added it starts non-blocking
   * @throws TypeError, RangeError unless all are integers >= 0; OSError: EMFILE when no descriptor is left, EAFNOSUPPORT
   */
  constructor(family?: number, type?: number, protocol?: number);
  /** Takes the descriptor over. @internal */
  constructor(adopted: AdoptedDescriptor);
  constructor(first: number | AdoptedDescriptor = AF_INET, type = SOCK_STREAM, protocol = 0) {
    const from = first instanceof AdoptedDescriptor ? first : openSocket(first, type, protocol);
    super(from.fd, from.family, from.type, from.timeoutMs);
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
    const fd = checked(native.dup(this.descriptor('dup')), 'dup');
    return new Socket(new AdoptedDescriptor(fd, this.family, this.type, this.getTimeout()));
  }

  /**
   * Gives the socket an address.
   *
   * @throws TypeError, RangeError for a bad address (host names are not resolved here); OSError: EADDRINUSE, EACCES,
   *   EADDRNOTAVAIL
   */
  bind(address: Address): void {
    const result = native.bind(this.descriptor('bind'), toNativeAddress(address, this.family));
    if (result < 0) throw new OSError(result, 'bind', errorTarget(address));
  }

  /** Lets others connect. @param backlog how many connections may wait to be accepted (the kernel has a ceiling of its own) */
  listen(backlog = 128): void {
    checked(native.listen(this.descriptor('listen'), checkInt('backlog', backlog)), 'listen');
  }

  /**
   * Takes a connection from the backlog. The new socket blocks, whatever the mode of this one, as in Python.
   *
   * @throws OSError: EAGAIN when there is none and this socket is non-blocking, EMFILE when no descriptor is left (the connection
   *   stays in the backlog); TimeoutError
   */
  accept(): Accepted {
    const listener = this.descriptor('accept');
    const fd = this.retry(READABLE, 'accept', () => native.accept(listener, false, answer));
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
    const result = this.#connect(address);
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
      return this.#connect(address);
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
    const mode = shutdownModes.get(how);
    const expected = "'read', 'write' or 'both'";
    if (typeof how !== 'string') throw wrongType('how', expected, how);
    if (mode === undefined) throw outOfRange('how', expected, how);
    checked(native.shutdown(this.descriptor('shutdown'), mode), 'shutdown');
  }

  /** The socket's own address; { path: '' } for a UNIX socket without a name. */
  getsockname(): Address {
    checked(native.getsockname(this.descriptor('getsockname'), answer), 'getsockname');
    return this.#answer('getsockname');
  }

  /** The address it is connected to. @throws OSError ENOTCONN */
  getpeername(): Address {
    checked(native.getpeername(this.descriptor('getpeername'), answer), 'getpeername');
    return this.#answer('getpeername');
  }

  /**
   * Sets an option. A number or boolean is passed as a C int, a Buffer as it is (for structs such as SO_LINGER's).
   *
   * @throws TypeError, RangeError for a bad value; OSError ENOPROTOOPT, EINVAL, EPERM
   */
  setsockopt(level: number, option: number, value: number | boolean | Uint8Array): void {
    setOption(this.descriptor('setsockopt'), level, option, value);
  }

  /** Reads an option that is a number. */
  getsockopt(level: number, option: number): number;
  /** Reads an option as at most `length` bytes, 1 to 1024. */
  getsockopt(level: number, option: number, length: number): Buffer;
  getsockopt(level: number, option: number, length?: number): number | Buffer {
    const fd = this.descriptor('getsockopt');
    return length === undefined ? getIntOption(fd, level, option) : getBytesOption(fd, level, option, length);
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
    const fd = native.accept(listener, true, answer);
    return fd < 0 ? fd : this.#accepted(fd, 0);
  }

  #accepted(fd: number, timeoutMs: number | null): Accepted {
    const socket = new Socket(new AdoptedDescriptor(fd, this.family, this.type, timeoutMs));
    return { socket, address: this.#answer('accept') };
  }

  #answer(syscall: string): Address {
    const address = fromNativeAddress(answer, this.family);
    // A family this library has no addresses for (fromFd takes any socket).
    if (address === null) throw new OSError(EAFNOSUPPORT, syscall);
    return address;
  }

  #connect(address: Address): number {
    const fd = this.descriptor('connect');
    const result = native.connect(fd, toNativeAddress(address, this.family));
    // Non-blocking: the caller waits. Blocking: a signal came, and POSIX says that the connection goes on meanwhile.
    if (result !== EINPROGRESS || !this.getBlocking()) return result;
    this.waitUntil(WRITABLE, this.deadline(), 'connect');
    return 0 - getIntOption(fd, SOL_SOCKET, SO_ERROR);
  }
}

function openSocket(family: number, type: number, protocol: number): AdoptedDescriptor {
  checkInt('family', family);
  checkInt('type', type);
  checkInt('protocol', protocol);
  const fd = checked(native.socket(family, type, protocol), 'socket');
  const nonBlocking = (type & SOCK_NONBLOCK) !== 0;
  return new AdoptedDescriptor(fd, family, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), nonBlocking ? 0 : null);
}
