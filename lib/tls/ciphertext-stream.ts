/**
 * The stream that carries the ciphertext of a TLS connection.
 *
 * Over a socket it is a `net.Socket` on the same descriptor. Over TLS it is the TLSSocket (TLS in TLS). Over everything else (pipes,
 * memory pairs, transports of the program) it is a new Duplex.
 */

import type { Duplex } from 'node:stream';

import { streamOf } from '../bridge/duplex-of.js';
import { TransportDuplex } from '../bridge/transport-duplex.js';
import { toNodeSocket, unsentBytes } from '../bridge/node-socket.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Address, Socket } from '../sockets/index.js';
import { Transport } from '../transports/contract.js';
import type { HandOver, Successor } from '../transports/hand-over.js';
import type { ConnectionTracker } from '../transports/open-transports.js';
import { socketFacts } from '../transports/socket-transport.js';

/** The object that had the connection before: a server, or the transport that handed it over. It is kept informed. */
type Predecessor = Pick<HandOver, 'follow' | 'closed'>;

/** Carries the ciphertext of one connection. */
export class CiphertextStream {
  /**
   * @param fd the descriptor; -1 if it belongs to a transport below
   * @param info returns a fact about the connection; null or undefined if it is unknown
   */
  constructor(
    readonly stream: Duplex,
    readonly fd: number,
    readonly info: (name: string) => unknown,
    private readonly predecessor: Predecessor,
  ) {
    // Until TLS is established, closing the connection means closing this stream.
    const destroy = (): void => void stream.destroy();
    predecessor.follow({ isClosing: () => stream.destroyed, close: destroy, abort: destroy });
    // Lasts as long as the stream: an error before the handshake has begun, or after TLS has ended, would be uncaught otherwise.
    stream.on('error', () => undefined);
  }

  /** TLS is established: the predecessor now follows the TLS transport. */
  follow(transport: Transport): void {
    this.predecessor.follow(transport);
  }

  /**
   * No TLS transport will follow: destroys the stream, whose end is now the end of the connection.
   *
   * The stream does not report its end by itself, because it may close before the protocol is notified: a server would then count the
   * connection as ended, and `waitClosed` would return, before `connectionLost`.
   */
  failed(): void {
    const { stream, predecessor } = this;
    stream.destroy();
    if (stream.closed) predecessor.closed(null);
    else stream.once('close', () => predecessor.closed(null));
  }

  /** The connection has ended, and the protocol has been notified. */
  closed(): void {
    this.predecessor.closed(null);
  }

  /** The number of bytes that the kernel, or the connection below, has not accepted yet. */
  get unsent(): number {
    return this.fd < 0 ? this.stream.writableLength : unsentBytes(this.stream);
  }
}

/** The origin of a connection that a server has accepted. */
interface Origin {
  peername?: Address;
  tracker?: ConnectionTracker;
}

/** Carries ciphertext over a connected socket. The caller keeps the socket if this throws. */
export function ciphertextOverSocket(
  loop: LoopCore,
  socket: Socket,
  { peername, tracker }: Origin = {},
): CiphertextStream {
  const facts = socketFacts(socket, peername);
  const key = {};
  const fd = socket.fileno();
  const stream = toNodeSocket(loop, socket, { allowHalfOpen: true }).setNoDelay(true);
  return new CiphertextStream(stream, fd, (name) => facts[name as keyof typeof facts], {
    follow: (successor) => tracker?.opened(key, successor),
    closed: () => tracker?.closed(key),
  });
}

/**
 * Carries ciphertext over an open transport.
 *
 * @param given the connection, if the transport has handed it over; null to write to the transport itself
 * @param early ciphertext that was already received
 */
export function ciphertextOverTransport(
  loop: LoopCore,
  transport: Transport,
  given: HandOver | null,
  early: Buffer | null,
): CiphertextStream {
  const info = (name: string): unknown => transport.getExtraInfo(name);
  if (given !== null) {
    const { underlying, follow, closed } = given;
    const fd = underlying instanceof Socket ? underlying.fileno() : -1;
    return new CiphertextStream(streamOf(loop, given, early, true), fd, info, { follow, closed });
  }
  const stream = new TransportDuplex(loop, 'startTls', { allowHalfOpen: true });
  if (early !== null && early.length > 0) stream.push(early);
  stream.takeOver(transport);
  const follow = (successor: Successor): void => {
    if (successor instanceof Transport) stream._above = successor;
  };
  return new CiphertextStream(stream, -1, info, { follow, closed: () => undefined });
}
