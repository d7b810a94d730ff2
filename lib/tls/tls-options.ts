/** TLS options. Their names are those of `node:tls`, whose documentation explains them. */

import { isIP } from 'node:net';
import type {
  CommonConnectionOptions,
  ConnectionOptions,
  SecureContext,
  SecureContextOptions,
  TlsOptions,
} from 'node:tls';

import { InvalidStateError, outOfRange, ownOptions, wrongType } from '../errors/index.js';
import { checkMaximum } from '../transports/arguments.js';
import { secureContextOf } from './secure-context.js';

/** TLS options of a client: `ca`, `cert`, `key`, `rejectUnauthorized`, `ALPNProtocols`, `checkServerIdentity`, `session`, `minVersion` and so on. */
export type TlsClientOptions = SecureContextOptions &
  CommonConnectionOptions &
  Pick<ConnectionOptions, 'checkServerIdentity' | 'minDHSize' | 'session' | 'pskCallback'>;

/** TLS options of a server: `cert`, `key` (or `pfx`), `ca`, `requestCert`, `rejectUnauthorized`, `ALPNProtocols`, `SNICallback` and so on. */
export type TlsServerOptions = SecureContextOptions &
  Omit<CommonConnectionOptions, 'enableTrace'> &
  Pick<TlsOptions, 'pskCallback' | 'pskIdentityHint'>;

/** Timeouts of the TLS handshake and shutdown. */
export interface TlsTimeouts {
  /**
   * The time limit of the handshake, in milliseconds, > 0. A handshake that exceeds it fails with a TimeoutError. Default: 60000 for a
   * client, as in asyncio, and 10000 for a server, because its peers may be hostile.
   */
  tlsHandshakeTimeoutMs?: number;
  /**
   * How long `close()` waits, without progress, for the peer to receive pending writes and end its side, in milliseconds, > 0. The
   * connection is then aborted, and `connectionLost` gets a TimeoutError. Default: 30000, as in asyncio.
   */
  tlsShutdownTimeoutMs?: number;
}

/** Options for connecting over TLS. Requires a hosted loop: LoopError ERR_NEEDS_HOST in a blocking one. */
export interface TlsConnectOptions extends TlsTimeouts {
  /** Connects over TLS: true for the defaults of `node:tls`, or these options. */
  tls?: boolean | TlsClientOptions;
  /** The name that the server's certificate must be valid for, also sent to the server (SNI). Default: the host. */
  serverName?: string;
}

/** Options for serving over TLS. Requires a hosted loop: LoopError ERR_NEEDS_HOST in a blocking one. */
export interface TlsServeOptions extends TlsTimeouts {
  /** Serves over TLS; needs at least a certificate and its key. */
  tls?: TlsServerOptions;
}

/** Limits of a server that speaks TLS. */
export interface TlsServerLimits {
  /**
   * The number of handshakes in progress at which the server stops accepting, an integer >= 1 or Infinity. Further connections wait in the
   * kernel's queue. While the limit is reached, a handshake that has lasted for two seconds is ended to make room. Default: 500.
   */
  tlsMaxHandshakes?: number;
}

/** Clients choose their peer, so theirs is asyncio's. A silent client must not hold a socket of a server for a minute. */
const CLIENT_HANDSHAKE_TIMEOUT_MS = 60_000;
const SERVER_HANDSHAKE_TIMEOUT_MS = 10_000;
/** More than one thread can complete within the round trips of distant clients, and few enough for a process with 1024 descriptors. */
const MAX_HANDSHAKES = 500;
const SHUTDOWN_TIMEOUT_MS = 30_000;

interface CheckedTimeouts {
  readonly handshakeMs: number;
  readonly shutdownMs: number;
}

/** The client side of a handshake, with checked options. */
export interface TlsClientSide {
  readonly isServer: false;
  readonly options: ConnectionOptions;
  readonly timeouts: CheckedTimeouts;
}

/** The server side of a handshake, with checked options. */
export interface TlsServerSide {
  readonly isServer: true;
  readonly options: TlsServerOptions & { secureContext: SecureContext };
  readonly timeouts: CheckedTimeouts;
  readonly maxHandshakes: number;
}

/** Either side of a handshake. */
export type TlsSide = TlsClientSide | TlsServerSide;

/**
 * Checks the options of a client. Returns null without `tls`.
 *
 * @param host the name to expect if no `serverName` is given; null if there is none
 * @throws TypeError, RangeError or InvalidStateError for invalid options; those of {@link secureContextOf} for certificates
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
  const given = ownOptions<TlsClientOptions>(`${method}: tls`, tls === true ? {} : tls);
  const secureContext = secureContextOf(method, given);
  // An IP address is checked against the certificate like a name, but SNI allows only names.
  const names: ConnectionOptions = isIP(name) === 0 ? { host: name, servername: name } : { host: name };
  return {
    isServer: false,
    options: Object.assign(given, names, { secureContext }),
    timeouts: checkTimeouts(method, options, CLIENT_HANDSHAKE_TIMEOUT_MS),
  };
}

/** Checks the options of a server. Returns null without `tls`. Errors are those of {@link clientSide}. */
export function serverSide(method: string, options: TlsServeOptions & TlsServerLimits): TlsServerSide | null {
  const { tls: given, tlsMaxHandshakes = MAX_HANDSHAKES } = options;
  if (given === undefined) {
    checkNoTimeouts(method, options);
    checkWithoutTls(method, 'tlsMaxHandshakes', options.tlsMaxHandshakes);
    return null;
  }
  if (typeof given !== 'object' || (given as unknown) === null)
    throw wrongType(`${method}: tls`, 'the options of node:tls', given);
  const tls = ownOptions(`${method}: tls`, given);
  const { cert, pfx, secureContext, SNICallback, pskCallback } = tls;
  if (!cert && !pfx && !secureContext && !SNICallback && !pskCallback)
    throw new InvalidStateError(`${method}: tls: a server needs a certificate: cert and key, pfx, or SNICallback`);
  // With client certificates, OpenSSL resumes sessions only within a named session context.
  const context = secureContextOf(method, ownOptions('tls', { sessionIdContext: 'selectloop', ...tls }));
  return {
    isServer: true,
    options: Object.assign(tls, { secureContext: context }),
    timeouts: checkTimeouts(method, options, SERVER_HANDSHAKE_TIMEOUT_MS),
    maxHandshakes: checkMaximum(`${method}: tlsMaxHandshakes`, tlsMaxHandshakes),
  };
}

function checkTimeouts(method: string, options: TlsTimeouts, defaultHandshakeMs: number): CheckedTimeouts {
  const { tlsHandshakeTimeoutMs = defaultHandshakeMs, tlsShutdownTimeoutMs = SHUTDOWN_TIMEOUT_MS } = options;
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
