/**
 * Turns connected sockets of this library into `net.Socket`s.
 *
 * Where Node's interface is promised, Node gets the descriptor, so events, their order, timeouts and error codes are Node's own. From
 * then on libuv reads, writes and closes the descriptor.
 *
 * The `Socket` lends its descriptor instead of detaching it, because transports promise `getExtraInfo('socket')`. The loan ends right
 * before libuv closes the descriptor, because the next `accept` may reuse its number. libuv closes no descriptor below 3, so that the
 * standard streams are never free; such a connection would stay open, and is therefore closed here.
 */

import net from 'node:net';
import type { Duplex } from 'node:stream';

import type { LoopCore } from '../loop/loop-core.js';
import { closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';
import { closeDescriptor } from '../sockets/descriptor-close.js';
import type { Socket } from '../sockets/index.js';

/** The first descriptor that libuv closes; it keeps the standard streams open. */
const LIBUV_CLOSES_FROM = 3;

/** Called when libuv has closed its handle of a descriptor. */
function closeUnlessLibuvDoes(fd: number): void {
  if (fd >= 0 && fd < LIBUV_CLOSES_FROM) closeDescriptor(fd);
}

/** A `net.Socket` on the descriptor of a `Socket`. */
class BorrowingSocket extends net.Socket {
  readonly #lender: Socket;

  constructor(lender: Socket, options: net.SocketConstructorOpts) {
    super({ ...options, fd: lender.fileno(), readable: true, writable: true });
    this.#lender = lender;
    lender._lend(() => this.destroy());
    if (!this.destroyed) return;
    const fd = lender.fileno(); // libuv has refused to read, and super() has closed the descriptor
    lender._endLoan();
    closeUnlessLibuvDoes(fd);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!(#lender in this)) {
      super._destroy(error, callback); // while super() runs
      return;
    }
    const fd = this.#lender.fileno();
    this.#lender._endLoan();
    super._destroy(error, (failure) => {
      closeUnlessLibuvDoes(fd);
      callback(failure);
    });
  }
}

/** Options of a `net.Socket` on a descriptor. */
export interface NodeSocketOptions extends net.SocketConstructorOpts {
  /** true: reads nothing until the stream is read. Node does not document this option; it uses it for `process.stdin`. */
  manualStart?: boolean;
}

/**
 * Makes a `net.Socket` that takes over the descriptor of a connected socket. It is destroyed when the loop closes.
 *
 * @param socket the caller keeps it if this throws
 * @throws InvalidStateError if a transport owns the socket; Node's ERR_INVALID_FD_TYPE for a family that libuv does not support
 */
export function toNodeSocket(loop: LoopCore, socket: Socket, options: NodeSocketOptions): net.Socket {
  const fd = socket.fileno();
  loop._descriptors.checkUnclaimed(fd, socket);
  socket.setBlocking(false);
  const nodeSocket = new BorrowingSocket(socket, options);
  // Claims the descriptor, as a transport does: another reader would steal bytes from the stream.
  if (!nodeSocket.destroyed) loop._descriptors.claim(fd, { channel: socket, toString: () => `<net.Socket fd=${fd}>` });
  destroyWithLoop(loop, nodeSocket);
  return nodeSocket;
}

/** Returns the number of bytes written to a stream on a descriptor that the kernel has not accepted yet. */
export function unsentBytes(stream: Duplex): number {
  const { _handle: handle } = stream as unknown as { _handle: { writeQueueSize: number } | null };
  return handle?.writeQueueSize ?? 0;
}

/** Destroys a stream, without an error, when the loop closes. */
export function destroyWithLoop(loop: LoopCore, stream: Duplex): void {
  const holder = { _loopCloses: () => void stream.destroy() };
  closeWithLoop(loop, holder);
  stream.once('close', () => notWithLoop(loop, holder));
}
