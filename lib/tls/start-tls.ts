/** TLS in the middle of a connection, as with STARTTLS in SMTP, IMAP, XMPP and PostgreSQL. */

import { ownOptions, wrongType, checkNames, optionNames } from '../errors/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { checkNodeRuns } from '../bridge/needs-node.js';
import { type StreamProtocol, Transport } from '../transports/contract.js';
import { checkProtocol } from '../transports/stream-transport.js';
import { handOver } from '../transports/hand-over.js';
import { type CiphertextStream, ciphertextOverTransport } from './ciphertext-stream.js';
import { handshake } from './handshake.js';
import {
  type TlsClientOptions,
  type TlsServerOptions,
  type TlsSide,
  type TlsTimeouts,
  clientSide,
  serverSide,
} from './tls-options.js';
import { TlsTransport } from './tls-transport.js';

/** Options for upgrading an open connection to TLS. */
export interface StartTlsOptions extends TlsTimeouts, Abortable {
  /** true or options, as for `createConnection`; on the server side, as for `createServer`. */
  tls: true | TlsClientOptions | TlsServerOptions;
  /** Whether this side is the server. Default: false. */
  serverSide?: boolean;
  /** The name that the server's certificate must be valid for. Required for a client. */
  serverName?: string;
}

const OPTIONS = optionNames<StartTlsOptions>({
  tls: true,
  serverSide: true,
  serverName: true,
  tlsHandshakeTimeoutMs: true,
  tlsShutdownTimeoutMs: true,
  signal: true,
});

/** Checks the options and returns the side of the handshake that they describe. */
export function sideOf(method: string, given: StartTlsOptions): TlsSide {
  const options = ownOptions(`${method}: options`, given);
  checkNames(`${method}: options`, options, OPTIONS);
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

/** @internal `takeEarly` removes and returns ciphertext that was received before the hand-over. Called only once nothing can refuse. */
export function* startTlsSteps(
  method: string,
  transport: Transport,
  protocol: StreamProtocol,
  side: TlsSide,
  takeEarly: () => Buffer | null,
): Steps<Transport> {
  const loop = currentLoop();
  checkNodeRuns(loop, method);
  const given = handOver(method, transport);
  const early = takeEarly();
  transport.setProtocol({}); // the protocol is notified of the end of TLS, not of the connection below
  let ciphertext: CiphertextStream | null = null;
  let settled = false;
  try {
    ciphertext = ciphertextOverTransport(loop, transport, given, early);
    const socket = yield* handshake(loop, ciphertext.stream, side);
    const secured = new TlsTransport(loop, socket, ciphertext, side.timeouts.shutdownMs, protocol, { announce: false });
    settled = true;
    return secured;
  } catch (error) {
    settled = !loop.isClosed();
    if (settled) loop.callSoon(() => lose(protocol, error, ciphertext));
    throw error;
  } finally {
    if (!settled) ciphertext?.failed(); // the coroutine or its loop was closed
  }
}

/** Notifies the protocol, whose `connectionMade` was called, and then ends the connection. */
function lose(protocol: StreamProtocol, error: unknown, ciphertext: CiphertextStream | null): void {
  try {
    protocol.connectionLost?.(error);
  } finally {
    ciphertext?.failed();
  }
}

/**
 * Upgrades an open connection to TLS, and returns the transport to use from now on. Do not use `transport` afterwards: it carries the
 * ciphertext. `protocol` then receives plaintext; `connectionMade` is not called again.
 *
 * Call it when both sides have agreed to upgrade and have sent everything that precedes TLS. If it is refused (InvalidStateError,
 * ERR_NEEDS_HOST), the connection is unchanged. If the handshake fails or is cancelled, it is closed and `connectionLost` is called.
 *
 * @throws the errors of `createConnection` with `tls`; InvalidStateError if the transport is closed, busy with a `sendfile`, or
 *   was handed over
 */
export function startTls(
  transport: Transport,
  protocol: StreamProtocol,
  options: StartTlsOptions,
): Coroutine<Transport> {
  if (!(transport instanceof Transport)) throw wrongType('startTls: transport', 'a Transport', transport);
  checkProtocol('startTls: protocol', protocol);
  const side = sideOf('startTls', options);
  const steps = startTlsSteps('startTls', transport, protocol, side, () => null);
  return operation('startTls', steps, options, null);
}
