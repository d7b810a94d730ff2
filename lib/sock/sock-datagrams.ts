/** Receives and sends datagrams. */

import { OSError } from '../errors/index.js';
import { checkBytes, checkInt, checkStillThere } from '../sockets/arguments.js';
import { errorTarget } from '../sockets/address.js';
import { EAGAIN } from '../sockets/errno.js';
import {
  AF_UNIX,
  type ReceivedFrom,
  type ReceivedFromInto,
  type Socket,
  type SocketAddress,
} from '../sockets/index.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { turnIsOver } from './fairness.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { RetryPause } from './retry-pause.js';
import { currentLoop } from '../tasks/current-loop.js';

function* recvFromSteps(socket: Socket, n: number): Steps<ReceivedFrom> {
  if (turnIsOver(currentLoop())) yield;
  for (;;) {
    const received = socket.recvFromEx(n);
    if (typeof received !== 'number') return received;
    if (received !== EAGAIN) throw new OSError(received, 'recvfrom');
    yield* socketReady(socket, 'reader', 'recvfrom');
  }
}

/** Receives one datagram and the address of its sender. A longer datagram is cut to `n` bytes. Cancelling it loses no datagram. */
export function sockRecvFrom(socket: Socket, n: number, options?: Abortable): Coroutine<ReceivedFrom> {
  checkNonBlocking(socket, 'sockRecvFrom');
  return operation('sockRecvFrom', recvFromSteps(socket, checkInt('n', n, 1)), options);
}

function* recvFromIntoSteps(socket: Socket, buffer: Uint8Array, length: number): Steps<ReceivedFromInto> {
  if (turnIsOver(currentLoop())) yield;
  for (;;) {
    checkStillThere('buffer', buffer, length); // otherwise the datagram would be lost
    const received = socket.recvFromIntoEx(buffer);
    if (typeof received !== 'number') return received;
    if (received !== EAGAIN) throw new OSError(received, 'recvfrom');
    yield* socketReady(socket, 'reader', 'recvfrom');
  }
}

/**
 * Receives one datagram into `buffer`, which the caller owns. Returns the number of bytes and the address of the sender. A longer
 * datagram is cut to the size of the buffer. Cancelling it loses no datagram. TypeError if `buffer` is detached (transferred) meanwhile;
 * no datagram is lost.
 */
export function sockRecvFromInto(socket: Socket, buffer: Uint8Array, options?: Abortable): Coroutine<ReceivedFromInto> {
  checkNonBlocking(socket, 'sockRecvFromInto');
  checkBytes('buffer', buffer);
  return operation('sockRecvFromInto', recvFromIntoSteps(socket, buffer, buffer.length), options);
}

function* sendToSteps(socket: Socket, data: Uint8Array, length: number, address: SocketAddress): Steps<number> {
  if (turnIsOver(currentLoop())) yield;
  let pause: RetryPause | null = null;
  for (;;) {
    checkStillThere('data', data, length); // otherwise an empty datagram would be sent instead
    const sent = socket.sendToEx(data, address);
    if (sent >= 0) return sent;
    if (sent !== EAGAIN) throw new OSError(sent, 'sendto', errorTarget(address));
    if (pause !== null) yield* pause.wait();
    else yield* socketReady(socket, 'writer', 'sendto');
    if (socket.family === AF_UNIX) pause ??= new RetryPause(); // reported as writable although the receiver's queue is full
  }
}

/**
 * Sends one datagram and returns the number of bytes sent. If it is cancelled, the datagram is not sent. TypeError if `data` is detached
 * (transferred) meanwhile; nothing is sent then.
 */
export function sockSendTo(
  socket: Socket,
  data: Uint8Array,
  address: SocketAddress,
  options?: Abortable,
): Coroutine<number> {
  checkNonBlocking(socket, 'sockSendTo');
  checkBytes('data', data);
  return operation('sockSendTo', sendToSteps(socket, data, data.length, address), options);
}
