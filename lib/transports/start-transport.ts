/** Makes a transport and its protocol for a connected socket. */

import type { Socket } from '../sockets/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Future, type Steps } from '../tasks/index.js';
import type { StreamProtocol, Transport } from './contract.js';
import type { ConnectionSide } from './diagnostics.js';
import { SocketTransport } from './socket-transport.js';
import type { StartOptions } from './connection.js';
import { checkProtocol } from './stream-transport.js';

/** Makes a protocol for one connection. */
export type ProtocolFactory<P extends StreamProtocol = StreamProtocol> = () => P;

/** An established connection: its transport and its protocol. */
export interface Connection<P extends StreamProtocol = StreamProtocol> {
  readonly transport: Transport;
  readonly protocol: P;
}

/** A descriptor's owner, closed if the transport cannot be made. */
interface Closable {
  close(): void;
}

/**
 * Makes the protocol and its transport, and waits until `connectionMade` has been called. If this fails or is cancelled, the
 * descriptor is closed, even one that the program passed in: a half-made connection has no owner.
 *
 * @param owner owns the descriptor until `make` has passed it to the transport
 */
export function* startTransport<P extends object, T extends Closable>(
  owner: Closable,
  factory: () => P,
  make: (protocol: P, options: Required<Pick<StartOptions, 'onStarted'>>) => T,
): Steps<{ transport: T; protocol: P }> {
  const started = new Future<void>({ loop: currentLoop() });
  let transport: T | null = null;
  let complete = false;
  try {
    const protocol = factory();
    checkProtocol('factory', protocol);
    transport = make(protocol, {
      onStarted: (failure) => {
        if (started.done()) return;
        if (failure === null) started.setResult();
        else started.setException(failure.error);
      },
    });
    yield* started;
    complete = true;
    return { transport, protocol };
  } finally {
    if (!complete) (transport ?? owner).close();
  }
}

/**
 * `startTransport` for a connected socket. InvalidStateError if the socket already has a transport, which keeps it.
 */
export function* connectProtocol<P extends StreamProtocol>(
  socket: Socket,
  factory: ProtocolFactory<P>,
  side: ConnectionSide,
): Steps<Connection<P>> {
  const loop = currentLoop();
  loop._descriptors.checkUnclaimed(socket.fileno(), socket);
  return yield* startTransport(socket, factory, (protocol, options) => {
    socket.setBlocking(false);
    return new SocketTransport(loop, socket, protocol, { ...options, side });
  });
}
