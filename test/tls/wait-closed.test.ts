/** `waitClosed` of a TLS server resolves after `connectionLost` of the last connection, however that connection ends. */

import { TLSSocket } from 'node:tls';

import { afterEach, expect, it, vi } from 'vitest';

import {
  type Server,
  type Steps,
  type Transport,
  createConnection,
  createServer,
  createTask,
  openConnection,
  run,
  sleep,
  startTls,
} from 'selectloop';

import { Recording, until } from '../support/protocols.js';
import { certificates } from './certificates.js';

const { ca, server: identity } = certificates();

afterEach(() => {
  vi.restoreAllMocks();
});

/** Closes a server and logs when `waitClosed` has resolved. */
function loggingEnd(server: Server, log: string[]): Steps<void> {
  server.close();
  return (function* (): Steps<void> {
    yield* server.waitClosed();
    log.push('waitClosed');
  })();
}

const ENDINGS: Record<string, (near: Transport, far: Transport, server: Server) => void> = {
  'the client closes': (near) => near.close(),
  'the client aborts': (near) => near.abort(),
  'the server closes it': (_near, far) => far.close(),
  'the server aborts it': (_near, far) => far.abort(),
  closeClients: (_near, _far, server) => server.closeClients(),
  abortClients: (_near, _far, server) => server.abortClients(),
};

it.each(Object.entries(ENDINGS))('%s', (_, end) =>
  run(function* () {
    const served = new Recording();
    const server = yield* createServer(() => served, '127.0.0.1', 0, { tls: identity });
    const client = new Recording();
    yield* createConnection(() => client, '127.0.0.1', server.port, { tls: { ca }, serverName: 'localhost' });
    yield* until(() => served.log.includes('made'));
    const ended = createTask(loggingEnd(server, served.log));
    end(client.transport, served.transport, server);
    yield* ended;
    expect(served.log.slice(-2)).toEqual(['lost null', 'waitClosed']);
    client.transport.abort();
    yield* client.lost;
  }),
);

it('the connection is aborted between its handshake and connectionMade', () =>
  run(function* () {
    const served = new Recording();
    const server = yield* createServer(() => served, '127.0.0.1', 0, { tls: identity });
    const waiting = createTask(function* () {
      yield* server.waitClosed();
      served.log.push('waitClosed');
    });
    const { emit } = TLSSocket.prototype;
    vi.spyOn(TLSSocket.prototype, 'emit').mockImplementation(function (this: TLSSocket, ...args) {
      const { _tlsOptions: options } = this as unknown as { _tlsOptions?: { isServer?: boolean } };
      // The task that performs the handshake resumes in the next iteration of the loop, and the stream closes before that.
      if ((args as unknown[])[0] === 'secure' && options?.isServer === true)
        process.nextTick(() => {
          server.close();
          server.abortClients();
        });
      return emit.apply(this, args);
    });
    const { writer } = yield* openConnection('127.0.0.1', server.port, { tls: { ca }, serverName: 'localhost' });
    yield* waiting;
    writer.transport.abort();
    expect(served.log).toEqual(['made', 'lost ERR_STREAM_PREMATURE_CLOSE', 'waitClosed']);
  }));

const FAILURES: Record<string, (peer: Transport, server: Server) => void> = {
  'the peer disconnects': (peer) => peer.abort(),
  'the peer sends what is no TLS': (peer) => peer.write(Buffer.from('this is no TLS\n')),
  'the server aborts it': (_peer, server) => server.abortClients(),
};

it.each(Object.entries(FAILURES))('an upgrade to TLS fails because %s', (_, fail) =>
  run(function* () {
    const served = new Recording();
    const upgraded = new Recording();
    const server = yield* createServer(() => served, '127.0.0.1', 0);
    const { transport: peer } = yield* createConnection(() => new Recording(), '127.0.0.1', server.port);
    yield* until(() => served.log.includes('made'));
    const upgrading = createTask(() => startTls(served.transport, upgraded, { tls: identity, serverSide: true }));
    const ended = createTask(loggingEnd(server, upgraded.log));
    yield* sleep(5);
    fail(peer, server);
    yield* ended;
    expect(upgrading.exception()).toMatchObject({ code: expect.any(String) as string });
    expect(upgraded.log).toEqual([expect.stringMatching(/^lost E/), 'waitClosed']);
    peer.abort();
  }),
);
