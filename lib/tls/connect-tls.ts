/** TLS on a socket that is connected. */

import type { Socket } from '../sockets/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import type { Steps } from '../tasks/index.js';
import {
  type Connection,
  type ProtocolFactory,
  connectProtocol,
  startTransport,
} from '../transports/start-transport.js';
import { TransportDuplex } from '../bridge/transport-duplex.js';
import type { StreamProtocol } from '../transports/contract.js';
import { handshake } from './handshake.js';
import type { TlsSide } from './tls-options.js';
import { TlsTransport } from './tls-transport.js';

/** `connectProtocol` with TLS between the socket and the protocol, which is made once the hands are shaken. */
export function* connectTls<P extends StreamProtocol>(
  method: string,
  socket: Socket,
  factory: ProtocolFactory<P>,
  side: TlsSide,
): Steps<Connection<P>> {
  const loop = currentLoop();
  const { transport, protocol: duplex } = yield* connectProtocol(
    socket,
    () => new TransportDuplex(loop, `${method} with tls`),
  );
  const tlsSocket = yield* handshake(loop, duplex, side);
  const owner = { close: () => void tlsSocket.destroy() };
  return yield* startTransport(
    owner,
    factory,
    (protocol, options) => new TlsTransport(loop, tlsSocket, { duplex, transport }, protocol, options),
  );
}
