/** Connects protocols to TCP and UNIX sockets. */

import { ownOptions, wrongHost, wrongType, checkNames, optionNames } from '../errors/index.js';
import { CallSite } from '../loop/program-stack.js';
import { isUint8Array } from '../platform/bytes.js';
import { checkPort } from '../sockets/arguments.js';
import { AF_UNIX, Socket } from '../sockets/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { coroutineOfCall } from '../tasks/call-coroutine.js';
import type { Abortable, Coroutine, Steps } from '../tasks/index.js';
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
import type { ConnectionSide } from '../transports/diagnostics.js';
import { type Connection, type ProtocolFactory, connectProtocol } from '../transports/start-transport.js';
import { ACCEPTED_NAMES, CONNECTION_NAMES, UNIX_CONNECTION_NAMES } from './option-names.js';

/** Options of `createConnection`. */
export interface CreateConnectionOptions extends ConnectOptions, TlsConnectOptions {
  /** A connected stream socket, owned by the transport from then on. Host and port must be null. */
  socket?: Socket;
}

const CONNECTION_OPTIONS = optionNames<CreateConnectionOptions>(CONNECTION_NAMES);

/** Options of `createUnixConnection`. */
export interface CreateUnixConnectionOptions extends TlsConnectOptions, Abortable {
  /** A connected AF_UNIX stream socket, owned by the transport from then on. The path must be null. */
  socket?: Socket;
}

const UNIX_CONNECTION_OPTIONS = optionNames<CreateUnixConnectionOptions>(UNIX_CONNECTION_NAMES);

const ACCEPTED_OPTIONS = optionNames<TlsServeOptions & Abortable>(ACCEPTED_NAMES);

function* connectionSteps<P extends StreamProtocol>(
  method: string,
  factory: ProtocolFactory<P>,
  source: Socket | Steps<Socket>,
  tls: TlsSide | null,
  side: ConnectionSide,
): Steps<Connection<P>> {
  if (tls !== null) checkNodeRuns(currentLoop(), `${method} with tls`);
  const socket = source instanceof Socket ? source : yield* source;
  return yield* tls === null ? connectProtocol(socket, factory, side) : connectTls(socket, factory, tls, side);
}

/**
 * Connects to a host and port. Returns the transport and the protocol that `factory` made, once `connectionMade` has been called.
 *
 * If the name has several addresses, they are tried in turn, or in parallel with `happyEyeballsDelayMs`. With `tls`, the protocol is made
 * after the handshake. Cancelling it leaves no socket open.
 *
 * @throws TypeError or RangeError for misuse, immediately. When awaited: ResolutionError; OSError such as ECONNREFUSED; if several
 *   addresses fail in different ways, one OSError "Multiple exceptions: ..." whose `cause` is an ExceptionGroup. A failed handshake
 *   throws the error of `node:tls`, with a code such as DEPTH_ZERO_SELF_SIGNED_CERT or ERR_TLS_CERT_ALTNAME_INVALID; OSError
 *   ECONNRESET if the peer disconnects during it; TimeoutError
 *
 * @example
 * import { Future, type Transport, createConnection, run, startServer } from 'selectloop';
 *
 * class Shout {
 *   readonly answer = new Future<string>();
 *
 *   connectionMade(transport: Transport) {
 *     transport.write(Buffer.from('hello\n'));
 *   }
 *
 *   dataReceived(data: Buffer) {
 *     this.answer.setResult(String(data).trim());
 *   }
 * }
 *
 * await run(async () => {
 *   const server = await startServer(async (reader, writer) => {
 *     const line = await reader.readline();
 *     writer.write(Buffer.from(String(line).toUpperCase()));
 *     writer.close();
 *   }, '127.0.0.1', 0);
 *   const { transport, protocol } = await createConnection(() => new Shout(), '127.0.0.1', server.port);
 *   console.log(await protocol.answer); // HELLO
 *   transport.close();
 *   server.close();
 *   await server.waitClosed();
 * });
 */
