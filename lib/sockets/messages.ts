/** Messages with addresses or descriptors: the implementation of methods of `Socket`, which has their documentation. */

import { checked, checkOptions, OSError, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import type { NativeAddress, NativeMessage } from '../native/contract.js';
import { type Address, emptyNativeAddress, errorTarget, fromNativeAddress, toNativeAddress } from './address.js';
import { checkBytes, checkInt } from './arguments.js';
import { AF_UNIX, MSG_PEEK, MSG_TRUNC, SOCK_STREAM } from './constants.js';
import { EBADF, EINVAL, EMSGSIZE } from './errno.js';
import { wholeBuffer, takeReceived } from './receive-buffer.js';
import { type Receiving, bufferFor, recv } from './bytes.js';
import { READABLE, WRITABLE, descriptorFor, retry } from './waiting.js';

/** The kernel's limit of descriptors per message (SCM_MAX_FD). */
const mostDescriptors = 253;
/** The kernel's limit of buffers per call (UIO_MAXIOV). */
const mostBuffers = 1024;

/** The length field of UDP has 16 bits. */
const mostUdpBytes = 65_535;

/** The result of `Socket.recvFrom`. */
export interface ReceivedFrom {
  /** The bytes, in a buffer that the caller owns. */
  readonly data: Buffer;
  /** The sender; null on a connected stream. */
  readonly address: Address | null;
}

/** The result of `Socket.recvMsg`. */
export interface ReceivedMessage extends ReceivedFrom {
  /** Descriptors that came with the message (SCM_RIGHTS). The caller owns them and must close them. */
  readonly fds: number[];
  /** MSG_TRUNC: the bytes were truncated; MSG_CTRUNC: the descriptors were; MSG_EOR: the end of a record. */
  readonly flags: number;
}

/** The options of `Socket.sendMsg`. */
export interface SendMsgOptions {
  /** Descriptors to pass (AF_UNIX only, at most 253). The receiver gets duplicates; the caller's stay open. */
  readonly fds?: readonly number[];
  /** MSG_* constants, combined with bitwise OR. */
  readonly flags?: number;
  /** The destination, on a socket that is not connected. */
  readonly address?: Address;
}

/** The options of `Socket.recvMsg`. */
export interface RecvMsgOptions {
  /** MSG_* constants, as for `recv`. */
  readonly flags?: number;
  /** The largest number of descriptors to accept, 0 to 253; the kernel closes the rest. Default: 253 on AF_UNIX, otherwise 0. */
  readonly maxFds?: number;
}

/** Shared by all receives of the thread: each result is read before the next call. */
const sender: NativeAddress = emptyNativeAddress();
const message: NativeMessage = { ...emptyNativeAddress(), fds: [], flags: 0 };

/** The part of a socket that messages use. */
interface MessageSide extends Receiving {
  readonly family: number;
}

/** `Socket.sendTo`. */
export function sendTo(socket: MessageSide, data: Uint8Array, address: Address, flags: number): number {
  checkBytes('data', data);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'sendto');
  const to = toNativeAddress(address, socket.family);
  const sent = retry(socket, WRITABLE, 'sendto', () => native.sendTo(fd, data, 0, data.length, flags, to));
  if (sent < 0) throw new OSError(sent, 'sendto', errorTarget(address));
  return sent;
}

/** `Socket.recvFrom`. */
export function recvFrom(socket: MessageSide, n: number, flags: number): ReceivedFrom {
  checkInt('n', n);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'recvfrom');
  if (socket._ahead !== null) return { data: recv(socket, n, flags), address: null };
  const buffer = bufferFor(socket, n, flags);
  const room = Math.min(n, buffer.length);
  const got = retry(socket, READABLE, 'recvfrom', () => native.recvFrom(fd, buffer, 0, room, flags, sender));
  const data = takeReceived(buffer, Math.min(checked(got, 'recvfrom'), room));
  return { data, address: fromNativeAddress(sender, socket.family) };
}

/** `Socket.sendMsg`. */
export function sendMsg(socket: MessageSide, buffers: readonly Uint8Array[], options: SendMsgOptions): number {
  if (!Array.isArray(buffers)) throw wrongType('buffers', 'an array of Buffers', buffers);
  buffers.forEach((buffer: Uint8Array, i) => checkBytes(`buffers[${i}]`, buffer));
  const { fds = [], address } = checkOptions('sendMsg: options', options);
  const flags = checkInt('options.flags', options.flags ?? 0);
  checkDescriptors(fds);
  const fd = descriptorFor(socket, 'sendmsg');
  const parts = partsOf(socket, buffers);
  const to = address === undefined ? null : toNativeAddress(address, socket.family);
  const target = address === undefined ? {} : errorTarget(address);
  // The kernel would silently drop the descriptors and send only the bytes, and the receiver would wait for descriptors that never arrive.
  if (fds.length > 0 && socket.family !== AF_UNIX) throw new OSError(EINVAL, 'sendmsg', target);
  const sent = retry(socket, WRITABLE, 'sendmsg', () => native.sendMsg(fd, parts, fds, flags, to));
  if (sent < 0) throw new OSError(sent, 'sendmsg', target);
  return sent;
}

