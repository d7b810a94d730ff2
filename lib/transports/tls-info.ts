/** The facts about a TLS connection. */

import type { CipherNameAndProtocol, PeerCertificate, TLSSocket } from 'node:tls';

/** The facts that `getExtraInfo` returns for a TLS connection, in addition to those of the connection below. */
export interface TlsInfo {
  /** The TLSSocket of `node:tls`, for facts that are not listed here. It belongs to the transport: do not read, write or end it. */
  tlsSocket: TLSSocket;
  /** The peer's certificate; null if it has presented none. */
  peercert: PeerCertificate;
  /** The cipher suite. */
  cipher: CipherNameAndProtocol;
  /** The TLS version, such as 'TLSv1.3'. */
  tlsProtocol: string;
  /** The protocol negotiated by ALPN; null if there is none. */
  alpnProtocol: string;
  /** True if the peer's certificate is trusted; false if it is not or there is none. */
  authorized: boolean;
}
