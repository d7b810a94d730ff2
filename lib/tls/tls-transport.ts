/** TLS as a transport. */

import type { TLSSocket } from 'node:tls';

import type { LoopCore } from '../loop/loop-core.js';
import { DuplexTransport, type DuplexTransportOptions } from '../bridge/duplex-transport.js';
import type { TransportDuplex } from '../bridge/transport-duplex.js';
import type { StreamProtocol, Transport } from '../transports/contract.js';
import type { TlsInfo } from '../transports/tls-info.js';

const wording = { name: 'TlsTransport', words: 'TLS transport', lateWrite: 'SSL connection is closed' };

/**
 * Moves plaintext between a protocol and a TLSSocket, below which is another transport.
 *
 * `writeEof` sends a close_notify and ends our side of the ground; the peer may still send. `close` sends what was written and the
 * close_notify, and does not wait for the peer's: who must know that everything has arrived says so in its own protocol.
 */
export class TlsTransport extends DuplexTransport {
  constructor(
    loop: LoopCore,
    socket: TLSSocket,
    ground: { duplex: TransportDuplex; transport: Transport },
    protocol: StreamProtocol,
    options: DuplexTransportOptions,
  ) {
    const facts = factsOf(socket);
    const tell = (name: string): unknown =>
      Object.hasOwn(facts, name) ? facts[name as keyof TlsInfo] : ground.transport.getExtraInfo(name);
    super(loop, socket, protocol, tell, options, wording);
    ground.duplex._above = this;
    socket.once('close', () => ground.duplex.destroy());
  }
}

/** Asked for now, because the socket forgets when it is closed. */
function factsOf(socket: TLSSocket): { [Name in keyof TlsInfo]: TlsInfo[Name] | null } {
  const certificate = socket.getPeerCertificate();
  return {
    tlsSocket: socket,
    peercert: Object.keys(certificate).length === 0 ? null : certificate,
    cipher: socket.getCipher(),
    tlsProtocol: socket.getProtocol(),
    alpnProtocol: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null,
    authorized: socket.authorized,
  };
}
