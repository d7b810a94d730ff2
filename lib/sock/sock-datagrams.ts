/** Receiving and sending datagrams. */

import { OSError } from '../errors/index.js';
import { checkBytes, checkInt, checkStillThere } from '../sockets/arguments.js';
import { errorTarget } from '../sockets/address.js';
import { EAGAIN } from '../sockets/errno.js';
import { AF_UNIX, type Address, type ReceivedFrom, type Socket } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
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

/** Receives one datagram, of which at most `n` bytes are kept, with the address of its sender. */
export function sockRecvFrom(socket: Socket, n: number): Coroutine<ReceivedFrom> {
  checkNonBlocking(socket, 'sockRecvFrom');
  return new Coroutine(recvFromSteps(socket, checkInt('n', n, 1)), 'sockRecvFrom');
}

function* sendToSteps(socket: Socket, data: Uint8Array, length: number, address: Address): Steps<number> {
  if (turnIsOver(currentLoop())) yield;
  let pause: RetryPause | null = null;
  for (;;) {
    checkStillThere('data', data, length); // or an empty datagram would go in its place
    const sent = socket.sendToEx(data, address);
    if (sent >= 0) return sent;
    if (sent !== EAGAIN) throw new OSError(sent, 'sendto', errorTarget(address));
    if (pause !== null) yield* pause.wait();
    else yield* socketReady(socket, 'writer', 'sendto');
    if (socket.family === AF_UNIX) pause ??= new RetryPause(); // writable, and full all the same: it is the receiver that is full
  }
}

/**
 * Sends one datagram; returns how many bytes of it. Cancelled before it was sent, it is not sent at all; nor if the memory of `data`
 * is moved away meanwhile, which is a TypeError.
 */
export function sockSendTo(socket: Socket, data: Uint8Array, address: Address): Coroutine<number> {
  checkNonBlocking(socket, 'sockSendTo');
  checkBytes('data', data);
  return new Coroutine(sendToSteps(socket, data, data.length, address), 'sockSendTo');
}
