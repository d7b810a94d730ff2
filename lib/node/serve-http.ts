/** Serves `node:http` servers on the listening sockets of a loop. */

import http from 'node:http';
import type net from 'node:net';
import type tls from 'node:tls';

import { checkNodeRuns, destroyWithLoop } from '../bridge/index.js';
import { InvalidStateError, ownOptions, wrongType, checkNames, optionNames } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { CallSite } from '../loop/program-stack.js';
import { socketServerFor } from '../servers/create-server.js';
import { type CreateServerOptions, type Server } from '../servers/index.js';
import type { Serve } from '../servers/server.js';
import { currentLoop } from '../tasks/current-loop.js';
import type { Address } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { type AcceptGate, Handshakes } from '../tls/handshakes.js';
import { nodeTls } from '../tls/node-tls.js';
import { type TlsServerSide, serverSide } from '../tls/tls-options.js';
import { publishClose, publishOpen, publishTlsFailed } from '../transports/diagnostics.js';
import { checkFlag } from '../transports/arguments.js';
import type { Connected, ConnectionTracker } from '../transports/open-transports.js';
import { guardListeners } from './guarded-listeners.js';
import { type ListeningServer, countConnectionsOf, isNetServer, startListening } from './listening.js';
import { RequestsInFlight } from './requests-in-flight.js';
import { SERVER_NAMES } from '../servers/option-names.js';

const OPTIONS = optionNames<CreateServerOptions>(SERVER_NAMES);

/**
 * Serves a host and port with a `node:http` server: your own, or that of Express, Fastify and others. This loop listens and accepts;
 * each connection becomes a `net.Socket`, and everything that Node does with it (parsing, keep-alive, upgrades, timeouts) works as after
 * `listen`.
 *
 * With `tls` a `node:http` server serves https: its connections are `TLSSocket`s, and it emits 'secureConnection' and 'tlsClientError' as
 * a `node:https` server does. A server of `node:https` or `node:http2` has its own certificate and is served without `tls`.
 *
 * Do not call `listen` on the http server. When the promise resolves, the server is `listening` and `address()` returns its first
 * address. `maxConnections`, 'drop', `getConnections` and `close(callback)` work as after `listen`: `close` closes idle connections,
 * waits for requests in flight, and calls back after the last connection has closed. Closing the http server also closes the returned
 * server, and vice versa. `closeClients()` ends each connection after its pending writes have been sent.
 *
 * An error thrown by a listener of the http server ('request', 'upgrade', 'checkContinue' ...), or the rejection of an async one, goes to the
 * loop's exception handler. The client gets a response with the status 500 if none has begun; otherwise the connection is destroyed. The
 * process continues. Errors in other listeners, such as those of a request's 'data', are uncaught
 * exceptions, as in Node.
 *
 * Two limits can be combined. The property `maxConnections` of the http server closes further connections and emits 'drop', as in Node. The
 * option `maxConnections` makes them wait in the kernel's queue.
 *
 * @param host the host, as for `createServer`
 * @param port the port, as for `createServer`
 * @param given as for `createServer`, except that `tlsShutdownTimeoutMs` is refused: Node closes these connections
 * @throws the errors of `createServer`; InvalidStateError if the http server is already listening; LoopError ERR_NEEDS_HOST in a
 *   blocking loop
 *
 * @example
 * import http from 'node:http';
 * import { run } from 'selectloop';
 * import { serveHttp } from 'selectloop/node';
 *
 * await run(async () => {
 *   const httpServer = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
 *   const server = await serveHttp(httpServer, '127.0.0.1', 0);
 *   const response = await fetch(`http://127.0.0.1:${server.port}/tea`);
 *   console.log(await response.text()); // you asked for /tea
 *   httpServer.closeAllConnections();
 *   server.close();
 *   await server.waitClosed();
 * });
 */
