/** What a program says about TLS. The words are those of `node:tls`, whose documentation explains each of them. */

import { isIP } from 'node:net';
import type {
  CommonConnectionOptions,
  ConnectionOptions,
  SecureContext,
  SecureContextOptions,
  TlsOptions,
} from 'node:tls';

import { InvalidStateError, outOfRange, wrongType } from '../errors/index.js';
import { nodeTls } from './node-tls.js';

/** How a client does TLS: `ca`, `cert`, `key`, `rejectUnauthorized`, `ALPNProtocols`, `checkServerIdentity`, `session`, `minVersion` and so on. */
export type TlsClientOptions = SecureContextOptions &
  CommonConnectionOptions &
  Pick<ConnectionOptions, 'checkServerIdentity' | 'minDHSize' | 'session' | 'pskCallback'>;

/** How a server does TLS: `cert`, `key` (or `pfx`), `ca`, `requestCert`, `rejectUnauthorized`, `ALPNProtocols`, `SNICallback` and so on. */
export type TlsServerOptions = SecureContextOptions &
  Omit<CommonConnectionOptions, 'enableTrace'> &
  Pick<TlsOptions, 'pskCallback' | 'pskIdentityHint'>;

/** How long TLS may take to begin and to end. */
export interface TlsTimeouts {
  /** For the handshake, in milliseconds, more than 0; then a TimeoutError. Default: 60000, as in asyncio. */
  tlsHandshakeTimeoutMs?: number;
  /**
   * How long `close()` waits without progress for the peer to take what was written and to end its side, in milliseconds, more than
   * 0. Then the connection is aborted, and lost with a TimeoutError. Default: 30000, as in asyncio.
   */
  tlsShutdownTimeoutMs?: number;
}

/** Connecting with TLS. Hosted loops only: LoopError ERR_NEEDS_HOST in a blocking one. */
export interface TlsConnectOptions extends TlsTimeouts {
  /** Speak TLS, with the certificate authorities of the system and all other defaults (true), or with these options. */
  tls?: boolean | TlsClientOptions;
  /** The name that the server's certificate must be for, and that is sent to it (SNI). Default: the host. */
  serverName?: string;
}

/** Serving with TLS. Hosted loops only: LoopError ERR_NEEDS_HOST in a blocking one. */
export interface TlsServeOptions extends TlsTimeouts {
  /** Speak TLS: at least a certificate and its key. */
  tls?: TlsServerOptions;
}

const HANDSHAKE_TIMEOUT_MS = 60_000;
const SHUTDOWN_TIMEOUT_MS = 30_000;

interface CheckedTimeouts {
  readonly handshakeMs: number;
  readonly shutdownMs: number;
}

/** The client's side of a handshake, checked and ready. */
export interface TlsClientSide {
  readonly isServer: false;
  readonly options: ConnectionOptions;
  readonly timeouts: CheckedTimeouts;
}

/** The server's. */
export interface TlsServerSide {
  readonly isServer: true;
  readonly options: TlsServerOptions & { secureContext: SecureContext };
  readonly timeouts: CheckedTimeouts;
}

/** One of the two. */
export type TlsSide = TlsClientSide | TlsServerSide;

/**
 * The client's side; null if there is no TLS. TypeError and RangeError for options that make no sense, Node's own error for
 * certificates that cannot be read.
 *
 * @param host the name to expect where no `serverName` is given; null if there is none
 */
export function clientSide(method: string, options: TlsConnectOptions, host: string | null): TlsClientSide | null {
  const { tls, serverName } = options;
  if (tls === undefined || tls === false) {
    checkWithoutTls(method, 'serverName', serverName);
    checkNoTimeouts(method, options);
    return null;
  }
  if (tls !== true && (typeof tls !== 'object' || (tls as unknown) === null))
    throw wrongType(`${method}: tls`, 'true or the options of node:tls', tls);
  const name: unknown = serverName ?? host;
  if (typeof name !== 'string' || name === '')
    throw wrongType(`${method}: serverName`, 'the name that the certificate is for, because there is no host', name);
  const given: TlsClientOptions = tls === true ? {} : tls;
  const secureContext = given.secureContext ?? nodeTls().createSecureContext(given);
  // An address is checked against the certificate as a name is, but never sent.
  const names: ConnectionOptions = isIP(name) === 0 ? { host: name, servername: name } : { host: name };
  return {
    isServer: false,
    options: { ...given, ...names, secureContext },
    timeouts: checkTimeouts(method, options),
  };
}

/** The server's side; null if there is no TLS. Errors as of {@link clientSide}. */
export function serverSide(method: string, options: TlsServeOptions): TlsServerSide | null {
  const { tls } = options;
  if (tls === undefined) {
    checkNoTimeouts(method, options);
    return null;
  }
  if (typeof tls !== 'object' || (tls as unknown) === null)
    throw wrongType(`${method}: tls`, 'the options of node:tls', tls);
  const { cert, pfx, secureContext, SNICallback, pskCallback } = tls;
  if (!cert && !pfx && !secureContext && !SNICallback && !pskCallback)
    throw new InvalidStateError(`${method}: tls: a server needs a certificate: cert and key, pfx, or SNICallback`);
  // Sessions that are resumed belong to a context, and with client certificates OpenSSL wants it to have a name.
  const context = secureContext ?? nodeTls().createSecureContext({ sessionIdContext: 'selectloop', ...tls });
  return {
    isServer: true,
    options: { ...tls, secureContext: context },
    timeouts: checkTimeouts(method, options),
  };
}

function checkTimeouts(method: string, options: TlsTimeouts): CheckedTimeouts {
  const { tlsHandshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, tlsShutdownTimeoutMs = SHUTDOWN_TIMEOUT_MS } = options;
  return {
    handshakeMs: checkTimeout(`${method}: tlsHandshakeTimeoutMs`, tlsHandshakeTimeoutMs),
    shutdownMs: checkTimeout(`${method}: tlsShutdownTimeoutMs`, tlsShutdownTimeoutMs),
  };
}

function checkTimeout(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(name, 'milliseconds > 0', value);
  if (!(value > 0)) throw outOfRange(name, 'milliseconds > 0', value);
  return value;
}

function checkNoTimeouts(method: string, options: TlsTimeouts): void {
  checkWithoutTls(method, 'tlsHandshakeTimeoutMs', options.tlsHandshakeTimeoutMs);
  checkWithoutTls(method, 'tlsShutdownTimeoutMs', options.tlsShutdownTimeoutMs);
}

function checkWithoutTls(method: string, name: string, value: unknown): void {
  if (value !== undefined) throw wrongType(`${method}: ${name}`, 'undefined, because there is no tls', value);
}
