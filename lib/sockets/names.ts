/** Names and connections: the implementation of methods of `Socket`, which has their documentation. */

import { OSError, checked, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { type SocketAddress, emptyNativeAddress, fromNativeAddress, toNativeAddress } from './address.js';
import { SHUT_RD, SHUT_RDWR, SHUT_WR, SOL_SOCKET, SO_ERROR, SO_SNDTIMEO } from './constants.js';
import { EAFNOSUPPORT, EINPROGRESS, EINTR } from './errno.js';
import { getBytesOption, getIntOption } from './socket-options.js';
import { type TimedSocket, WRITABLE, deadlineOf, descriptorFor, waitUntil } from './waiting.js';

interface NamedSocket extends TimedSocket {
  readonly family: number;
}

const shutdownModes = new Map([
  ['read', SHUT_RD],
  ['write', SHUT_WR],
  ['both', SHUT_RDWR],
]);

/** Shared by all calls of the thread that return an address: each result is read before the next call. */
const answer = emptyNativeAddress();

/** Returns the address that the last call filled in. Throws OSError EAFNOSUPPORT for an unknown family (`fromFd` takes any socket). */
export function lastAddress(family: number, syscall: string): SocketAddress {
  const address = fromNativeAddress(answer, family);
  if (address === null) throw new OSError(EAFNOSUPPORT, syscall);
  return address;
}

/** `Socket.getsockname`. */
export function ownName(socket: NamedSocket): SocketAddress {
  checked(native.getsockname(descriptorFor(socket, 'getsockname'), answer), 'getsockname');
  return lastAddress(socket.family, 'getsockname');
}

/** `Socket.getpeername`. */
export function peerName(socket: NamedSocket): SocketAddress {
  checked(native.getpeername(descriptorFor(socket, 'getpeername'), answer), 'getpeername');
  return lastAddress(socket.family, 'getpeername');
}

/** Makes one accept; returns a descriptor, or -errno. `lastAddress` then returns the peer's address. */
export function acceptOnce(listener: number, nonBlocking: boolean): number {
  return native.accept(listener, nonBlocking, answer);
}

/** Makes one connect, and waits for its end unless the socket is non-blocking. Returns 0 or -errno. */
export function connectOnce(socket: NamedSocket, address: SocketAddress): number {
  const fd = descriptorFor(socket, 'connect');
  const result = native.connect(fd, toNativeAddress(address, socket.family));
  const timeoutMs = socket.getTimeout();
  if (result === EINTR) {
    // By POSIX, the interrupted attempt continues.
    if (timeoutMs === 0) return EINPROGRESS;
    if (timeoutMs === null) return connectionOf(fd, native.wait(fd, WRITABLE, sendTimeoutOf(fd)));
  } else if (result !== EINPROGRESS || timeoutMs === 0 || timeoutMs === null) {
    return result; // EINPROGRESS on a blocking socket: the kernel has waited for the time of SO_SNDTIMEO
  }
  waitUntil(socket, WRITABLE, deadlineOf(socket), 'connect');
  return connectionOf(fd, WRITABLE);
}

/** Returns the result of a connection attempt after a wait for it. */
function connectionOf(fd: number, ready: number): number {
  if (ready < 0) return ready;
  return ready === 0 ? EINPROGRESS : 0 - getIntOption(fd, SOL_SOCKET, SO_ERROR);
}

/** Returns SO_SNDTIMEO, which also limits a blocking connect, in milliseconds; -1 if there is no limit. */
function sendTimeoutOf(fd: number): number {
  const time = getBytesOption(fd, SOL_SOCKET, SO_SNDTIMEO, 16); // struct timeval
  const ms = Number(time.readBigInt64LE(0)) * 1000 + Number(time.readBigInt64LE(8)) / 1000;
  return ms > 0 ? ms : -1;
}

/** Returns the kernel's number for the argument of `Socket.shutdown`. Throws a TypeError or RangeError if there is none. */
export function shutdownMode(how: unknown): number {
  const expected = "'read', 'write' or 'both'";
  if (typeof how !== 'string') throw wrongType('how', expected, how);
  const mode = shutdownModes.get(how);
  if (mode === undefined) throw outOfRange('how', expected, how);
  return mode;
}
