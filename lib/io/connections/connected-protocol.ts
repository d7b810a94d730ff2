/** From a connected socket to a transport and a protocol that know each other. */

import type { Socket } from '../../sockets/index.js';
import { currentLoop } from '../../tasks/current-loop.js';
import { Future, type Steps } from '../../tasks/index.js';
import type { StreamProtocol, Transport } from '../transports/contract.js';
import { SocketTransport, checkProtocol } from '../transports/socket-transport.js';

/** Makes a protocol for one connection. */
export type ProtocolFactory<P extends StreamProtocol = StreamProtocol> = () => P;

/** A connection: both ends of the contract. */
export interface Connection<P extends StreamProtocol = StreamProtocol> {
  readonly transport: Transport;
  readonly protocol: P;
}

/**
 * Makes the protocol and its transport, and waits until `connectionMade` has been called.
 *
 * If this fails or is cancelled, the socket is closed, whoever made it: half of a connection is nobody's. InvalidStateError if
 * the socket has a transport already; then it is left to that one.
 */
export function* connectProtocol<P extends StreamProtocol>(
  socket: Socket,
  factory: ProtocolFactory<P>,
): Steps<Connection<P>> {
  const loop = currentLoop();
  loop._descriptors.checkUnclaimed(socket.fileno(), socket);
  const started = new Future<void>({ loop });
  let transport: SocketTransport | null = null;
  let complete = false;
  try {
    socket.setBlocking(false);
    const protocol = factory();
    checkProtocol('factory', protocol);
    transport = new SocketTransport(loop, socket, protocol, {
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
    if (!complete) (transport ?? socket).close();
  }
}
