/** Makes TCP and UNIX servers. */

import { outOfRange, ownOptions, wrongHost, wrongType, checkNames, optionNames } from '../errors/index.js';
import { CallSite } from '../loop/program-stack.js';
import { isUint8Array } from '../platform/bytes.js';
import { resolve } from '../platform/files.js';
import { isFilePath } from '../sockets/address.js';
import { checkInt, checkPort } from '../sockets/arguments.js';
import { AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM, Socket, type UnixAddress } from '../sockets/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { coroutineOfCall } from '../tasks/call-coroutine.js';
import type { Coroutine, Steps } from '../tasks/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkAbsent, checkFactory, checkFlag, checkMaximum, checkStreamSocket } from '../transports/arguments.js';
import { checkNodeRuns } from '../bridge/needs-node.js';
import { SocketTransport } from '../transports/socket-transport.js';
import type { ProtocolFactory } from '../transports/start-transport.js';
import { checkProtocol } from '../transports/stream-transport.js';
import { tlsServing } from '../tls/accept-tls.js';
import { type TlsServeOptions, type TlsServerLimits, type TlsServerSide, serverSide } from '../tls/tls-options.js';
import { type BindToPathOptions, bindToPath, checkBindToPath, identityOf, removeOwnSocket } from '../sock/unix-path.js';
import { AcceptGate } from './accept-gate.js';
import { type BindOptions, bindSockets } from './bind-sockets.js';
import { checkListenFds, passedSockets } from './passed-sockets.js';
import { type Serve, Server } from './server.js';
import { SERVER_NAMES, UNIX_SERVER_NAMES } from './option-names.js';

const SLASH = 0x2f;

/** Options for listening. */
export interface ServeOptions extends TlsServeOptions, TlsServerLimits {
  /** The length of the kernel's accept queue. Default: 100; a socket that listens already keeps its own. */
  backlog?: number;
  /**
   * The number of open connections at which the server stops accepting, an integer >= 1 or Infinity. Further connections wait in the
   * kernel's queue until one has ended: they cost the process nothing, and their clients need not retry. Node would accept and close them.
   * Default: Infinity, because only the program knows what a connection costs it.
   */
  maxConnections?: number;
  /** Whether to accept connections immediately. false: only after `startServing()` or `serveForever()`. Default: true. */
  startServing?: boolean;
  /** A bound stream socket to listen on, instead of an address. The server owns it from then on. */
  socket?: Socket;
  /**
   * Listen on the sockets that a service manager or `serveWorkers` has opened for this process (see {@link listenFds}), instead of on the
   * address: those of this name, or with true all stream sockets. Without such sockets the server listens on the address. Default: false.
   */
  listenFds?: boolean | string;
}

/** Returns how a server handles its connections, once the loop is known. The gate stops it from accepting. @internal */
export type MakeServe = (loop: LoopCore, gate: AcceptGate) => Serve;

/** Options of `createServer`. */
export interface CreateServerOptions extends ServeOptions, BindOptions {}

const SERVER_OPTIONS = optionNames<CreateServerOptions>(SERVER_NAMES);

/** Options of `createUnixServer`. */
export interface CreateUnixServerOptions extends ServeOptions, BindToPathOptions {
  /** Remove the socket file when the server closes, unless another server has replaced it. Default: true. */
  cleanupSocket?: boolean;
}

const UNIX_SERVER_OPTIONS = optionNames<CreateUnixServerOptions>(UNIX_SERVER_NAMES);

/**
 * Makes a server. For each connection `factory` makes a protocol, whose `connectionMade` gets the transport.
 *
 * An error thrown by `factory` or `connectionMade` goes to the exception handler and ends that connection.
 *
 * @param host a name or an address, or a list of them; '' or null: all interfaces, IPv4 and IPv6
 * @param port 0 or null: the kernel chooses a port, a different one for each address; see `server.sockets`
 * @throws TypeError or RangeError for misuse, immediately. When awaited: OSError EADDRINUSE, EACCES or EADDRNOTAVAIL, with the address, if
 *   any address cannot be bound; ResolutionError
 *
 * @example
 * import { type Transport, createServer, openConnection, run } from 'selectloop';
 *
 * const greet = () => ({
 *   connectionMade(transport: Transport) {
 *     transport.write(Buffer.from('welcome'));
 *     transport.close();
 *   },
 * });
 *
 * await run(async () => {
 *   const server = await createServer(greet, '127.0.0.1', 0);
 *   const { reader, writer } = await openConnection('127.0.0.1', server.port);
 *   console.log(String(await reader.read())); // welcome
 *   writer.close();
 *   server.close();
 *   await server.waitClosed();
 * });
 */
