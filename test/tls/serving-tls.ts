/** A TLS server of streams on loopback, and clients of it. */

import {
  type ConnectionHandler,
  type Server,
  type StartServerOptions,
  type Steps,
  type StreamWriter,
  type Streams,
  openConnection,
  startServer,
} from 'selectloop';

import { certificates } from './certificates.js';

const { ca, server: identity } = certificates();

/** Serves with the certificate for localhost. */
export function* serveTls(
  handler: ConnectionHandler,
  options: StartServerOptions = {},
): Steps<{ server: Server; port: number }> {
  const server = yield* startServer(handler, '127.0.0.1', 0, { tls: identity, ...options });
  const { port } = server.sockets[0]!.getsockname() as { port: number };
  return { server, port };
}

/** Connects to such a server. */
export function* connectTls(port: number): Steps<Streams> {
  return yield* openConnection('127.0.0.1', port, { tls: { ca }, serverName: 'localhost' });
}

/** Closes the connections, then the server, and waits for all of them. */
export function* closed(server: Server, ...writers: StreamWriter[]): Steps<void> {
  for (const writer of writers) {
    writer.close();
    yield* writer.waitClosed();
  }
  server.close();
  server.closeClients();
  yield* server.waitClosed();
}
