/** What is known about a connection with TLS. */

import type { CipherNameAndProtocol, PeerCertificate, TLSSocket } from 'node:tls';

/** What `getExtraInfo` can tell of a connection with TLS, besides what its ground can. */
export interface TlsInfo {
  /** The TLSSocket of `node:tls`, for what only it knows. It belongs to the transport: do not read, write or end it. */
  tlsSocket: TLSSocket;
  /** The certificate of the peer; null if it has shown none. */
  peercert: PeerCertificate;
  /** The cipher suite. */
  cipher: CipherNameAndProtocol;
  /** 'TLSv1.3' and the like. */
  tlsProtocol: string;
  /** What was agreed on by ALPN; null if nothing was. */
  alpnProtocol: string;
  /** Whether the certificate of the peer is trusted; false without one. */
  authorized: boolean;
}
