/** Receives and sends many datagrams in one system call. */

import { OSError, checkNames, optionNames } from '../errors/index.js';
import { EAGAIN, EBADF } from '../sockets/errno.js';
import { AF_UNIX, type DatagramBatch, type Socket } from '../sockets/index.js';
import { checkBatch, checkFirst, refusedTarget } from '../sockets/many-datagrams.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { turnIsOver } from './fairness.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { RetryPause } from './retry-pause.js';

/** The options of `sockSendMany`. */
export interface SendManyOptions extends Abortable {
  /** The index of the first datagram to send. Default: 0. */
  first?: number;
}

const OPTIONS = optionNames<SendManyOptions>({ first: true, signal: true });

function* recvManySteps(socket: Socket, batch: DatagramBatch): Steps<number> {
  if (turnIsOver(currentLoop())) yield;
  for (;;) {
    const fd = socket.fileno();
    const received = fd < 0 ? EBADF : batch._receive(fd, batch.capacity, 0);
    if (received >= 0) return received;
    if (received !== EAGAIN) throw new OSError(received, 'recvmmsg');
    yield* socketReady(socket, 'reader', 'recvmmsg');
  }
}

/**
 * Receives the datagrams that are ready into `batch`, which the caller owns, and waits for the first only. Returns their number, at least
 * 1. Longer datagrams are truncated to `batch.size`. Cancelling it loses no datagram.
 *
 * @throws as `Socket.recvMany`
 */
export function sockRecvMany(socket: Socket, batch: DatagramBatch, options?: Abortable): Coroutine<number> {
  checkNonBlocking(socket, 'sockRecvMany');
  checkBatch('sockRecvMany', socket, batch);
  return operation('sockRecvMany', recvManySteps(socket, batch), options);
}

function* sendManySteps(socket: Socket, batch: DatagramBatch, first: number): Steps<void> {
  let pause: RetryPause | null = null;
  batch._sent = first;
  do {
    if (turnIsOver(currentLoop())) yield;
    const fd = socket.fileno();
    const sent = fd < 0 ? EBADF : batch._send(fd, batch.sent, 0);
    if (sent >= 0) {
      pause = null; // the receiver reads: the next full queue is a new wait
      continue;
    }
    if (sent !== EAGAIN) throw new OSError(sent, 'sendmmsg', refusedTarget(batch, batch.sent));
    if (pause !== null) yield* pause.wait();
    else yield* socketReady(socket, 'writer', 'sendmmsg');
    if (socket.family === AF_UNIX) pause ??= new RetryPause(); // reported as writable although the receiver's queue is full
  } while (batch.sent < batch.length);
}

/**
 * Sends all datagrams of `batch` in order, and waits while the kernel has no room. Do not change the batch meanwhile. If it fails or is
 * cancelled, `batch.sent` of them have been sent; `{ first }` continues from any of them.
 *
 * @throws as `Socket.sendMany`; the error of the first datagram that the kernel refuses
 */
export function sockSendMany(socket: Socket, batch: DatagramBatch, options: SendManyOptions = {}): Coroutine<void> {
  checkNonBlocking(socket, 'sockSendMany');
  checkBatch('sockSendMany', socket, batch);
  const { first = 0, ...rest } = checkNames('sockSendMany: options', options, OPTIONS);
  return operation('sockSendMany', sendManySteps(socket, batch, checkFirst('sockSendMany', batch, first)), rest);
}
