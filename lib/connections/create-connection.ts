/** Connecting a protocol. */

import { wrongType } from '../errors/index.js';
import { checkPort } from '../sockets/arguments.js';
import { AF_UNIX, Socket } from '../sockets/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { checkNodeRuns } from '../bridge/needs-node.js';
import { connectTls } from '../tls/connect-tls.js';
import {
  type TlsConnectOptions,
  type TlsServeOptions,
  type TlsSide,
  clientSide,
  serverSide,
} from '../tls/tls-options.js';
import type { StreamProtocol } from '../transports/contract.js';
import { checkAbsent, checkFactory, checkStreamSocket } from '../transports/arguments.js';
import { type ConnectOptions, checkConnectOptions, connectNewSocket, connectSocket } from './connect-socket.js';
import { type Connection, type ProtocolFactory, connectProtocol } from '../transports/start-transport.js';

/** How to connect. */
export interface CreateConnectionOptions extends ConnectOptions, TlsConnectOptions {
  /** A connected stream socket to use instead of host and port, which must be null then. The transport takes it over. */
  socket?: Socket;
}

/** How to connect to a path. */
export interface CreateUnixConnectionOptions extends TlsConnectOptions {
  /** A connected AF_UNIX stream socket to use instead of the path, which must be null then. The transport takes it over. */
  socket?: Socket;
}

function* connectionSteps<P extends StreamProtocol>(
  method: string,
  factory: ProtocolFactory<P>,
  source: Socket | Steps<Socket>,
  tls: TlsSide | null,
): Steps<Connection<P>> {
  if (tls !== null) checkNodeRuns(currentLoop(), `${method} with tls`);
  const socket = source instanceof Socket ? source : yield* source;
  return yield* tls === null ? connectProtocol(socket, factory) : connectTls(socket, factory, tls);
}

/**
 * Connects to a host and port; returns the transport and the protocol that `factory` made, once `connectionMade` has been called.
 *
 * A name may have several addresses: they are tried in turn, or side by side with `happyEyeballsDelayMs`. OSError ECONNREFUSED
 * and the like; if several addresses fail in different ways, one OSError "Multiple exceptions: ..." whose `cause` is an
 * ExceptionGroup. ResolutionError; TypeError and RangeError for misuse, at once. Cancelled, it leaves nothing behind.
 *
 * With `tls`, the protocol is made after the handshake. A handshake that fails throws the error of `node:tls`, such as one with the
 * code DEPTH_ZERO_SELF_SIGNED_CERT or ERR_TLS_CERT_ALTNAME_INVALID; OSError ECONNRESET if the peer goes away; TimeoutError.
 */
export function createConnection<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  host: string | null,
  port: number | null,
  options: CreateConnectionOptions = {},
): Coroutine<Connection<P>> {
  checkFactory('createConnection', factory);
  checkConnectOptions('createConnection', options);
  const tls = clientSide('createConnection', options, host);
  const { socket } = options;
  if (socket !== undefined) {
    checkAbsent('createConnection: host', host);
    checkAbsent('createConnection: port', port);
    checkStreamSocket('createConnection', socket);
    return new Coroutine(connectionSteps('createConnection', factory, socket, tls), 'createConnection');
  }
  if (typeof host !== 'string') throw wrongType('createConnection: host', 'a host name or an address', host);
  const checkedPort = checkPort('createConnection: port', port);
  const connecting = connectSocket(host, checkedPort, options);
  return new Coroutine(connectionSteps('createConnection', factory, connecting, tls), 'createConnection');
}

/**
 * Connects to a UNIX socket: a path, or a name of the abstract namespace, which begins with '\0'.
 *
 * OSError ENOENT if there is no such path, ECONNREFUSED if nobody listens there. Otherwise like {@link createConnection}.
 */
export function createUnixConnection<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  path: string | null,
  options: CreateUnixConnectionOptions = {},
): Coroutine<Connection<P>> {
  checkFactory('createUnixConnection', factory);
  const tls = clientSide('createUnixConnection', options, null);
  const { socket } = options;
  if (socket !== undefined) {
    checkAbsent('createUnixConnection: path', path);
    checkStreamSocket('createUnixConnection', socket, AF_UNIX);
    return new Coroutine(connectionSteps('createUnixConnection', factory, socket, tls), 'createUnixConnection');
  }
  if (typeof path !== 'string') throw wrongType('createUnixConnection: path', 'a path', path);
  const connecting = connectNewSocket({ family: AF_UNIX, protocol: 0, address: { path } });
  return new Coroutine(connectionSteps('createUnixConnection', factory, connecting, tls), 'createUnixConnection');
}

/**
 * Makes a connection of a socket that was accepted elsewhere: by `sockAccept`, by another process, by an inherited listener. The
 * transport takes it over; if this fails, it is closed.
 *
 * With `tls` we are the server of the handshake, after which the protocol is made. Errors of TLS are those of {@link createConnection}.
 */
export function connectAcceptedSocket<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  socket: Socket,
  options: TlsServeOptions = {},
): Coroutine<Connection<P>> {
  checkFactory('connectAcceptedSocket', factory);
  checkStreamSocket('connectAcceptedSocket', socket);
  const tls = serverSide('connectAcceptedSocket', options);
  return new Coroutine(connectionSteps('connectAcceptedSocket', factory, socket, tls), 'connectAcceptedSocket');
}
