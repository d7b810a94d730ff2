/**
 * Receives and sends bytes on a socket. Each operation tries its system call first, and waits only if that would block. The exceptions:
 *
 * - A receive that got less than it asked for has emptied the socket, so the next receive waits first. Otherwise every second receive of
 *   an echo server would only get EAGAIN.
 * - After many operations without a wait, a task yields to the loop first (fairness.ts).
 * - While several sockets are ready, small sends go to the loop's batch (batched-send.ts), and so do receives (`Socket._keepAhead`).
 */

import { OSError } from '../errors/index.js';
import { checkBytes, checkInt, checkStillThere } from '../sockets/arguments.js';
import { EAGAIN, EBADF } from '../sockets/errno.js';
import type { Socket } from '../sockets/index.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
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
 * Receives up to `n` bytes as soon as any have arrived. An empty buffer means that the peer has ended its side.
 *
 * Cancelling it loses no bytes.
 *
 * @throws OSError such as ECONNRESET; EBADF if the socket is or becomes closed
 *
 * @example
 * import { run, sockRecv, socketpair } from 'selectloop';
 *
 * await run(async () => {
 *   const [a, b] = socketpair();
 *   b.setBlocking(false);
 *   setTimeout(() => a.send(Buffer.from('hello')), 10);
 *   console.log(String(await sockRecv(b, 100))); // hello
 *   a.close();
 *   b.close();
 * });
 */
export function sockRecv(socket: Socket, n: number, options?: Abortable): Coroutine<Buffer> {
  checkNonBlocking(socket, 'sockRecv');
  return operation('sockRecv', recvSteps(socket, checkInt('n', n, 1)), options);
}

function* recvIntoSteps(socket: Socket, buffer: Uint8Array, length: number): Steps<number> {
  if (turnIsOver(currentLoop())) yield;
  if (length === 0) return noneInto(socket);
  if (socket._isDrained()) yield* bytesReady(socket);
  for (;;) {
    checkStillThere('buffer', buffer, length); // otherwise a receive into a detached buffer would look like EOF
    const received = socket.recvIntoEx(buffer, 0, length);
    if (received >= 0) return received;
    if (received !== EAGAIN) throw new OSError(received, 'recv');
    yield* bytesReady(socket);
  }
}

/** Receives into an empty buffer without waiting, whereas the kernel would wait for a byte first. */
function noneInto(socket: Socket): number {
  if (socket.fileno() < 0) throw new OSError(EBADF, 'recv');
  return 0;
}

/**
 * Receives into `buffer`, which the caller owns. Returns the number of bytes, which is 0 at EOF; an empty `buffer` returns 0 immediately.
 *
 * Otherwise like {@link sockRecv}. TypeError if `buffer` is detached (transferred) during the wait; no bytes are lost.
 */
export function sockRecvInto(socket: Socket, buffer: Uint8Array, options?: Abortable): Coroutine<number> {
  checkNonBlocking(socket, 'sockRecvInto');
  checkBytes('buffer', buffer);
  return operation('sockRecvInto', recvIntoSteps(socket, buffer, buffer.length), options);
}

function* sendAllSteps(socket: Socket, data: Uint8Array, length: number): Steps<void> {
  const loop = currentLoop();
  if (turnIsOver(loop)) yield;
  checkStillThere('data', data, length);
  let sent = yield* sendInBatch(loop, socket, data);
  while (sent < length || length === 0) {
    checkStillThere('data', data, length); // otherwise the rest of a detached buffer would count as sent
    const count = socket.sendEx(data, sent, length - sent);
    if (count >= 0) sent += count;
    else if (count === EAGAIN) yield* socketReady(socket, 'writer', 'send');
    else throw new OSError(count, 'send');
    if (length === 0) return;
  }
}

/**
 * Sends all of `data`, in as many system calls as needed. Do not change the buffer until the operation ends.
 *
 * When it returns, the kernel has accepted all bytes. While several sockets are ready, small sends are batched and leave before the
 * loop sleeps.
 *
 * If it fails or is cancelled, an unknown part of the data has been sent. TypeError if `data` is detached (transferred) during the wait.
 *
 * @example
 * import { createTask, run, sockRecv, sockSendAll, socketpair } from 'selectloop';
 *
 * await run(async () => {
 *   const [a, b] = socketpair();
 *   for (const socket of [a, b]) socket.setBlocking(false);
 *   const sender = createTask(sockSendAll(a, Buffer.alloc(1_000_000)));
 *   let received = 0;
 *   while (received < 1_000_000) received += (await sockRecv(b, 65_536)).length;
 *   await sender;
 *   console.log(received); // 1000000
 *   a.close();
 *   b.close();
 * });
 */
export function sockSendAll(socket: Socket, data: Uint8Array, options?: Abortable): Coroutine<void> {
  checkNonBlocking(socket, 'sockSendAll');
  checkBytes('data', data);
  return operation('sockSendAll', sendAllSteps(socket, data, data.length), options);
}
