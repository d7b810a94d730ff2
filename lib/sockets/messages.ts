/** Messages with addresses, descriptors and other control messages: the implementation of methods of `Socket`, which has their documentation. */

import { checked, checkOptions, OSError, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import type { NativeAddress, NativeMessage } from '../native/contract.js';
import {
  type Address,
  type SocketAddress,
  emptyNativeAddress,
  errorTarget,
  fromNativeAddress,
  toNativeAddress,
} from './address.js';
import { checkBytes, checkInt } from './arguments.js';
import { AF_UNIX, MSG_PEEK, MSG_TRUNC, SOCK_STREAM } from './constants.js';
import { EBADF, EINVAL, EMSGSIZE } from './errno.js';
import { wholeBuffer, takeReceived } from './receive-buffer.js';
import { type Receiving, bufferFor, hasAhead, recv, recvInto } from './bytes.js';
import { type ControlMessage, checkControlSize, messagesOf, pidfdsOf, recordsOf } from './control-messages.js';
import { closeDescriptor } from './descriptor-close.js';
import { WRITABLE, descriptorFor, retry, retryReceive } from './waiting.js';

/** The kernel's limit of descriptors per message (SCM_MAX_FD). */
const mostDescriptors = 253;
/** The kernel's limit of buffers per call (UIO_MAXIOV). */
const mostBuffers = 1024;

/** The length field of UDP has 16 bits. */
const mostUdpBytes = 65_535;

/** The result of `Socket.recvFrom`. */
export interface ReceivedFrom<A extends SocketAddress = Address> {
  /** The bytes, in a buffer that the caller owns. */
  readonly data: Buffer;
  /** The sender; null on a connected stream. */
  readonly address: A | null;
  /** Only with MSG_TRUNC in `flags`: the size of the whole datagram, of which `data` may be the first part. */
  readonly size?: number;
}

/** What arrived with a message beside bytes. */
interface Accompanying {
  /** Descriptors that came with the message (SCM_RIGHTS). The caller owns them and must close them. */
  readonly fds: number[];
  /** MSG_TRUNC: the bytes were truncated; MSG_CTRUNC: the descriptors or control messages were; MSG_EOR: the end of a record. */
  readonly flags: number;
  /**
   * Only with `ancBufSize`: the control messages other than descriptors. {@link ancillary} reads the common ones. The caller owns the
   * descriptor in a message of SO_PASSPIDFD.
   */
  readonly ancData?: ControlMessage[];
}

/** The result of `Socket.recvMsg`. */
export interface ReceivedMessage<A extends SocketAddress = Address> extends ReceivedFrom<A>, Accompanying {}

/** The result of `Socket.recvFromInto`. */
export interface ReceivedFromInto<A extends SocketAddress = Address> {
  /** The number of bytes written to the buffers. */
  readonly nbytes: number;
  /** The sender; null on a connected stream. */
  readonly address: A | null;
  /** Only with MSG_TRUNC in `flags`: the size of the whole datagram, which may be more than `nbytes`. */
  readonly size?: number;
}

/** The result of `Socket.recvMsgInto`. */
export interface ReceivedMessageInto<A extends SocketAddress = Address> extends ReceivedFromInto<A>, Accompanying {}

/** The options of `Socket.sendMsg`. */
export interface SendMsgOptions {
  /** Descriptors to pass (AF_UNIX only, at most 253). The receiver gets duplicates; the caller's stay open. */
  readonly fds?: readonly number[];
  /** MSG_* constants, combined with bitwise OR. */
  readonly flags?: number;
  /** The destination, on a socket that is not connected. */
  readonly address?: SocketAddress;
  /** Control messages. {@link ancillary} makes the common ones. */
  readonly ancData?: readonly ControlMessage[];
}

/** The options of `Socket.recvMsg` and `Socket.recvMsgInto`. */
export interface RecvMsgOptions {
  /** MSG_* constants, as for `recv`; with MSG_ERRQUEUE the call never waits. */
  readonly flags?: number;
  /** The largest number of descriptors to accept, 0 to 253; the kernel closes the rest. Default: 253 on AF_UNIX, otherwise 0. */
  readonly maxFds?: number;
  /**
   * The room for control messages other than descriptors, in bytes, at most 2^20; 512 is enough for those of {@link ancillary}, and
   * `cmsgSpace` computes it. Messages without room are dropped, which MSG_CTRUNC reports. Default: 0, they are not returned.
   */
  readonly ancBufSize?: number;
}

/** Shared by all receives of the thread: each result is read before the next call. */
const sender: NativeAddress = emptyNativeAddress();
const message: NativeMessage = { ...emptyNativeAddress(), fds: [], flags: 0, control: null };

/** The part of a socket that messages use. */
interface MessageSide extends Receiving {
  readonly family: number;
}

/** `Socket.sendTo`. */
export function sendTo(socket: MessageSide, data: Uint8Array, address: SocketAddress, flags: number): number {
  checkBytes('data', data);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'sendto');
  const to = toNativeAddress(address, socket.family);
  const sent = retry(socket, WRITABLE, 'sendto', () => native.sendTo(fd, data, 0, data.length, flags, to));
  if (sent < 0) throw new OSError(sent, 'sendto', errorTarget(address));
  return sent;
}