export function createServer(
  factory: ProtocolFactory,
  host: string | readonly string[] | null,
  port: number | null,
  given: CreateServerOptions = {},
): Coroutine<Server> {
  checkNames('createServer: options', given, SERVER_OPTIONS);
  return serverFor(new CallSite(createServer, 'createServer'), factory, host, port, given);
}

/** Does what `createServer` does, on behalf of the function that the program called. @internal */
export function serverFor(
  call: CallSite,
  factory: ProtocolFactory,
  host: string | readonly string[] | null,
  port: number | null,
  given: CreateServerOptions,
): Coroutine<Server> {
  const { method } = call;
  const options = ownOptions(`${method}: options`, given);
  checkFactory(method, factory);
  const tls = serverSide(method, options);
  return socketServerFor(call, protocolServing(method, factory, tls), host, port, options);
}

/** Does what `serverFor` does, with connections that need not have a protocol. @internal */
export function socketServerFor(
  call: CallSite,
  makeServe: MakeServe,
  host: string | readonly string[] | null,
  port: number | null,
  options: CreateServerOptions,
): Coroutine<Server> {
  const { method } = call;
  checkServeOptions(method, options);
  checkFlag(`${method}: reuseAddress`, options.reuseAddress);
  checkFlag(`${method}: reusePort`, options.reusePort);
  if (options.family !== undefined) checkInt(`${method}: family`, options.family);
  const { socket } = options;
  if (socket !== undefined) {
    checkAbsent(`${method}: host`, host);
    checkAbsent(`${method}: port`, port);
    checkStreamSocket(method, socket);
    return coroutineOfCall(call, inetServerSteps(makeServe, [socket], options));
  }
  const hosts = checkHosts(method, host, port);
  const checkedPort = checkPort(`${method}: port`, port ?? 0);
  const binding = passedOrBound(method, hosts, checkedPort, options);
  return coroutineOfCall(call, inetServerSteps(makeServe, binding, options));
}

function* passedOrBound(
  method: string,
  hosts: ReadonlyArray<string | null>,
  port: number,
  options: CreateServerOptions,
): Steps<Socket[]> {
  const passed = passedSockets(method, options.listenFds).map(({ socket }) => socket);
  return passed.length > 0 ? passed : yield* bindSockets(hosts, port, options);
}

/**
 * Makes a server on a UNIX socket: a path, or a name in the abstract namespace, which begins with '\0'.
 *
 * If there is a socket at the path already, it is replaced if no process listens on it; a live server there gets one connection that is
 * closed immediately, and the error is an OSError EADDRINUSE, unless `replace` is true. So is it for any other file, which is never removed.
 * Otherwise like {@link createServer}.
 */
export function createUnixServer(
  factory: ProtocolFactory,
  path: string | Uint8Array | null,
  given: CreateUnixServerOptions = {},
): Coroutine<Server> {
  checkNames('createUnixServer: options', given, UNIX_SERVER_OPTIONS);
  return unixServerFor(new CallSite(createUnixServer, 'createUnixServer'), factory, path, given);
}

/** Does what `createUnixServer` does, on behalf of the function that the program called. @internal */
export function unixServerFor(
  call: CallSite,
  factory: ProtocolFactory,
  path: string | Uint8Array | null,
  given: CreateUnixServerOptions,
): Coroutine<Server> {
  const { method } = call;
  const options = ownOptions(`${method}: options`, given);
  checkFactory(method, factory);
  checkServeOptions(method, options);
  const tls = serverSide(method, options);
  checkFlag(`${method}: cleanupSocket`, options.cleanupSocket);
  const { socket } = options;
  checkBindToPath(method, options, path);
  if (socket !== undefined) {
    checkAbsent(`${method}: path`, path);
    checkStreamSocket(method, socket, AF_UNIX);
  } else if (typeof path !== 'string' && !isUint8Array(path)) throw wrongType(`${method}: path`, 'a path', path);
  return coroutineOfCall(call, unixServerSteps(method, protocolServing(method, factory, tls), path ?? '', options));
}