export function serveHttp(
  httpServer: net.Server,
  host: string | readonly string[] | null,
  port: number | null,
  given: CreateServerOptions = {},
): Coroutine<Server> {
  checkNames('serveHttp: options', given, OPTIONS);
  const options = ownOptions('serveHttp: options', given);
  if (!isNetServer(httpServer))
    throw wrongType('serveHttp', 'a server of node:http, such as http.createServer(app)', httpServer);
  const tls = serverSide('serveHttp', options);
  if (tls !== null && !isPlainHttp(httpServer))
    throw wrongType('serveHttp: tls', 'undefined, unless the server is one of node:http', options.tls);
  if (options.tlsShutdownTimeoutMs !== undefined) {
    const expected = 'undefined, because node:tls closes these connections';
    throw wrongType('serveHttp: tlsShutdownTimeoutMs', expected, options.tlsShutdownTimeoutMs);
  }
  checkFlag('serveHttp: startServing', options.startServing);
  const serving = new Serving(httpServer, tls);
  const call = new CallSite(serveHttp, 'serveHttp');
  const creating = socketServerFor(call, (loop, gate) => serving.serveBehind(loop, gate), host, port, {
    ...options,
    startServing: false,
  });
  return new Coroutine(serveSteps(serving, creating, options.startServing ?? true), 'serveHttp');
}

function* serveSteps(serving: Serving, creating: Coroutine<Server>, startServing: boolean): Steps<Server> {
  checkNodeRuns(currentLoop(), 'serveHttp');
  const server = yield* creating;
  let complete = false;
  try {
    serving.listen(currentLoop(), server);
    if (startServing) yield* server.startServing();
    complete = true;
    return server;
  } finally {
    if (!complete) server.close();
  }
}

/** Returns true for a `node:http` server. A `node:https` server does not extend that class, and does its own TLS. */
const isPlainHttp = (server: net.Server): server is http.Server => server instanceof http.Server;

/** Connects an http server to a Server of this library. */
class Serving {
  /** Passes connections to the http server and delays its 'close'. Set by `listen`. */
  private listening: ListeningServer | null = null;
  /** Gets the socket of the connection that is being accepted; null otherwise. */
  private onArrival: ((socket: net.Socket) => void) | null = null;
  /** Maps a socket below TLS to its TLSSocket. */
  private readonly topOf = new WeakMap<net.Socket, net.Socket>();
  /** The handshakes of the option `tls`. */
  private handshakes: Handshakes | null = null;
  /** Maps a socket below TLS to the function to call when its handshake has ended. */
  private readonly handshakeOf = new WeakMap<net.Socket, () => void>();

  constructor(
    private readonly httpServer: net.Server,
    private readonly tls: TlsServerSide | null,
  ) {}

  /** Returns how connections are served. The gate stops the server from accepting while too many handshakes are in progress. */
  serveBehind(loop: LoopCore, gate: AcceptGate): Serve {
    if (this.tls !== null) this.handshakes = new Handshakes(loop, this.tls.maxHandshakes, gate);
    return ({ socket }, tracker) => {
      this.onArrival = (connection) => this.keep(connection, tracker);
      try {
        this.listening!.accept(socket);
      } finally {
        this.onArrival = null;
      }
    };
  }

  /** Makes the http server listen, and makes closing either server close the other. */
  listen(loop: LoopCore, server: Server): void {
    const { httpServer, tls } = this;
    if (httpServer.listening)
      throw new InvalidStateError(
        'serveHttp: the http server is already listening; serve it once, and do not call listen()',
      );
    const address = server.sockets[0]!.getsockname();
    const requests = new RequestsInFlight(httpServer);
    const stopGuarding = guardListeners(loop, httpServer, (name, first, second) => {
      if (name === 'connection') this.arrived(loop, first as net.Socket);
      else if (name === 'secureConnection') this.secured(first as net.Socket);
      else requests.onEvent(name, first, second);
    });
    server._whenDraining(() => requests.drain());
    let open = true;
    const onClose = (): void => {
      open = false;
      server.close();
    };
    try {
      // The TLS server comes first: if node:tls rejects the certificate, the http server is still untouched.
      const overTls = tls === null ? null : startListening(this.makeTlsServer(loop, tls), address, () => undefined);
      const { accept, holdClose } = startListening(httpServer, address, onClose);
      this.listening = { accept: overTls?.accept ?? accept, holdClose };
    } catch (error) {
      stopGuarding();
      throw error;
    }
    server._whenClosed(() => {
      if (open) httpServer.close();
    });
  }

