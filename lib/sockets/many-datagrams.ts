/** Many datagrams in one system call: the implementation of methods of `Socket`, which has their documentation. */

import { OSError, checked, outOfRange, wrongType } from '../errors/index.js';
import { errorTarget } from './address.js';
import { checkInt } from './arguments.js';
import { SOCK_SEQPACKET, SOCK_STREAM } from './constants.js';
import { DatagramBatch } from './datagram-batch.js';
import { WRITABLE, type TimedSocket, descriptorFor, retry, retryReceive } from './waiting.js';

/** The part of a socket that these calls use. */
interface DatagramSide extends TimedSocket {
  readonly family: number;
  readonly type: number;
}

/**
 * Checks a batch for a socket. Streams are refused: a batch has no place for their end, and a send may be partial.
 *
 * @throws TypeError for anything but a DatagramBatch; RangeError for a batch of another family, or a socket that has no datagrams
 * @internal
 */
export function checkBatch(method: string, socket: DatagramSide, batch: DatagramBatch): void {
  if (!(batch instanceof DatagramBatch)) throw wrongType(`${method}: batch`, 'a DatagramBatch', batch);
  const { family, type } = socket;
  if (batch.family !== family)
    throw outOfRange(`${method}: batch`, `a batch of the socket's family, ${family}`, batch.family);
  if (type === SOCK_STREAM || type === SOCK_SEQPACKET)
    throw outOfRange(`${method}: socket`, 'a socket of type SOCK_DGRAM', type);
}

/** Checks the index of the first datagram to send. @internal */
export function checkFirst(method: string, batch: DatagramBatch, first: number): number {
  const name = `${method}: first`;
  if (checkInt(name, first) > batch.length)
    throw outOfRange(name, `at most ${batch.length}, the length of the batch`, first);
  return first;
}

/** Returns the target of an error: the receiver of the datagram that was refused. @internal */
export function refusedTarget(batch: DatagramBatch, index: number): ReturnType<typeof errorTarget> {
  const address = index < batch.length ? batch.address(index) : null;
  return address === null ? {} : errorTarget(address);
}

/** `Socket.recvMany`. */
export function recvMany(socket: DatagramSide, batch: DatagramBatch, flags: number): number {
  checkBatch('recvMany', socket, batch);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'recvmmsg');
  const attempt = (): number => batch._receive(fd, batch.capacity, flags);
  return checked(retryReceive(socket, flags, 'recvmmsg', attempt), 'recvmmsg');
}

/** `Socket.sendMany`. */
export function sendMany(socket: DatagramSide, batch: DatagramBatch, first: number, flags: number): number {
  checkBatch('sendMany', socket, batch);
  checkFirst('sendMany', batch, first);
  checkInt('flags', flags);
  const fd = descriptorFor(socket, 'sendmmsg');
  const sent = retry(socket, WRITABLE, 'sendmmsg', () => batch._send(fd, first, flags));
  if (sent < 0) throw new OSError(sent, 'sendmmsg', refusedTarget(batch, first));
  return sent;
}
