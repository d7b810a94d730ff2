/** Connecting a protocol. */

import { wrongType } from '../../errors/index.js';
import { checkPort } from '../../sockets/arguments.js';
import { AF_UNIX, type Socket } from '../../sockets/index.js';
import { Coroutine, type Steps } from '../../tasks/index.js';
import type { StreamProtocol } from '../transports/contract.js';
import { checkAbsent, checkFactory, checkStreamSocket } from './arguments.js';
import { type ConnectOptions, checkConnectOptions, connectNewSocket, connectSocket } from './connect-socket.js';
import { type Connection, type ProtocolFactory, connectProtocol } from './connected-protocol.js';

/** How to connect. */
export interface CreateConnectionOptions extends ConnectOptions {
  /** A connected stream socket to use instead of host and port, which must be null then. The transport takes it over. */
  socket?: Socket;
}

/** How to connect to a path. */
export interface CreateUnixConnectionOptions {
  /** A connected AF_UNIX stream socket to use instead of the path, which must be null then. The transport takes it over. */
  socket?: Socket;
}

function* connectionSteps<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  connecting: Steps<Socket>,
): Steps<Connection<P>> {
  return yield* connectProtocol(yield* connecting, factory);
}

/**
 * Connects to a host and port; returns the transport and the protocol that `factory` made, once `connectionMade` has been called.
 *
 * A name may have several addresses: they are tried in turn, or side by side with `happyEyeballsDelayMs`. OSError ECONNREFUSED
 * and the like; if several addresses fail in different ways, one OSError "Multiple exceptions: ..." whose `cause` is an
 * ExceptionGroup. ResolutionError; TypeError and RangeError for misuse, at once. Cancelled, it leaves nothing behind.
 */
export function createConnection<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  host: string | null,
  port: number | null,
  options: CreateConnectionOptions = {},
): Coroutine<Connection<P>> {
  checkFactory('createConnection', factory);
  checkConnectOptions('createConnection', options);
  const { socket } = options;
  if (socket !== undefined) {
    checkAbsent('createConnection: host', host);
    checkAbsent('createConnection: port', port);
    checkStreamSocket('createConnection', socket);
    return new Coroutine(connectProtocol(socket, factory), 'createConnection');
  }
  if (typeof host !== 'string') throw wrongType('createConnection: host', 'a host name or an address', host);
  const checkedPort = checkPort('createConnection: port', port);
  return new Coroutine(connectionSteps(factory, connectSocket(host, checkedPort, options)), 'createConnection');
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
  const { socket } = options;
  if (socket !== undefined) {
    checkAbsent('createUnixConnection: path', path);
    checkStreamSocket('createUnixConnection', socket, AF_UNIX);
    return new Coroutine(connectProtocol(socket, factory), 'createUnixConnection');
  }
  if (typeof path !== 'string') throw wrongType('createUnixConnection: path', 'a path', path);
  return new Coroutine(
    connectionSteps(factory, connectNewSocket({ family: AF_UNIX, protocol: 0, address: { path } })),
    'createUnixConnection',
  );
}

/**
 * Makes a connection of a socket that was accepted elsewhere: by `sockAccept`, by another process, by an inherited listener. The
 * transport takes it over; if this fails, it is closed.
 */
export function connectAcceptedSocket<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  socket: Socket,
): Coroutine<Connection<P>> {
  checkFactory('connectAcceptedSocket', factory);
  checkStreamSocket('connectAcceptedSocket', socket);
  return new Coroutine(connectProtocol(socket, factory), 'connectAcceptedSocket');
}
