/**
 * Receiving and sending bytes on a socket. Each tries the call first, and waits only if it would block.
 *
 * One exception: after a receive that got less than it asked for there is nothing left, so the next one waits first. A server that
 * echoes message after message would otherwise make every second call for an EAGAIN.
 */

import { OSError } from '../errors/index.js';
import { checkBytes, checkInt, checkStillThere } from '../sockets/arguments.js';
import { EAGAIN, EBADF } from '../sockets/errno.js';
import type { Socket } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { turnIsOver } from './fairness.js';
import { checkNonBlocking } from './non-blocking.js';
import { sendInBatch } from './batched-send.js';
import { bytesReady, socketReady } from './readiness.js';
import { currentLoop } from '../tasks/current-loop.js';

function* recvSteps(socket: Socket, n: number): Steps<Buffer> {
  if (turnIsOver(currentLoop())) yield;
  if (socket._isDrained()) yield* bytesReady(socket);
  for (;;) {
    const received = socket.recvEx(n);
    if (typeof received !== 'number') return received;
    if (received !== EAGAIN) throw new OSError(received, 'recv');
    yield* bytesReady(socket);
  }
}

/**
 * Receives up to `n` bytes as soon as there are any. An empty buffer means that the peer has ended its side.
 *
 * Cancelling it loses no bytes. OSError such as ECONNRESET; EBADF if the socket is closed, also while waiting.
 */
export function sockRecv(socket: Socket, n: number): Coroutine<Buffer> {
  checkNonBlocking(socket, 'sockRecv');
  return new Coroutine(recvSteps(socket, checkInt('n', n, 1)), 'sockRecv');
}

function* recvIntoSteps(socket: Socket, buffer: Uint8Array, length: number): Steps<number> {
  if (turnIsOver(currentLoop())) yield;
  if (length === 0) return noneInto(socket);
  if (socket._isDrained()) yield* bytesReady(socket);
  for (;;) {
    checkStillThere('buffer', buffer, length); // or a receive into nothing would look like the end
    const received = socket.recvIntoEx(buffer, 0, length);
    if (received >= 0) return received;
    if (received !== EAGAIN) throw new OSError(received, 'recv');
    yield* bytesReady(socket);
  }
}

/** Nothing fits, so there is nothing to wait for: the kernel would wait for a byte before it says so. */
function noneInto(socket: Socket): number {
  if (socket.fileno() < 0) throw new OSError(EBADF, 'recv');
  return 0;
}

/**
 * Receives into `buffer`, which stays the caller's; returns how many bytes, 0 at the end, and at once if `buffer` is empty.
 *
 * Otherwise like {@link sockRecv}. TypeError if the memory of `buffer` is moved away meanwhile; no byte is lost.
 */
export function sockRecvInto(socket: Socket, buffer: Uint8Array): Coroutine<number> {
  checkNonBlocking(socket, 'sockRecvInto');
  checkBytes('buffer', buffer);
  return new Coroutine(recvIntoSteps(socket, buffer, buffer.length), 'sockRecvInto');
}

function* sendAllSteps(socket: Socket, data: Uint8Array, length: number): Steps<void> {
  const loop = currentLoop();
  if (turnIsOver(loop)) yield;
  checkStillThere('data', data, length);
  let sent = yield* sendInBatch(loop, socket, data);
  while (sent < length || length === 0) {
    checkStillThere('data', data, length); // or what is left would be nothing, and all of it sent
    const count = socket.sendEx(data, sent, length - sent);
    if (count >= 0) sent += count;
    else if (count === EAGAIN) yield* socketReady(socket, 'writer', 'send');
    else throw new OSError(count, 'send');
    if (length === 0) return;
  }
}

/**
 * Sends all of `data`, however many calls it takes. The buffer is read until the operation ends: do not change it before.
 *
 * The kernel has all of it when the operation returns. While several sockets are ready together, small sends leave together, when
 * everything that was ready has run.
 *
 * When it is cancelled or fails, an unknown part of the data has been sent. TypeError if its memory is moved away meanwhile.
 */
export function sockSendAll(socket: Socket, data: Uint8Array): Coroutine<void> {
  checkNonBlocking(socket, 'sockSendAll');
  checkBytes('data', data);
  return new Coroutine(sendAllSteps(socket, data, data.length), 'sockSendAll');
}
