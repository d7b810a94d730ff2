/** The transport of a TLS connection. */

import type { TLSSocket } from 'node:tls';

import { DuplexTransport, type DuplexTransportOptions } from '../bridge/duplex-transport.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { StreamProtocol } from '../transports/contract.js';
import { unclosedMessage } from '../transports/open-transports.js';
import type { TlsInfo } from '../transports/tls-info.js';
import type { CiphertextStream } from './ciphertext-stream.js';

const wording = { name: 'TlsTransport', words: 'TLS transport', lateWrite: 'SSL connection is closed' };

/**
 * Moves plaintext between a protocol and a TLSSocket.
 *
 * `writeEof` sends a close_notify and half-closes the connection; the peer may still send. `close` does the same after pending writes,
 * then reads and drops bytes until the peer has ended its side.
 */
export class TlsTransport extends DuplexTransport {
  /** @internal The descriptor; -1 if it belongs to a transport below. */
  readonly _fd: number;

  constructor(
    loop: LoopCore,
    socket: TLSSocket,
    ciphertext: CiphertextStream,
    shutdownTimeoutMs: number,
    protocol: StreamProtocol,
    options: DuplexTransportOptions,
  ) {
    const facts = factsOf(socket);
    const info = (name: string): unknown =>
      Object.hasOwn(facts, name) ? facts[name as keyof TlsInfo] : ciphertext.info(name);
    const shutdown = { timeoutMs: shutdownTimeoutMs, unsent: () => ciphertext.unsent };
    super(loop, socket, protocol, info, { ...options, onClosed: () => ciphertext.closed(), shutdown }, wording);
    this._fd = ciphertext.fd;
    ciphertext.follow(this);
    socket.once('close', () => ciphertext.stream.destroy());
  }

  /** @internal Reports the unclosed connection, unless a transport below does. */
  override _loopCloses(): void {
    const { _fd: fd, life } = this;
    try {
      const message = unclosedMessage(`<${wording.name} fd=${fd}>`, life.isClosing);
      if (fd >= 0) life.loop.callExceptionHandler({ message });
    } finally {
      super._loopCloses(); // even if the exception handler has thrown a fatal error
    }
  }
}

/** Reads the facts about TLS now, because a closed socket no longer has them. */
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
