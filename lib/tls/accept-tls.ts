/** TLS for the connections of a server. */

import { isFatal } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Accepted } from '../sockets/index.js';
import { type Steps, createTaskOn } from '../tasks/index.js';
import type { ConnectionTracker } from '../transports/open-transports.js';
import type { ProtocolFactory } from '../transports/start-transport.js';
import { checkProtocol } from '../transports/stream-transport.js';
import { type CiphertextStream, ciphertextOverSocket } from './ciphertext-stream.js';
import { handshake } from './handshake.js';
import type { TlsSide } from './tls-options.js';
import { TlsTransport } from './tls-transport.js';

/** Returns how a server serves its connections over TLS: handshake first, then a protocol, which gets plaintext. */
export function tlsServing(
  loop: LoopCore,
  factory: ProtocolFactory,
  side: TlsSide,
): (accepted: Accepted, tracker: ConnectionTracker) => void {
  return ({ socket, address }, tracker) => {
    const ciphertext = ciphertextOverSocket(loop, socket, { peername: address, tracker });
    createTaskOn(loop, () => secure(loop, ciphertext, factory, side), { name: 'TLS handshake' });
  };
}

function* secure(loop: LoopCore, ciphertext: CiphertextStream, factory: ProtocolFactory, side: TlsSide): Steps<void> {
  let tlsSocket;
  try {
    tlsSocket = yield* handshake(loop, ciphertext.stream, side);
  } catch (exception) {
    if (isFatal(exception)) throw exception;
    // Clients that do not speak TLS are normal on a public port: their connection is closed, and reported only in debug mode.
    if (loop.getDebug()) loop.callExceptionHandler({ message: 'TLS handshake failed', exception });
    return;
  }
  try {
    const protocol = factory();
    checkProtocol('factory', protocol);
    new TlsTransport(loop, tlsSocket, ciphertext, side.timeouts.shutdownMs, protocol, {});
  } catch (exception) {
    tlsSocket.destroy();
    if (isFatal(exception)) throw exception;
    loop.callExceptionHandler({ message: 'Error on transport creation for incoming connection', exception });
  }
}
