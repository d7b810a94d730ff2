/** The precondition of every socket operation: the socket must not block the thread. */

import { InvalidStateError, wrongType } from '../errors/index.js';
import { Socket } from '../sockets/index.js';

/**
 * Throws unless `socket` is a non-blocking Socket: a single call on a blocking one would stop every task of the loop. A closed socket
 * passes, because the operation itself reports EBADF.
 */
export function checkNonBlocking(socket: Socket, operation: string): void {
  if (!(socket instanceof Socket)) throw wrongType(`${operation}: socket`, 'a Socket', socket);
  if (socket.getBlocking() && socket.fileno() >= 0) {
    throw new InvalidStateError(`${operation}: the socket must be non-blocking (call socket.setBlocking(false))`);
  }
}