/** `Socket.recvMsg`. */
export function recvMsg(socket: MessageSide, n: number, options: RecvMsgOptions): ReceivedMessage {
  checkInt('n', n);
  checkOptions('recvMsg: options', options);
  const flags = checkInt('options.flags', options.flags ?? 0);
  const maxFds = checkInt('options.maxFds', options.maxFds ?? (socket.family === AF_UNIX ? mostDescriptors : 0));
  if (maxFds > mostDescriptors) throw outOfRange('options.maxFds', `at most ${mostDescriptors}`, maxFds);
  const fd = descriptorFor(socket, 'recvmsg');
  if (socket._ahead !== null) return { data: recv(socket, n, flags), address: null, fds: [], flags: 0 };
  const buffer = bufferFor(socket, n, flags);
  const room = Math.min(n, buffer.length);
  const got = retry(socket, READABLE, 'recvmsg', () => native.recvMsg(fd, buffer, 0, room, maxFds, flags, message));
  const data = takeReceived(buffer, Math.min(checked(got, 'recvmsg'), room));
  const { fds } = message;
  message.fds = []; // the caller owns the array now
  return { data, address: fromNativeAddress(message, socket.family), fds, flags: message.flags };
}

/** `Socket.sendToEx`. */
export function sendToEx(socket: MessageSide, data: Uint8Array, address: Address, flags: number): number {
  const fd = socket.fileno();
  if (fd < 0) return EBADF;
  return native.sendTo(fd, data, 0, data.length, flags, toNativeAddress(address, socket.family));
}

/** `Socket.recvFromEx`. */
export function recvFromEx(socket: MessageSide, n: number, flags: number): ReceivedFrom | number {
  const fd = socket.fileno();
  if (fd < 0) return EBADF;
  if (socket._ahead !== null) return { data: recv(socket, n, flags), address: null };
  const buffer = bufferFor(socket, n, flags);
  const got = native.recvFrom(fd, buffer, 0, Math.min(n, buffer.length), flags, sender);
  return got < 0 ? got : { data: takeReceived(buffer, got), address: fromNativeAddress(sender, socket.family) };
}

/** `Socket.recvWholeEx`. */
export function recvWholeEx(socket: MessageSide): ReceivedFrom | number {
  const fd = socket.fileno();
  if (fd < 0) return EBADF;
  let room = mostUdpBytes;
  if (socket.family === AF_UNIX) {
    // Only the sender's SO_SNDBUF limits the size, so no fixed buffer is large enough. A receive of zero bytes makes the kernel return
    // the size, which costs less than a large buffer for every receive.
    room = native.recv(fd, nothing, 0, 0, MSG_PEEK | MSG_TRUNC);
    if (room < 0) return room;
  }
  const buffer = wholeBuffer(room);
  const got = native.recvFrom(fd, buffer, 0, buffer.length, MSG_TRUNC, sender);
  if (got > buffer.length) return EMSGSIZE;
  return got < 0 ? got : { data: takeReceived(buffer, got), address: fromNativeAddress(sender, socket.family) };
}

/** `Socket.sendMsgEx`. */
export function sendMsgEx(socket: MessageSide, buffers: readonly Uint8Array[], flags: number): number {
  const fd = socket.fileno();
  return fd < 0 ? EBADF : native.sendMsg(fd, buffers, noDescriptors, flags, null);
}

/** Returns the buffers for one call. A stream may send only the first ones; a datagram must be complete, so too many are joined. */
function partsOf(socket: MessageSide, buffers: readonly Uint8Array[]): readonly Uint8Array[] {
  return buffers.length > mostBuffers && socket.type !== SOCK_STREAM ? [Buffer.concat(buffers)] : buffers;
}

const noDescriptors: readonly number[] = [];
const nothing = new Uint8Array(0);

function checkDescriptors(fds: readonly number[]): void {
  if (!Array.isArray(fds)) throw wrongType('options.fds', 'an array of descriptors', fds);
  if (fds.length > mostDescriptors) {
    throw outOfRange('options.fds', `at most ${mostDescriptors} descriptors`, fds.length);
  }
  fds.forEach((fd: number, i) => checkInt(`options.fds[${i}]`, fd));
}
