/**
 * Sending and receiving bytes: the implementation of methods of `Socket`, which has their documentation.
 *
 * Each call has two variants. The public one works as in Python: it waits according to the socket's mode, and throws. The `Ex` variant
 * is for the layers above, which try first and then wait in the event loop: it never waits on a non-blocking socket, and it returns
 * `-errno`, because an exception for every EAGAIN would cost more than the system call.
 *
 * The buffer of a receive depends on the size of the previous one. Small messages are received into the slab (receive-buffer.ts), and
 * may be received before their reader asks, together with those of other sockets. Large ones go through the shared buffer.
 */

import { OSError, checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkBytes, checkInt } from './arguments.js';
import { MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SOCK_STREAM } from './constants.js';
import { EBADF } from './errno.js';
import {
  SMALL_BYTES,
  receiveBuffer,
  slabPosition,
  slabWithRoom,
  takeFromSlab,
  takeReceived,
  wholeBuffer,
} from './receive-buffer.js';
import { type TimedSocket, WRITABLE, deadlineOf, descriptorFor, retry, retryReceive } from './waiting.js';

/** The part of a socket that receiving uses, including its state. */
export interface Receiving extends TimedSocket {
  readonly type: number;
  /** True if the last receive was large, so that the next one probably is. */
  _bulk: boolean;
  /** True if the last receive emptied the stream's receive buffer, so that another one now would most likely get EAGAIN. */
  _drained: boolean;
  /**
   * The result of a receive that was made before its reader asked, together with those of other sockets: bytes, or -errno. Every kind
   * of receive returns it first. The selector does not report it.
   */
  _ahead: Buffer | number | null;
}

/** `Socket.send`. */
export function send(socket: TimedSocket, data: Uint8Array, flags: number): number {
  checkBytes('data', data);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'send');
  const attempt = (): number => native.send(fd, data, 0, data.length, flags);
  return checked(retry(socket, WRITABLE, 'send', attempt), 'send');
}

/** `Socket.sendAll`. */
export function sendAll(socket: TimedSocket, data: Uint8Array, flags: number): void {
  checkBytes('data', data);
  checkInt('flags', flags);
  sendUntil(socket, data, flags, deadlineOf(socket));
}

/** Sends all bytes until a deadline. Throws OSError, TimeoutError. */
export function sendUntil(socket: TimedSocket, data: Uint8Array, flags: number, end: number): void {
  const fd = descriptorFor(socket, 'send');
  let sent = 0;
  // Send at least once, because an empty datagram is a message.
  do {
    const from = sent;
    const attempt = (): number => native.send(fd, data, from, data.length - from, flags);
    sent += checked(retry(socket, WRITABLE, 'send', attempt, end), 'send');
  } while (sent < data.length);
}

/** `Socket.recv`. */
export function recv(socket: Receiving, n: number, flags: number): Buffer {
  checkInt('n', n);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'recv');
  if (n === 0) return Buffer.alloc(0);
  if (hasAhead(socket, flags)) return received(takeAhead(socket, n, flags));
  const buffer = bufferFor(socket, n, flags);
  const room = Math.min(n, buffer.length);
  const got = retryReceive(socket, flags, 'recv', () => native.recv(fd, buffer, 0, room, flags));
  // With MSG_TRUNC the kernel returns the size of the whole datagram, including the part that did not fit.
  return takeReceived(buffer, Math.min(checked(got, 'recv'), room));
}

/** `Socket.recvInto`. */
export function recvInto(socket: Receiving, buffer: Uint8Array, flags: number): number {
  checkBytes('buffer', buffer);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'recv');
  if (buffer.length === 0) return 0;
  if (hasAhead(socket, flags)) return copied(received(takeAhead(socket, buffer.length, flags)), buffer, 0);
  const got = retryReceive(socket, flags, 'recv', () => native.recv(fd, buffer, 0, buffer.length, flags));
  return Math.min(checked(got, 'recv'), buffer.length); // see recv
}