  /** Makes the TLS server in front of the http server, as in `https.Server`: it passes on connections after their handshake. */
  private makeTlsServer(loop: LoopCore, { options, timeouts }: TlsServerSide): tls.Server {
    const { httpServer } = this;
    const alpn = options.ALPNProtocols ?? options.ALPNCallback;
    const { noDelay, keepAlive, keepAliveInitialDelay, highWaterMark } = httpServer as unknown as SocketDefaults;
    const tlsServer = nodeTls().createServer({
      noDelay,
      keepAlive,
      keepAliveInitialDelay: keepAliveInitialDelay * 1000,
      highWaterMark,
      handshakeTimeout: timeouts.handshakeMs,
      ...(alpn === undefined && { ALPNProtocols: ['http/1.1'] }),
      ...options,
    });
    countConnectionsOf(tlsServer, httpServer);
    tlsServer.prependListener('connection', (socket: net.Socket) => {
      this.arrived(loop, socket);
      this.handshakeBegins(socket);
    });
    tlsServer.on('secureConnection', (socket) => {
      const below = socketBelow(socket);
      if (below !== undefined) this.handshakeOf.get(below)?.();
      httpServer.emit('connection', socket);
      httpServer.emit('secureConnection', socket);
    });
    tlsServer.on('tlsClientError', (error, socket) => {
      publishTlsFailed(error, () => peernameOf(socket));
      if (loop.getDebug()) loop.callExceptionHandler({ message: 'TLS handshake failed', exception: error });
      httpServer.emit('tlsClientError', error, socket);
      if (!httpServer.emit('clientError', error, socket)) socket.destroy(error);
    });
    tlsServer.on('drop', (data?: net.DropArgument) => httpServer.emit('drop', data));
    return tlsServer;
  }

  /** Handles 'connection': an accepted connection, or one that the program itself emits, which the server does not count. */
  private arrived(loop: LoopCore, socket: net.Socket): void {
    const { onArrival } = this;
    if (onArrival === null) return;
    this.onArrival = null;
    onArrival(socket);
    destroyWithLoop(loop, socket);
  }

  private handshakeBegins(socket: net.Socket): void {
    const ended = this.handshakes!.begin(() => socket.destroy());
    this.handshakeOf.set(socket, ended);
    socket.once('close', ended);
  }

  private keep(socket: net.Socket, tracker: ConnectionTracker): void {
    const connection: Connected = {
      close: () => (this.topOf.get(socket) ?? socket).destroySoon(),
      abort: () => void socket.destroy(),
    };
    const release = this.listening!.holdClose();
    tracker.opened(connection, connection);
    publishOpen('server', socket, null);
    socket.once('close', () => {
      tracker.closed(connection);
      release();
      publishClose('server', socket, null, socket.errored);
    });
  }

  /** Registers the TLSSocket as the one to close: closing the socket below it would lose unsent bytes. */
  private secured(socket: net.Socket): void {
    const below = socketBelow(socket);
    if (below !== undefined) this.topOf.set(below, socket);
  }
}

/** Returns the socket that carries the ciphertext of a TLSSocket. */
function socketBelow(socket: net.Socket): net.Socket | undefined {
  return (socket as unknown as { _parent?: net.Socket })._parent;
}

function peernameOf({ remoteAddress, remotePort }: net.Socket): Address | null {
  return remoteAddress === undefined ? null : { host: remoteAddress, port: remotePort ?? 0 };
}

/** The options for accepted sockets that `node:net` stores in a server. Times are in seconds. */
interface SocketDefaults {
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelay: number;
  readonly highWaterMark: number;
}
