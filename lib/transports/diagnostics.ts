/** The events of connections for `node:diagnostics_channel`. */

import type { Socket as NodeSocket } from 'node:net';

import { channel } from '../platform/channels.js';
import type { Address } from '../sockets/index.js';
import type { BaseProtocol, BaseTransport, Transport } from './contract.js';

/** Which side of a connection this process is. */
export type ConnectionSide = 'server' | 'client';

/**
 * The message of `selectloop:connection:open`: a TCP or UNIX connection was accepted or made, over TLS after the handshake. Published
 * before `connectionMade` is called.
 */
export interface ConnectionOpenMessage {
  /** `server` for a connection that was accepted. */
  readonly side: ConnectionSide;
  /** The transport; the socket of `node:net` for a connection of `serveHttp`. */
  readonly connection: Transport | NodeSocket;
  /** The protocol of the transport; null for a connection of `serveHttp`. */
  readonly protocol: object | null;
}

/**
 * The message of `selectloop:connection:close`: the connection is closed. Published after `connectionLost` was called, with the objects of
 * the message before. A loop that closes first reports an unclosed transport to its exception handler instead.
 */
export interface ConnectionCloseMessage extends ConnectionOpenMessage {
  /** Why the connection was lost; null if it was closed in an orderly way. */
  readonly error: unknown;
}

/**
 * The message of `selectloop:tls:fail`: a TLS handshake of a server has failed, so there is no connection. The exception handler gets these
 * failures only in debug mode, because clients that do not speak TLS are normal on a public port.
 */
export interface TlsFailMessage {
  /** The error: that of `node:tls`, with its `code`; an OSError ECONNRESET if the client has disconnected; a TimeoutError. */
  readonly error: unknown;
  /** The address of the client; null if it is no longer known. */
  readonly peername: Address | null;
}

const tlsFailed = channel('selectloop:tls:fail');

/** The TLS handshake of a client has failed. */
export function publishTlsFailed(error: unknown, peername: () => Address | null): void {
  if (tlsFailed.hasSubscribers) tlsFailed.publish({ error, peername: peername() } satisfies TlsFailMessage);
}

const opened = channel('selectloop:connection:open');
const closed = channel('selectloop:connection:close');

/** A connection is open. */
export function publishOpen(
  side: ConnectionSide,
  connection: BaseTransport | NodeSocket,
  protocol: BaseProtocol<never> | null,
): void {
  if (opened.hasSubscribers) {
    opened.publish({ side, connection: connection as Transport, protocol } satisfies ConnectionOpenMessage);
  }
}

/** A connection is closed. */
export function publishClose(
  side: ConnectionSide,
  connection: BaseTransport | NodeSocket,
  protocol: BaseProtocol<never> | null,
  error: unknown,
): void {
  if (closed.hasSubscribers) {
    closed.publish({ side, connection: connection as Transport, protocol, error } satisfies ConnectionCloseMessage);
  }
}
