/** TLS in the middle of a connection: what STARTTLS means in SMTP, IMAP, XMPP and PostgreSQL. */

import { InvalidStateError, wrongType } from '../errors/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { checkNodeRuns } from '../bridge/needs-node.js';
import { type StreamProtocol, Transport } from '../transports/contract.js';
import { checkProtocol } from '../transports/stream-transport.js';
import { handshake } from './handshake.js';
import { groundOfTransport } from './tls-ground.js';
import {
  type TlsClientOptions,
  type TlsServerOptions,
  type TlsSide,
  type TlsTimeouts,
  clientSide,
  serverSide,
} from './tls-options.js';
import { TlsTransport } from './tls-transport.js';

/** How an open connection goes over to TLS. */
export interface StartTlsOptions extends TlsTimeouts {
  /** true or options: as for `createConnection` or, on the server's side, `createServer`. */
  tls: true | TlsClientOptions | TlsServerOptions;
  /** Whether we are the server. */
  serverSide?: boolean;
  /** The name that the server's certificate must be for. Needed by a client. */
  serverName?: string;
}

/** Checks the options. */
export function sideOf(method: string, options: StartTlsOptions): TlsSide {
  const { tls, serverSide: isServer = false, serverName, tlsHandshakeTimeoutMs, tlsShutdownTimeoutMs } = options;
  if (typeof isServer !== 'boolean') throw wrongType(`${method}: serverSide`, 'a boolean', isServer);
  const timing = {
    ...(tlsHandshakeTimeoutMs !== undefined && { tlsHandshakeTimeoutMs }),
    ...(tlsShutdownTimeoutMs !== undefined && { tlsShutdownTimeoutMs }),
  };
  const side = isServer
    ? serverSide(method, { tls: tls as TlsServerOptions, ...timing })
    : clientSide(
        method,
        { tls: tls as TlsClientOptions, ...timing, ...(serverName !== undefined && { serverName }) },
        null,
      );
  if (side === null) throw wrongType(`${method}: tls`, 'true or the options of node:tls', tls);
  return side;
}

/** @internal `early`: ciphertext that was received before the hand-over. */
export function* startTlsSteps(
  method: string,
  transport: Transport,
  protocol: StreamProtocol,
  side: TlsSide,
  early: Buffer | null,
): Steps<Transport> {
  const loop = currentLoop();
  checkNodeRuns(loop, method);
  if (transport.isClosing()) throw new InvalidStateError(`${method}: the transport is closed`);
  transport.setProtocol({}); // the end of what is below TLS is no concern of the protocol
  try {
    const ground = groundOfTransport(loop, method, transport, early);
    const socket = yield* handshake(loop, ground.carrier.stream, side);
    return new TlsTransport(loop, socket, ground, side.timeouts.shutdownMs, protocol, { announce: false });
  } catch (error) {
    // It has been told of the connection, so it is told of its end.
    if (!loop.isClosed()) loop.callSoon(() => protocol.connectionLost?.(error));
    throw error;
  }
}

/**
 * Goes over to TLS on an open connection: returns the transport to use from now on; `transport` is its ground, and not to be
 * touched any more. `protocol` receives plaintext then, and is not told of a connection again.
 *
 * Call it when both sides have agreed to it, and have sent everything that comes before. Failed or cancelled, the connection is
 * closed, and the protocol told. Errors are those of `createConnection` with `tls`; InvalidStateError if the transport is closed.
 */
export function startTls(
  transport: Transport,
  protocol: StreamProtocol,
  options: StartTlsOptions,
): Coroutine<Transport> {
  if (!(transport instanceof Transport)) throw wrongType('startTls: transport', 'a Transport', transport);
  checkProtocol('startTls: protocol', protocol);
  const side = sideOf('startTls', options);
  return new Coroutine(startTlsSteps('startTls', transport, protocol, side, null), 'startTls');
}
