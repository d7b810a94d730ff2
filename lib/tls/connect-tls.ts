/** TLS on a connected socket. */

import type { Socket } from '../sockets/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import type { Steps } from '../tasks/index.js';
import { type Connection, type ProtocolFactory, startTransport } from '../transports/start-transport.js';
import type { StreamProtocol } from '../transports/contract.js';
import type { ConnectionSide } from '../transports/diagnostics.js';
import { ciphertextOverSocket } from './ciphertext-stream.js';
import { handshake } from './handshake.js';
import type { TlsSide } from './tls-options.js';
import { TlsTransport } from './tls-transport.js';

/** Does what `connectProtocol` does, with TLS between the socket and the protocol. The protocol is made after the handshake. */
export function* connectTls<P extends StreamProtocol>(
  socket: Socket,
  factory: ProtocolFactory<P>,
  tls: TlsSide,
  side: ConnectionSide,
): Steps<Connection<P>> {
  const loop = currentLoop();
  loop._descriptors.checkUnclaimed(socket.fileno(), socket);
  let ciphertext;
  try {
    ciphertext = ciphertextOverSocket(loop, socket);
  } catch (error) {
    socket.close(); // a half-made connection has no owner
    throw error;
  }
  const tlsSocket = yield* handshake(loop, ciphertext.stream, tls);
  const owner = { close: () => void tlsSocket.destroy() };
  return yield* startTransport(
    owner,
    factory,
    (protocol, { onStarted }) =>
      new TlsTransport(loop, tlsSocket, ciphertext, tls.timeouts.shutdownMs, protocol, { onStarted, side }),
  );
}