export function createConnection<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  host: string | null,
  port: number | null,
  given: CreateConnectionOptions = {},
): Coroutine<Connection<P>> {
  checkNames('createConnection: options', given, CONNECTION_OPTIONS);
  return connectionFor(new CallSite(createConnection, 'createConnection'), factory, host, port, given);
}

/** @internal `createConnection` on behalf of the function that the program called. */
export function connectionFor<P extends StreamProtocol>(
  call: CallSite,
  factory: ProtocolFactory<P>,
  host: string | null,
  port: number | null,
  given: CreateConnectionOptions,
): Coroutine<Connection<P>> {
  const { method } = call;
  const options = ownOptions(`${method}: options`, given);
  checkFactory(method, factory);
  checkConnectOptions(method, options);
  const tls = clientSide(method, options, host);
  const { socket } = options;
  if (socket !== undefined) {
    checkAbsent(`${method}: host`, host);
    checkAbsent(`${method}: port`, port);
    checkStreamSocket(method, socket);
    return coroutineOfCall(call, connectionSteps(method, factory, socket, tls, 'client'), options);
  }
  if (typeof host !== 'string') throw wrongHost(`${method}: host`, 'a host name or an address', host);
  const checkedPort = checkPort(`${method}: port`, port);
  const connecting = connectSocket(host, checkedPort, options);
  return coroutineOfCall(call, connectionSteps(method, factory, connecting, tls, 'client'), options);
}

/**
 * Connects to a UNIX socket: a path, or a name in the abstract namespace, which begins with '\0'.
 *
 * OSError ENOENT if the path does not exist, ECONNREFUSED if no process listens there. Otherwise like {@link createConnection}.
 */
export function createUnixConnection<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  path: string | Uint8Array | null,
  given: CreateUnixConnectionOptions = {},
): Coroutine<Connection<P>> {
  checkNames('createUnixConnection: options', given, UNIX_CONNECTION_OPTIONS);
  return unixConnectionFor(new CallSite(createUnixConnection, 'createUnixConnection'), factory, path, given);
}

/** @internal `createUnixConnection` on behalf of the function that the program called. */
export function unixConnectionFor<P extends StreamProtocol>(
  call: CallSite,
  factory: ProtocolFactory<P>,
  path: string | Uint8Array | null,
  given: CreateUnixConnectionOptions,
): Coroutine<Connection<P>> {
  const { method } = call;
  const options = ownOptions(`${method}: options`, given);
  checkFactory(method, factory);
  const tls = clientSide(method, options, null);
  const { socket } = options;
  if (socket !== undefined) {
    checkAbsent(`${method}: path`, path);
    checkStreamSocket(method, socket, AF_UNIX);
    return coroutineOfCall(call, connectionSteps(method, factory, socket, tls, 'client'), options);
  }
  if (typeof path !== 'string' && !isUint8Array(path)) throw wrongType(`${method}: path`, 'a path', path);
  const connecting = connectNewSocket({ family: AF_UNIX, protocol: 0, address: { path } });
  return coroutineOfCall(call, connectionSteps(method, factory, connecting, tls, 'client'), options);
}

/**
 * Makes a connection from a socket that was accepted elsewhere: by `sockAccept`, by another process, or through an inherited listener.
 * The transport owns the socket from then on; if this fails or is cancelled, the socket is closed.
 *
 * With `tls`, this side is the server of the handshake, and the protocol is made after it. TLS errors are those of
 * {@link createConnection}.
 */
export function connectAcceptedSocket<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  socket: Socket,
  given: TlsServeOptions & Abortable = {},
): Coroutine<Connection<P>> {
  const call = new CallSite(connectAcceptedSocket, 'connectAcceptedSocket');
  const { method } = call;
  checkNames(`${method}: options`, given, ACCEPTED_OPTIONS);
  const options = ownOptions(`${method}: options`, given);
  checkFactory(method, factory);
  checkStreamSocket(method, socket);
  const tls = serverSide(method, options);
  return coroutineOfCall(call, connectionSteps(method, factory, socket, tls, 'server'), options);
}