/** `Socket.recvFrom`. */
export function recvFrom(socket: MessageSide, n: number, flags: number): ReceivedFrom<SocketAddress> {
  checkInt('n', n);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'recvfrom');
  if (hasAhead(socket, flags)) return { data: recv(socket, n, flags), address: null };
  const buffer = bufferFor(socket, n, flags);
  const room = Math.min(n, buffer.length);
  const attempt = (): number => native.recvFrom(fd, buffer, 0, room, flags, sender);
  const got = checked(retryReceive(socket, flags, 'recvfrom', attempt), 'recvfrom');
  const address = fromNativeAddress(sender, socket.family);
  return withSize({ data: takeReceived(buffer, Math.min(got, room)), address }, flags, got);
}

/** `Socket.recvFromInto`. */
export function recvFromInto(socket: MessageSide, buffer: Uint8Array, flags: number): ReceivedFromInto<SocketAddress> {
  checkBytes('buffer', buffer);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'recvfrom');
  if (hasAhead(socket, flags)) return { nbytes: recvInto(socket, buffer, flags), address: null };
  const attempt = (): number => native.recvFrom(fd, buffer, 0, buffer.length, flags, sender);
  const got = checked(retryReceive(socket, flags, 'recvfrom', attempt), 'recvfrom');
  const address = fromNativeAddress(sender, socket.family);
  return withSize({ nbytes: Math.min(got, buffer.length), address }, flags, got);
}

/** Adds the size of the whole datagram, which the kernel returns with MSG_TRUNC. */
function withSize<T>(result: T, flags: number, size: number): T {
  return (flags & MSG_TRUNC) === 0 ? result : { ...result, size };
}

/** `Socket.sendMsg`. */
export function sendMsg(socket: MessageSide, buffers: readonly Uint8Array[], options: SendMsgOptions): number {
  checkBuffers(buffers);
  const { fds = [], address, ancData = noMessages } = checkOptions('sendMsg: options', options);
  const flags = checkInt('options.flags', options.flags ?? 0);
  checkDescriptors(fds);
  const control = ancData === noMessages ? undefined : recordsOf('options.ancData', ancData);
  const fd = descriptorFor(socket, 'sendmsg');
  const parts = partsOf(socket, buffers);
  const to = address === undefined ? null : toNativeAddress(address, socket.family);
  const target = address === undefined ? {} : errorTarget(address);
  // The kernel would silently drop the descriptors and send only the bytes, and the receiver would wait for descriptors that never arrive.
  if (fds.length > 0 && socket.family !== AF_UNIX) throw new OSError(EINVAL, 'sendmsg', target);
  const sent = retry(socket, WRITABLE, 'sendmsg', () => native.sendMsg(fd, parts, fds, flags, to, control));
  if (sent < 0) throw new OSError(sent, 'sendmsg', target);
  return sent;
}

/** `Socket.recvMsg`. */
export function recvMsg(socket: MessageSide, n: number, options: RecvMsgOptions): ReceivedMessage<SocketAddress> {
  checkInt('n', n);
  const { flags, maxFds, ancBufSize } = receiveOptions(socket, 'recvMsg', options);
  const fd = descriptorFor(socket, 'recvmsg');
  if (hasAhead(socket, flags)) return { data: recv(socket, n, flags), address: null, ...nothingElse(ancBufSize) };
  const buffer = bufferFor(socket, n, flags);
  const room = Math.min(n, buffer.length);
  message.control = null;
  const attempt = (): number => native.recvMsg(fd, buffer, 0, room, maxFds, flags, message, ancBufSize);
  const got = checked(retryReceive(socket, flags, 'recvmsg', attempt), 'recvmsg');
  const { fds } = message;
  message.fds = []; // the caller owns the array now
  try {
    const data = takeReceived(buffer, Math.min(got, room));
    const result = { data, address: fromNativeAddress(message, socket.family), fds, flags: message.flags };
    return withMore(result, ancBufSize, flags, got);
  } catch (error) {
    closeAll(fds, message.control);
    throw error;
  }
}

/** `Socket.recvMsgInto`. */
export function recvMsgInto(
  socket: MessageSide,
  buffers: readonly Uint8Array[],
  options: RecvMsgOptions,
): ReceivedMessageInto<SocketAddress> {
  const room = checkBuffers(buffers);
  if (buffers.length > mostBuffers) throw outOfRange('buffers', `at most ${mostBuffers} buffers`, buffers.length);
  const { flags, maxFds, ancBufSize } = receiveOptions(socket, 'recvMsgInto', options);
  const fd = descriptorFor(socket, 'recvmsg');
  if (hasAhead(socket, flags)) {
    const nbytes = scatter(recv(socket, room, flags), buffers);
    return { nbytes, address: null, ...nothingElse(ancBufSize) };
  }
  message.control = null;
  const attempt = (): number => native.recvMsgInto(fd, buffers, maxFds, flags, message, ancBufSize);
  const got = checked(retryReceive(socket, flags, 'recvmsg', attempt), 'recvmsg');
  const { fds } = message;
  message.fds = []; // the caller owns the array now
  try {
    const nbytes = Math.min(got, room);
    const result = { nbytes, address: fromNativeAddress(message, socket.family), fds, flags: message.flags };
    return withMore(result, ancBufSize, flags, got);
  } catch (error) {
    closeAll(fds, message.control);
    throw error;
  }
}

