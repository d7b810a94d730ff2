/** node:http on this loop's sockets. */

import type { Server as HttpServer } from 'node:http';

import { wrongType } from '../errors/index.js';
import { type CreateServerOptions, type Server, createServer } from '../servers/index.js';
import { type Transport } from '../transports/index.js';
import { checkNodeRuns } from '../bridge/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { SocketDuplex } from './socket-duplex.js';

/**
 * Serves a host and port with a server of `node:http`: one of your own, or that of Express, Fastify and others. Its connections are
 * sockets of this loop; everything above them (parsing, keep-alive, upgrades, timeouts) is Node's. With `tls` it serves https.
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
  let loop: LoopCore | null = null;
  const factory = (): HttpConnection => new HttpConnection((loop ??= currentLoop()), httpServer);
  return new Coroutine(serveSteps(httpServer, createServer(factory, host, port, options)), 'serveHttp');
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

/** One connection, for the http server. */
class HttpConnection extends SocketDuplex {
  constructor(
    loop: LoopCore,
    private readonly httpServer: HttpServer,
  ) {
    super(loop, 'serveHttp');
  }

  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    this.httpServer.emit('connection', this);
  }
}
