/**
 * Sending and receiving bytes: the methods of `Socket` for it, without their documentation.
 *
 * Each call comes twice. The public one does what Python's does: it waits as the socket's mode says and throws. The `Ex` one is
 * for the layers above, which try first and wait in the event loop: it never waits on a non-blocking socket and returns
 * `-errno`, because an exception for every EAGAIN would cost more than the system call.
 *
 * Where a receive goes depends on the one before it. Small messages are received into the slab (receive-buffer.ts), and may be
 * received ahead of their reader, together with those of other sockets; large ones go through the shared buffer.
 */

import { OSError, checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkBytes, checkInt } from './arguments.js';
import { MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SOCK_STREAM } from './constants.js';
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
import { READABLE, type TimedSocket, WRITABLE, deadlineOf, descriptorFor, retry } from './waiting.js';

/** What receiving needs of a socket, and remembers in it. */
export interface Receiving extends TimedSocket {
  readonly type: number;
  /** The last receive was a large one, so the next will probably be. */
  _bulk: boolean;
  /** The last receive of a stream took all there was: another one now would most likely find nothing. */
  _drained: boolean;
  /**
   * The outcome of a receive that was made together with those of other sockets, before its reader asked for it: bytes, or -errno.
   * All receives return it first, so it makes no difference which comes next; the selector does not report it.
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
  const fd = descriptorFor(socket, 'send');
  const end = deadlineOf(socket);
  let sent = 0;
  // At least once: an empty datagram is a message too.
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
  if (socket._ahead !== null) return received(takeAhead(socket, n, flags));
  const buffer = bufferFor(socket, n, flags);
  const room = Math.min(n, buffer.length);
  const got = retry(socket, READABLE, 'recv', () => native.recv(fd, buffer, 0, room, flags));
  // With MSG_TRUNC the kernel returns the size of the whole datagram, also of what did not fit.
  return takeReceived(buffer, Math.min(checked(got, 'recv'), room));
}

/** `Socket.recvInto`. */
export function recvInto(socket: Receiving, buffer: Uint8Array, flags: number): number {
  checkBytes('buffer', buffer);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'recv');
  if (buffer.length === 0) return 0;
  if (socket._ahead !== null) return copied(received(takeAhead(socket, buffer.length, flags)), buffer, 0);
  const got = retry(socket, READABLE, 'recv', () => native.recv(fd, buffer, 0, buffer.length, flags));
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
  socket._bulk = got === room && room < n; // there is probably more, unless it was the caller who wanted no more
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

/** What was received ahead: at most `n` bytes of it, or -errno. */
function takeAhead(socket: Receiving, n: number, flags: number): Buffer | number {
  const ahead = socket._ahead!;
  if (typeof ahead === 'number' || n >= ahead.length) {
    if ((flags & MSG_PEEK) === 0) socket._ahead = null;
    return ahead;
  }
  if ((flags & MSG_PEEK) === 0) socket._ahead = ahead.subarray(n);
  return ahead.subarray(0, n);
}

/** A buffer for one receive of at most `n` bytes. */
export function bufferFor(socket: { readonly type: number }, n: number, flags: number): Buffer {
  const buffer = mustBeWhole(socket, flags) ? wholeBuffer(n) : receiveBuffer();
  // TCP throws away what it counts with MSG_TRUNC and writes nothing: what is in the shared buffer, to be handed out for it, came
  // from another connection. Before the receive, since a UNIX stream ignores the flag and does write.
  if ((flags & MSG_TRUNC) !== 0 && socket.type === SOCK_STREAM) buffer.fill(0, 0, Math.min(n, buffer.length));
  return buffer;
}

/** True if a receive must have room for everything at once: what a datagram has no room for is lost. */
function mustBeWhole({ type }: { readonly type: number }, flags: number): boolean {
  return type !== SOCK_STREAM || (flags & MSG_WAITALL) !== 0;
}

function received(outcome: Buffer | number): Buffer {
  if (typeof outcome !== 'number') return outcome;
  throw new OSError(outcome, 'recv');
}

/** Puts what was received ahead where the caller wants it; how many bytes, or -errno. */
function copied(outcome: Buffer | number, target: Uint8Array, offset: number): number {
  if (typeof outcome === 'number') return outcome;
  target.set(outcome, offset);
  return outcome.length;
}