function receiveOptions(socket: MessageSide, method: string, options: RecvMsgOptions): Required<RecvMsgOptions> {
  checkOptions(`${method}: options`, options);
  const flags = checkInt('options.flags', options.flags ?? 0);
  const maxFds = checkInt('options.maxFds', options.maxFds ?? (socket.family === AF_UNIX ? mostDescriptors : 0));
  if (maxFds > mostDescriptors) throw outOfRange('options.maxFds', `at most ${mostDescriptors}`, maxFds);
  return { flags, maxFds, ancBufSize: checkControlSize('options.ancBufSize', options.ancBufSize ?? 0) };
}

/** Adds what the caller asked for: the control messages, and the size of the whole datagram. */
function withMore<T extends object>(result: T, ancBufSize: number, flags: number, size: number): T {
  if (ancBufSize === 0) return withSize(result, flags, size);
  const { control } = message;
  return withSize({ ...result, ancData: control === null ? [] : messagesOf(control) }, flags, size);
}

/** Closes descriptors that no caller gets, because the result cannot be made. */
function closeAll(fds: readonly number[], control: Uint8Array | null): void {
  for (const received of fds) closeDescriptor(received);
  for (const pidfd of pidfdsOf(control)) closeDescriptor(pidfd); // reads the records, which may be what has failed
}

/** What comes with bytes that were received ahead. */
function nothingElse(ancBufSize: number): Accompanying {
  return ancBufSize === 0 ? { fds: [], flags: 0 } : { fds: [], flags: 0, ancData: [] };
}

/** Distributes bytes over buffers. Returns their number. */
function scatter(data: Buffer, buffers: readonly Uint8Array[]): number {
  let at = 0;
  for (const buffer of buffers) {
    const part = data.subarray(at, at + buffer.length);
    buffer.set(part);
    at += part.length;
  }
  return at;
}

/** Checks an array of buffers. Returns the number of their bytes. */
function checkBuffers(buffers: readonly Uint8Array[]): number {
  if (!Array.isArray(buffers)) throw wrongType('buffers', 'an array of Buffers', buffers);
  let length = 0;
  buffers.forEach((buffer: Uint8Array, i) => (length += checkBytes(`buffers[${i}]`, buffer).length));
  return length;
}

/** `Socket.sendToEx`. */
export function sendToEx(socket: MessageSide, data: Uint8Array, address: SocketAddress, flags: number): number {
  const fd = socket.fileno();
  if (fd < 0) return EBADF;
  return native.sendTo(fd, data, 0, data.length, flags, toNativeAddress(address, socket.family));
}

/** `Socket.recvFromEx`. */
export function recvFromEx(socket: MessageSide, n: number, flags: number): ReceivedFrom<SocketAddress> | number {
  const fd = socket.fileno();
  if (fd < 0) return EBADF;
  if (socket._ahead !== null) return { data: recv(socket, n, flags), address: null };
  const buffer = bufferFor(socket, n, flags);
  const got = native.recvFrom(fd, buffer, 0, Math.min(n, buffer.length), flags, sender);
  return got < 0 ? got : { data: takeReceived(buffer, got), address: fromNativeAddress(sender, socket.family) };
}

/** `Socket.recvFromIntoEx`. */
export function recvFromIntoEx(socket: MessageSide, buffer: Uint8Array): ReceivedFromInto<SocketAddress> | number {
  const fd = socket.fileno();
  if (fd < 0) return EBADF;
  if (socket._ahead !== null) return { nbytes: recvInto(socket, buffer, 0), address: null };
  const nbytes = native.recvFrom(fd, buffer, 0, buffer.length, 0, sender);
  return nbytes < 0 ? nbytes : { nbytes, address: fromNativeAddress(sender, socket.family) };
}

/** `Socket.recvWholeEx`. */
export function recvWholeEx(socket: MessageSide): ReceivedFrom<SocketAddress> | number {
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
const noMessages: readonly ControlMessage[] = [];
const nothing = new Uint8Array(0);

function checkDescriptors(fds: readonly number[]): void {
  if (!Array.isArray(fds)) throw wrongType('options.fds', 'an array of descriptors', fds);
  if (fds.length > mostDescriptors) {
    throw outOfRange('options.fds', `at most ${mostDescriptors} descriptors`, fds.length);
  }
  fds.forEach((fd: number, i) => checkInt(`options.fds[${i}]`, fd));
}
