/**
 * The stream that carries the ciphertext of a TLS connection.
 *
 * Over a socket it is a `net.Socket` on the same descriptor. Over TLS it is the TLSSocket (TLS in TLS). Over everything else (pipes,
 * memory pairs, transports of the program) it is a new Duplex.
 */

import type { Duplex } from 'node:stream';

import { TransportDuplex } from '../bridge/transport-duplex.js';
import { toNodeSocket, unsentBytes } from '../bridge/node-socket.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Address, Socket } from '../sockets/index.js';
import { Transport } from '../transports/contract.js';
import { type Successor, handOver } from '../transports/hand-over.js';
import type { TransportKeeper } from '../transports/open-transports.js';
import { socketFacts } from '../transports/socket-transport.js';

/** The object that held the connection before: a server, or the transport that handed it over. It is kept informed. */
interface Holder {
  /** Sets the object that now moves the bytes. */
  follow(successor: Successor): void;
  /** The connection has ended. */
  gone(): void;
}

interface Carrier {
  readonly stream: Duplex;
  /** The descriptor; -1 if it belongs to a transport below. */
  readonly fd: number;
  /** Returns a fact about the connection; null or undefined if it is unknown. */
  info(name: string): unknown;
  /** Returns the number of bytes that the kernel has not accepted yet. */
  unsent(): number;
}

/** Carries the ciphertext of one connection. */
export class TlsGround {
  private established = false;

  constructor(
    readonly carrier: Carrier,
    private readonly holder: Holder,
  ) {
    // Until TLS is established, closing the connection means closing this stream, and its end is the end of the connection.
    const { stream } = carrier;
    const destroy = (): void => void stream.destroy();
    holder.follow({ isClosing: () => stream.destroyed, close: destroy, abort: destroy });
    stream.once('close', () => {
      if (!this.established) holder.gone();
    });
  }

  /** TLS is established: the holder now follows the TLS transport. */
  follow(transport: Transport): void {
    this.established = true;
    this.holder.follow(transport);
  }

  /** The connection has ended, and the protocol has been notified. */
  gone(): void {
    this.holder.gone();
  }
}

/** The origin of a connection that a server has accepted. */
interface Origin {
  peername?: Address;
  keeper?: TransportKeeper;
}

/** Makes the ground from a connected socket. The caller keeps the socket if this throws. */
export function groundOfSocket(loop: LoopCore, socket: Socket, { peername, keeper }: Origin = {}): TlsGround {
  const facts = socketFacts(socket, peername);
  const key = {};
  return new TlsGround(
    carrierOf(loop, socket, (name) => facts[name as keyof typeof facts]),
    { follow: (successor) => keeper?.opened(key, successor), gone: () => keeper?.gone(key) },
  );
}

/** Makes the ground from an open transport, which hands its connection over. @param early ciphertext that was already received */
export function groundOfTransport(
  loop: LoopCore,
  method: string,
  transport: Transport,
  early: Buffer | null,
): TlsGround {
  const received = early === null || early.length === 0 ? [] : [early];
  const info = (name: string): unknown => transport.getExtraInfo(name);
  const given = handOver(method, transport);
  if (given === null) return groundByHand(loop, method, transport, received);
  const { ground } = given;
  let carrier: Carrier;
  try {
    carrier =
      ground instanceof Socket
        ? carrierOf(loop, ground, info)
        : { stream: ground, fd: -1, info, unsent: () => ground.writableLength };
  } catch (error) {
    if (ground instanceof Socket) ground.close();
    given.ended(error);
    throw error;
  }
  for (const chunk of [...received, ...given.received].reverse()) carrier.stream.unshift(chunk);
  for (const chunk of given.unsent) carrier.stream.write(chunk);
  return new TlsGround(carrier, { follow: (successor) => given.follow(successor), gone: () => given.ended(null) });
}

function carrierOf(loop: LoopCore, socket: Socket, info: (name: string) => unknown): Carrier {
  const fd = socket.fileno();
  const stream = toNodeSocket(loop, socket, { allowHalfOpen: true });
  stream.setNoDelay(true);
  return { stream, fd, info, unsent: () => unsentBytes(stream) };
}

function groundByHand(loop: LoopCore, method: string, transport: Transport, received: readonly Buffer[]): TlsGround {
  const stream = new TransportDuplex(loop, method, { allowHalfOpen: true });
  for (const chunk of received) stream.push(chunk);
  stream.takeOver(transport);
  const carrier = {
    stream,
    fd: -1,
    info: (name: string): unknown => transport.getExtraInfo(name),
    unsent: () => stream.writableLength,
  };
  const follow = (successor: Successor): void => {
    if (successor instanceof Transport) stream._above = successor;
  };
  return new TlsGround(carrier, { follow, gone: () => undefined });
}
