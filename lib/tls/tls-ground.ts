/**
 * What carries the ciphertext.
 *
 * A socket is given to Node and becomes a `net.Socket`; a TLS connection carries another one as it is (TLS in TLS); everything else
 * (pipes, memory, transports of the program) is made a Duplex.
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

/** Whoever holds the connection, and is informed of what becomes of it. */
interface Holder {
  /** This moves the bytes from now on. */
  follow(successor: Successor): void;
  /** The connection has ended. */
  gone(): void;
}

interface Carrier {
  readonly stream: Duplex;
  /** The descriptor; -1 if it belongs to a transport below. */
  readonly fd: number;
  /** A fact about the connection; null or undefined if it is not known. */
  info(name: string): unknown;
  /** How many bytes the kernel has not taken yet. */
  unsent(): number;
}

/** Carries the ciphertext of one connection. */
export class TlsGround {
  private established = false;

  constructor(
    readonly carrier: Carrier,
    private readonly holder: Holder,
  ) {
    // Before TLS is established the stream itself is what can be closed, and its end is the end of the connection.
    const { stream } = carrier;
    const destroy = (): void => void stream.destroy();
    holder.follow({ isClosing: () => stream.destroyed, close: destroy, abort: destroy });
    stream.once('close', () => {
      if (!this.established) holder.gone();
    });
  }

  /** TLS is established: whoever holds the connection holds the transport from now on. */
  follow(transport: Transport): void {
    this.established = true;
    this.holder.follow(transport);
  }

  /** The connection has ended, and the protocol has been notified. */
  gone(): void {
    this.holder.gone();
  }
}

/** Where a connection comes from that a server has accepted. */
interface Origin {
  peername?: Address;
  keeper?: TransportKeeper;
}

/** A connected socket. It is still the caller's if this throws. */
export function groundOfSocket(loop: LoopCore, socket: Socket, { peername, keeper }: Origin = {}): TlsGround {
  const facts = socketFacts(socket, peername);
  const key = {};
  return new TlsGround(
    carrierOf(loop, socket, (name) => facts[name as keyof typeof facts]),
    { follow: (successor) => keeper?.opened(key, successor), gone: () => keeper?.gone(key) },
  );
}

/** An open transport, which hands its connection over. @param early ciphertext that was received already */
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
