/** Two protocols that are connected to each other, over TCP or TLS. */

import { type Steps, createConnection, createServer } from 'selectloop';

import { type Recording, until } from '../support/protocols.js';
import { certificates } from './certificates.js';

/** The layer between the two. */
export type Medium = 'tcp' | 'tls';

/** For `describe.each`: the layers on which a test must behave alike. */
export const media: readonly Medium[] = ['tcp', 'tls'];

/** Connects a client's protocol to a server's, runs the body with both, and closes everything. */
export function* withPair<S extends Recording, C extends Recording>(
  medium: Medium,
  server: S,
  client: C,
  body: (server: S, client: C) => Steps<void>,
): Steps<void> {
  const { ca, server: identity } = certificates();
  const listener = yield* createServer(() => server, '127.0.0.1', 0, medium === 'tls' ? { tls: identity } : {});
  const { port } = listener.sockets[0]!.getsockname() as { port: number };
  const options = medium === 'tls' ? { tls: { ca }, serverName: 'localhost' } : {};
  yield* createConnection(() => client, '127.0.0.1', port, options);
  yield* until(() => server.log.includes('made'), 'the server has its connection');
  try {
    yield* body(server, client);
  } finally {
    for (const { transport, lost } of [client, server]) {
      transport.abort();
      yield* lost;
    }
    listener.close();
    yield* listener.waitClosed();
  }
}
