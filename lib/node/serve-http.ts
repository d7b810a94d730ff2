/** node:http on this loop's sockets. */

import type { Server as HttpServer } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';

import { isFatal, wrongType } from '../errors/index.js';
import { checkNodeRuns, toNodeSocket } from '../bridge/index.js';
import { type ContextCarrier, captureContext, enterCarrier, leaveCarrier } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { createServerFor } from '../servers/create-server.js';
import { type CreateServerOptions, type Server } from '../servers/index.js';
import type { Serve } from '../servers/server.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import type { Connected } from '../transports/open-transports.js';
import { nodeTls } from '../tls/node-tls.js';
import { type TlsServerSide, serverSide } from '../tls/tls-options.js';

/**
 * Serves a host and port with a server of `node:http`: one of your own, or that of Express, Fastify and others. This loop accepts the
 * connections; from then on each is a `net.Socket`, and all that Node does with one (parsing, keep-alive, upgrades, timeouts) is the
 * same as after `listen`. With `tls` it serves https: connections go through a `tls.Server` made of these options.
 *
 * Do not call `listen` on the http server. It emits 'listening' when it is served and 'close' in the end, and `httpServer.close()`
 * closes the server that is returned, as the other way round: idle connections are closed, requests under way are
 * answered; `waitClosed` waits for them.
 *
 * What a request listener throws is reported to the loop's exception handler, and ends its connection: the process goes on.
 *
 * @param host,port,options as of `createServer`
 *
 * Errors are those of `createServer`; LoopError ERR_NEEDS_HOST in a blocking loop.
 */
export function serveHttp(
  httpServer: HttpServer,
  host: string | readonly string[] | null,
  port: number | null,
  options: CreateServerOptions = {},
): Coroutine<Server> {
  const { emit, closeIdleConnections } = (httpServer ?? {}) as Partial<HttpServer>;
  if (typeof emit !== 'function' || typeof closeIdleConnections !== 'function')
    throw wrongType('serveHttp', 'a server of node:http', httpServer);
  const tls = serverSide('createServer', options);
  const makeServe = (loop: LoopCore): Serve => httpServing(loop, httpServer, tls);
  return new Coroutine(serveSteps(httpServer, createServerFor(makeServe, host, port, options)), 'serveHttp');
}

function* serveSteps(httpServer: HttpServer, creating: Coroutine<Server>): Steps<Server> {
  checkNodeRuns(currentLoop(), 'serveHttp');
  const server = yield* creating;
  const close = (): void => server.close();
  httpServer.once('close', close);
  server._whenClosed(() => {
    httpServer.off('close', close);
    httpServer.close(); // ends its timer, and its idle connections; and emits 'close'
  });
  httpServer.emit('listening'); // starts the timer that looks for requests that never end
  return server;
}

/** Each connection becomes a socket of Node's, as the http server would have accepted it. */
function httpServing(loop: LoopCore, httpServer: HttpServer, tls: TlsServerSide | null): Serve {
  const receiver = tls === null ? httpServer : httpsGate(httpServer, tls);
  const { noDelay, keepAlive, keepAliveInitialDelay } = httpServer as unknown as SocketDefaults;
  const servedBy: ServedBy = { loop, _context: captureContext(), _carriedTask: null };
  guardListeners(httpServer);
  return ({ socket }, keeper) => {
    const nodeSocket = toNodeSocket(loop, socket, { allowHalfOpen: true });
    if (noDelay) nodeSocket.setNoDelay(true);
    if (keepAlive) nodeSocket.setKeepAlive(true, keepAliveInitialDelay * 1000);
    served.set(nodeSocket, servedBy);
    const connection: Connected = {
      close: () => (topOf.get(nodeSocket) ?? nodeSocket).destroySoon(),
      abort: () => void nodeSocket.destroy(),
    };
    keeper.opened(connection, connection);
    nodeSocket.once('close', () => keeper.gone(connection));
    receiver.emit('connection', nodeSocket);
  };
}

/** What `node:net` keeps of the options of a server. Times are in seconds. */
interface SocketDefaults {
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelay: number;
}

/** For a socket below TLS, the TLSSocket. */
const topOf = new WeakMap<NetSocket, NetSocket>();

/** TLS is established on one of our sockets. */
function secured(socket: NetSocket): void {
  const { _parent: below } = socket as unknown as { _parent: NetSocket };
  const servedBy = served.get(below);
  if (servedBy === undefined) return;
  topOf.set(below, socket);
  served.set(socket, servedBy);
}

/** What https.Server is to http.Server: the connections that TLS is established on go to `httpServer`. */
function httpsGate(httpServer: HttpServer, { options, timeouts }: TlsServerSide): TlsServer {
  const alpn = options.ALPNProtocols ?? options.ALPNCallback;
  const gate = nodeTls().createServer({
    handshakeTimeout: timeouts.handshakeMs,
    ...(alpn === undefined && { ALPNProtocols: ['http/1.1'] }),
    ...options,
  });
  gate.on('secureConnection', (socket) => {
    secured(socket);
    httpServer.emit('connection', socket);
  });
  gate.on('tlsClientError', (error, socket) => {
    httpServer.emit('tlsClientError', error, socket);
    if (!httpServer.emit('clientError', error, socket)) socket.destroy(error);
  });
  return gate;
}

// --- Errors of listeners --------------------------------------------------------------------------------------------

/** The loop that serves a connection, and the context of the code that has called `serveHttp`. */
interface ServedBy extends ContextCarrier {
  readonly loop: LoopCore;
}

/** By the sockets that we have made. */
const served = new WeakMap<object, ServedBy>();
const guarded = new WeakSet<HttpServer>();

/**
 * Runs the listeners of requests on our connections in the context of the server, and reports what they throw. Node calls them from
 * its parser, where an error would be an uncaught exception of the process.
 */
function guardListeners(httpServer: HttpServer): void {
  if (guarded.has(httpServer)) return;
  guarded.add(httpServer);
  httpServer.prependListener('secureConnection', secured); // a server of node:https does TLS itself
  const emit = httpServer.emit.bind(httpServer) as (name: string | symbol, ...args: unknown[]) => boolean;
  httpServer.emit = (name: string | symbol, ...args: unknown[]): boolean => {
    const socket = (args[0] as { socket?: NetSocket } | undefined)?.socket;
    const servedBy = socket && served.get(socket);
    if (servedBy === undefined) return emit(name, ...args);
    const previous = enterCarrier(servedBy);
    try {
      return emit(name, ...args);
    } catch (exception) {
      if (isFatal(exception)) throw exception;
      const message = `a listener of ${String(name)} of the http server failed`;
      servedBy.loop.callExceptionHandler({ message, exception });
      socket!.destroy();
      return true;
    } finally {
      leaveCarrier(previous);
    }
  };
}