/** Gives each connection a protocol, on the socket itself or over TLS. */
function protocolServing(method: string, factory: ProtocolFactory, tls: TlsServerSide | null): MakeServe {
  return (loop, gate) => {
    if (tls === null) return plainServing(loop, factory);
    checkNodeRuns(loop, `${method} with tls`);
    return tlsServing(loop, gate, factory, tls);
  };
}

function plainServing(loop: LoopCore, factory: ProtocolFactory): Serve {
  return ({ socket, address }, tracker) => {
    const protocol = factory();
    checkProtocol('factory', protocol);
    new SocketTransport(loop, socket, protocol, { peername: address, tracker, side: 'server' });
  };
}

function* inetServerSteps(
  makeServe: MakeServe,
  sockets: readonly Socket[] | Steps<Socket[]>,
  options: CreateServerOptions,
): Steps<Server> {
  const gate = new AcceptGate();
  const serve = makeServe(currentLoop(), gate);
  return yield* serverSteps({ serve, gate }, 'next' in sockets ? yield* sockets : sockets, options);
}

function* unixServerSteps(
  method: string,
  makeServe: MakeServe,
  path: string | Uint8Array,
  options: CreateUnixServerOptions,
): Steps<Server> {
  const gate = new AcceptGate();
  const serve = makeServe(currentLoop(), gate);
  const passed = passedSockets(method, options.listenFds).map(({ socket }) => socket);
  // The file of a passed socket belongs to the process that has made it, and is needed by the next server.
  if (passed.length > 0) return yield* serverSteps({ serve, gate }, passed, options);
  const { socket = boundToPath(path, options), cleanupSocket = true } = options;
  const name = pathOf(socket);
  const file = absolute(name);
  const own = cleanupSocket && isFilePath(name) ? identityOf(file) : null;
  const onClose = own === null ? undefined : (): void => removeOwnSocket(file, own);
  return yield* serverSteps({ serve, gate }, [socket], options, onClose);
}

function* serverSteps(
  serving: { serve: Serve; gate: AcceptGate },
  sockets: readonly Socket[],
  options: ServeOptions,
  onClose?: () => void,
): Steps<Server> {
  const { backlog = null, startServing = true, maxConnections = Infinity } = options;
  for (const socket of sockets) socket.setBlocking(false);
  const server = new Server(currentLoop(), {
    sockets,
    backlog,
    maxConnections,
    ...serving,
    ...(onClose && { onClose }),
  });
  let complete = false;
  try {
    if (startServing) yield* server.startServing();
    complete = true;
    return server;
  } finally {
    if (!complete) server.close();
  }
}

/** Returns the name of the socket, which the server owns already: it is closed if the kernel reports an error. */
function pathOf(socket: Socket): UnixAddress['path'] {
  try {
    return (socket.getsockname() as UnixAddress).path;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Makes a path absolute, because the program may change its directory. */
function absolute(path: string | Uint8Array): string | Buffer {
  if (typeof path === 'string') return resolve(path);
  return path[0] === SLASH ? Buffer.from(path) : Buffer.concat([Buffer.from(`${process.cwd()}/`), path]);
}

function boundToPath(path: string | Uint8Array, options: BindToPathOptions): Socket {
  const socket = new Socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  try {
    bindToPath(socket, path, options);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function checkServeOptions(method: string, options: ServeOptions): void {
  const { backlog, maxConnections, startServing, socket, listenFds } = options;
  checkListenFds(method, listenFds);
  if (socket !== undefined && listenFds !== false) checkAbsent(`${method}: listenFds`, listenFds);
  if (backlog !== undefined) checkInt(`${method}: backlog`, backlog);
  if (maxConnections !== undefined) checkMaximum(`${method}: maxConnections`, maxConnections);
  checkFlag(`${method}: startServing`, startServing);
}

/** Checks the hosts and returns them as a list; null means all interfaces. */
export function checkHosts(method: string, host: unknown, port: unknown): ReadonlyArray<string | null> {
  const expected = 'a host name or an address, a list of them, or null';
  if (host === null || host === undefined) {
    if (port === null || port === undefined) {
      throw wrongType(`${method}: host`, 'a host, a port or a socket', host);
    }
    return [null];
  }
  if (typeof host === 'string') return [host];
  if (!Array.isArray(host)) throw wrongHost(`${method}: host`, expected, host);
  for (const one of host) if (typeof one !== 'string') throw wrongType(`${method}: host`, expected, one);
  if (host.length === 0) throw outOfRange(`${method}: host`, 'at least one host', host);
  return host as string[];
}
