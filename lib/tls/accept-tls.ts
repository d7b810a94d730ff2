/** TLS for the connections of a server. */

import type { TLSSocket } from 'node:tls';

import { isFatal } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Accepted, Address } from '../sockets/index.js';
import { type Steps, createTaskOn } from '../tasks/index.js';
import { publishTlsFailed } from '../transports/diagnostics.js';
import type { ConnectionTracker } from '../transports/open-transports.js';
import type { ProtocolFactory } from '../transports/start-transport.js';
import { checkProtocol } from '../transports/stream-transport.js';
import { type CiphertextStream, ciphertextOverSocket } from './ciphertext-stream.js';
import { handshake } from './handshake.js';
import { type AcceptGate, Handshakes } from './handshakes.js';
import type { TlsServerSide } from './tls-options.js';
import { TlsTransport } from './tls-transport.js';

/**
 * Returns how a server serves its connections over TLS: handshake first, then a protocol, which gets plaintext.
 *
 * @param gate stops the server from accepting while `side.maxHandshakes` handshakes are in progress
 */
export function tlsServing(
  loop: LoopCore,
  gate: AcceptGate,
  factory: ProtocolFactory,
  side: TlsServerSide,
): (accepted: Accepted, tracker: ConnectionTracker) => void {
  const handshakes = new Handshakes(loop, side.maxHandshakes, gate);
  return ({ socket, address }, tracker) => {
    const ciphertext = ciphertextOverSocket(loop, socket, { peername: address, tracker });
    const ended = handshakes.begin(() => ciphertext.stream.destroy());
    // Starts before libuv can read: bytes and EOF that the stream gets before it has a TLSSocket would not reach the handshake.
    createTaskOn(loop, () => secure(loop, ciphertext, factory, side, ended), {
      name: 'TLS handshake',
      eagerStart: true,
    });
  };
}

function* secure(
  loop: LoopCore,
  ciphertext: CiphertextStream,
  factory: ProtocolFactory,
  side: TlsServerSide,
  handshakeEnded: () => void,
): Steps<void> {
  let complete = false;
  let socket: TLSSocket | null = null;
  try {
    socket = yield* handshake(loop, ciphertext.stream, side);
    const protocol = factory();
    checkProtocol('factory', protocol);
    new TlsTransport(loop, socket, ciphertext, side.timeouts.shutdownMs, protocol, { side: 'server' });
    complete = true;
  } catch (exception) {
    if (isFatal(exception)) throw exception;
    if (socket !== null) {
      socket.destroy();
      loop.callExceptionHandler({ message: 'Error on transport creation for incoming connection', exception });
    } else {
      publishTlsFailed(exception, () => ciphertext.info('peername') as Address | null);
      // Clients that do not speak TLS are normal on a public port: they are reported only in debug mode.
      if (loop.getDebug()) loop.callExceptionHandler({ message: 'TLS handshake failed', exception });
    }
  } finally {
    if (!complete) ciphertext.failed();
    handshakeEnded();
  }
}
