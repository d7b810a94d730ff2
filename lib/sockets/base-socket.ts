/** What every socket has, connected or not: a family, a name, options, and the mode of its calls. The base of {@link Socket}. */

import { OSError, checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { inspect } from '../platform/describe.js';
import { type AddressOf, type SocketAddress, errorTarget, toNativeAddress } from './address.js';
import type { AdoptedDescriptor } from './adopted-descriptor.js';
import { checkInt, checkTimeout } from './arguments.js';
import { type GroupOptions, changeGroup } from './groups.js';
import { ownName, peerName, shutdownMode } from './names.js';
import { OwnedDescriptor } from './owned-descriptor.js';
import { getBytesOption, getIntOption, setOption } from './socket-options.js';
import { descriptorFor } from './waiting.js';

/** The part of {@link Socket} that transfers no data. */
export abstract class BaseSocket<F extends number = number> extends OwnedDescriptor {
  /** AF_INET, AF_INET6, AF_UNIX or another address family. */
  readonly family: F;
  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
  readonly type: number;
  #timeoutMs: number | null;

  /** @internal */
  protected constructor(from: AdoptedDescriptor) {
    super(from.fd);
    this.family = from.family as F;
    this.type = from.type;
    this.#timeoutMs = from.timeoutMs;
  }

  /**
   * Binds the socket to a local address; host names are not resolved.
   *
   * @throws TypeError or RangeError for an invalid address; OSError: EADDRINUSE, EACCES, EADDRNOTAVAIL
   */
  bind(address: SocketAddress): void {
    const result = native.bind(descriptorFor(this, 'bind'), toNativeAddress(address, this.family));
    if (result < 0) throw new OSError(result, 'bind', errorTarget(address));
  }

  /** Starts accepting connections. @param backlog the number of connections that may wait to be accepted; the kernel limits it */
  listen(backlog = 128): void {
    checked(native.listen(descriptorFor(this, 'listen'), checkInt('backlog', backlog)), 'listen');
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
  getsockname(): AddressOf<F>;
  /** The same, for a family other than IP and UNIX. */
  getsockname<A extends SocketAddress>(): A;
  getsockname(): SocketAddress {
    return ownName(this);
  }

  /** Returns the address of the peer. @throws OSError ENOTCONN */
  getpeername(): AddressOf<F>;
  /** The same, for a family other than IP and UNIX. */
  getpeername<A extends SocketAddress>(): A;
  getpeername(): SocketAddress {
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

  /**
   * Joins a multicast group: the socket then receives what is sent to the group and its own port. Bind it to the empty host or to the
   * address of the group.
   *
   * @param group the numeric address of the group: IPv4 from 224.0.0.0 to 239.255.255.255, or IPv6 `ff..`, also with a zone: `ff02::1%eth0`
   * @throws TypeError or RangeError for invalid arguments; OSError: EADDRINUSE if it has joined already, EINVAL for an address that is no
   *   group, ENODEV if there is no such interface or no route to the group
   */
  joinGroup(group: string, options: GroupOptions = {}): void {
    changeGroup(this, true, group, options);
  }

  /**
   * Leaves a multicast group, as closing the socket also does. Pass the options with which the group was joined.
   *
   * @throws as {@link joinGroup}; OSError EADDRNOTAVAIL, or EINVAL with a `source`, if it has not joined
   */
  leaveGroup(group: string, options: GroupOptions = {}): void {
    changeGroup(this, false, group, options);
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

  override toString(): string {
    return `Socket { fd: ${this.fileno()}, family: ${this.family}, type: ${this.type} }`;
  }

  /** Shows the descriptor in `console.log(socket)`. */
  [inspect.custom](): string {
    return this.toString();
  }
}
