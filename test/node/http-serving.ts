/** A node:http server on a loop under test. */

import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

import type { CreateServerOptions, Server, Steps } from 'selectloop';
import { serveHttp } from 'selectloop/node';

/** A served http server and its address. */
export interface Serving {
  readonly server: Server;
  readonly http: HttpServer;
  readonly port: number;
  readonly url: string;
}

/** Serves a request listener, or a server of node:http, on a free port of loopback. */
export function* serving(
  listener: HttpServer | ((request: IncomingMessage, response: ServerResponse) => void),
  options: CreateServerOptions = {},
): Steps<Serving> {
  const http = typeof listener === 'function' ? createServer(listener) : listener;
  const server = yield* serveHttp(http, '127.0.0.1', 0, options);
  const { port } = server.sockets[0]!.getsockname() as { port: number };
  return { server, http, port, url: `http://127.0.0.1:${port}` };
}

/** Closes the server and its remaining connections. */
export function* stop({ server }: Serving): Steps<void> {
  server.close();
  server.closeClients();
  yield* server.waitClosed();
}
