/** TLS on the connections of a server. */

import { isFatal } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Steps, createTaskOn } from '../tasks/index.js';
import type { ProtocolFactory } from '../transports/start-transport.js';
import { TransportDuplex } from '../bridge/transport-duplex.js';
import type { Transport } from '../transports/contract.js';
import { checkProtocol } from '../transports/stream-transport.js';
import { handshake } from './handshake.js';
import type { TlsSide } from './tls-options.js';
import { TlsTransport } from './tls-transport.js';

/** What a server makes of its factory, so that each protocol gets plaintext. */
export function acceptTls(loop: LoopCore, factory: ProtocolFactory, side: TlsSide): ProtocolFactory<TransportDuplex> {
  return () => new AcceptedConnection(loop, factory, side);
}

/** Shakes hands when the connection is there, and only then makes the protocol. */
class AcceptedConnection extends TransportDuplex {
  constructor(
    loop: LoopCore,
    private readonly factory: ProtocolFactory,
    private readonly side: TlsSide,
  ) {
    super(loop, 'a server with tls');
  }

  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    createTaskOn(this.loop, () => this.secure(transport), { name: 'TLS handshake' });
  }

  private *secure(transport: Transport): Steps<void> {
    const { loop, side } = this;
    let tlsSocket;
    try {
      tlsSocket = yield* handshake(loop, this, side);
    } catch (exception) {
      if (isFatal(exception)) throw exception;
      // Strangers who speak no TLS are nothing to report; their connection is closed.
      if (loop.getDebug()) loop.callExceptionHandler({ message: 'TLS handshake failed', exception, transport });
      return;
    }
    try {
      const protocol = this.factory();
      checkProtocol('factory', protocol);
      new TlsTransport(loop, tlsSocket, { duplex: this, transport }, protocol, {});
    } catch (exception) {
      tlsSocket.destroy();
      if (isFatal(exception)) throw exception;
      loop.callExceptionHandler({
        message: 'Error on transport creation for incoming connection',
        exception,
        transport,
      });
    }
  }
}