/** `Socket.recvEx`. */
export function recvEx(socket: Receiving, n: number): Buffer | number {
  const fd = socket.fileno();
  if (fd < 0) return EBADF;
  if (socket._ahead !== null) return takeAhead(socket, n, 0);
  if (!expectsSmall(socket)) return recvBulk(socket, fd, n);
  const slab = slabWithRoom();
  const position = slabPosition();
  const room = Math.min(n, slab.length - position);
  const got = native.recv(fd, slab, position, room, 0);
  if (got < 0) return got;
  socket._bulk = got === room && room < n; // the slab limited it, so there is probably more
  socket._drained = got < room;
  return takeFromSlab(got);
}

function recvBulk(socket: Receiving, fd: number, n: number): Buffer | number {
  const buffer = mustBeWhole(socket, 0) ? wholeBuffer(n) : receiveBuffer();
  const room = Math.min(n, buffer.length);
  const got = native.recv(fd, buffer, 0, room, 0);
  socket._bulk = got > SMALL_BYTES;
  socket._drained = got < room && socket.type === SOCK_STREAM;
  return got < 0 ? got : takeReceived(buffer, got);
}

/** `Socket.recvIntoEx`. */
export function recvIntoEx(
  socket: Receiving,
  buffer: Uint8Array,
  offset: number,
  length: number,
  flags: number,
): number {
  const fd = socket.fileno();
  if (fd < 0) return EBADF;
  if (socket._ahead !== null) return copied(takeAhead(socket, length, flags), buffer, offset);
  const got = native.recv(fd, buffer, offset, length, flags);
  socket._bulk = got > SMALL_BYTES;
  socket._drained = got < length && socket.type === SOCK_STREAM;
  return got;
}

/** `Socket._expectsSmall`. */
export function expectsSmall(socket: Receiving): boolean {
  return !socket._bulk && socket._ahead === null && !mustBeWhole(socket, 0);
}

/** Returns true if a receive with these flags must return what was received ahead. */
export function hasAhead(socket: Receiving, flags: number): boolean {
  return socket._ahead !== null && (flags & MSG_ERRQUEUE) === 0;
}

/** Returns at most `n` bytes of what was received ahead, or -errno. */
function takeAhead(socket: Receiving, n: number, flags: number): Buffer | number {
  const ahead = socket._ahead!;
  if (typeof ahead === 'number' || n >= ahead.length) {
    if ((flags & MSG_PEEK) === 0) socket._ahead = null;
    return ahead;
  }
  if ((flags & MSG_PEEK) === 0) socket._ahead = ahead.subarray(n);
  return ahead.subarray(0, n);
}

/** Returns a buffer for one receive of at most `n` bytes. */
export function bufferFor(socket: { readonly type: number }, n: number, flags: number): Buffer {
  const buffer = mustBeWhole(socket, flags) ? wholeBuffer(n) : receiveBuffer();
  // With MSG_TRUNC, TCP discards the bytes and writes nothing, so without clearing, the caller would get bytes of another connection from
  // the shared buffer. Clear it before the receive, because a UNIX stream ignores the flag and does write.
  if ((flags & MSG_TRUNC) !== 0 && socket.type === SOCK_STREAM) buffer.fill(0, 0, Math.min(n, buffer.length));
  return buffer;
}

/** Returns true if a receive needs room for everything: a datagram is truncated otherwise, and MSG_WAITALL waits for all of it. */
function mustBeWhole({ type }: { readonly type: number }, flags: number): boolean {
  return type !== SOCK_STREAM || (flags & MSG_WAITALL) !== 0;
}

function received(outcome: Buffer | number): Buffer {
  if (typeof outcome !== 'number') return outcome;
  throw new OSError(outcome, 'recv');
}

/** Copies what was received ahead into the caller's buffer; returns the number of bytes, or -errno. */
function copied(outcome: Buffer | number, target: Uint8Array, offset: number): number {
  if (typeof outcome === 'number') return outcome;
  target.set(outcome, offset);
  return outcome.length;
}
