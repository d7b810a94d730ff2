/**
 * Our connected sockets as sockets of `node:net`.
 *
 * Where Node's interface is promised, Node gets the descriptor: events, their order, timeouts and error codes are then Node's own. From
 * that moment libuv reads, writes and closes the descriptor.
 *
 * The `Socket` lends its descriptor instead of detaching it, because transports promise `getExtraInfo('socket')`. The loan ends right
 * before libuv closes the number: the next `accept` may get it.
 */

import net from 'node:net';
import type { Duplex } from 'node:stream';

import type { LoopCore } from '../loop/loop-core.js';
import { closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';
import type { Socket } from '../sockets/index.js';

/** A `net.Socket` on the descriptor of one of our sockets. */
class BorrowingSocket extends net.Socket {
  readonly #lender: Socket;

  constructor(lender: Socket, options: net.SocketConstructorOpts) {
    super({ ...options, fd: lender.fileno(), readable: true, writable: true });
    this.#lender = lender;
    lender._lend(() => this.destroy());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#lender._endLoan();
    super._destroy(error, callback);
  }
}

/**
 * Makes a `net.Socket` of a connected socket, whose descriptor belongs to it from now on. The loop destroys it when it closes.
 *
 * @param socket still the caller's if this throws
 * @throws InvalidStateError if a transport has the socket; Node's ERR_INVALID_FD_TYPE for a family that libuv does not know
 */
export function toNodeSocket(loop: LoopCore, socket: Socket, options: net.SocketConstructorOpts): net.Socket {
  const fd = socket.fileno();
  loop._descriptors.checkUnclaimed(fd, socket);
  socket.setBlocking(false);
  const nodeSocket = new BorrowingSocket(socket, options);
  // Reading beside the stream would take bytes from it, so the descriptor is claimed as it is for a transport.
  loop._descriptors.claim(fd, { channel: socket, toString: () => `<net.Socket fd=${fd}>` });
  destroyWithLoop(loop, nodeSocket);
  return nodeSocket;
}

/** How many of the bytes written to a socket the kernel has not taken yet. */
export function unsentBytes(socket: net.Socket): number {
  const { _handle: handle } = socket as unknown as { _handle: { writeQueueSize: number } | null };
  return handle?.writeQueueSize ?? 0;
}

/** Has a stream destroyed, without an error, when the loop closes. */
export function destroyWithLoop(loop: LoopCore, stream: Duplex): void {
  const holder = { _loopCloses: () => void stream.destroy() };
  closeWithLoop(loop, holder);
  stream.once('close', () => notWithLoop(loop, holder));
}
