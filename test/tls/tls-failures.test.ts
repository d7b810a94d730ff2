/** TLS that fails, and misuse of its options. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http from 'node:http';

import {
  type Steps,
  type TlsFailMessage,
  createTask,
  gather,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  run,
  runSync,
  sleep,
  startServer,
  startTls,
  startUnixServer,
} from 'selectloop';
import { serveHttp } from 'selectloop/node';
import { describe, expect, it } from 'vitest';

import { errorOf, hostedLoops } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { until } from '../support/protocols.js';
import { shout } from '../streams/serving.js';
import { certificates } from './certificates.js';
import { closed, serveTls } from './serving-tls.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const { ca, server: identity, stranger } = certificates();

describe.each(hostedLoops)('TLS that fails ($name)', (kind) => {
  it('refuses a certificate that is not trusted, or is for another name', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const { server, port } = yield* serveTls(shout);
      const attempt = (options: object) =>
        errorOf(createTask(() => openConnection('127.0.0.1', port, { tls: { ca }, ...options })));
      expect(yield* attempt({ tls: true })).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
      expect(yield* attempt({ tls: { ca: stranger.cert } })).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
      expect(yield* attempt({ serverName: 'example.org' })).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
      const { writer } = yield* openConnection('127.0.0.1', port, { tls: { rejectUnauthorized: false } });
      expect(writer.getExtraInfo('authorized')).toBe(false);
      yield* closed(server, writer);
      expect(errors).toEqual([]); // failed handshakes are not reported
    }));

  it('publishes failed handshakes of clients, with their address, to node:diagnostics_channel', () =>
    kind.run(function* () {
      const failures: TlsFailMessage[] = [];
      const note = (message: unknown): void => void failures.push(message as TlsFailMessage);
      subscribe('selectloop:tls:fail', note);
      const app = http.createServer();
      const overHttp = yield* serveHttp(app, '127.0.0.1', 0, { tls: identity });
      const { server, port } = yield* serveTls(shout);
      const ports: number[] = [];
      for (const each of [port, overHttp.port]) {
        const chatty = yield* openConnection('127.0.0.1', each);
        ports.push((chatty.writer.getExtraInfo('sockname') as { port: number }).port);
        chatty.writer.write(bytes('GET / HTTP/1.0\r\n\r\n'));
        yield* gather([chatty.reader.read()], { returnExceptions: true });
        chatty.writer.close();
      }
      yield* until(() => failures.length === 2);
      unsubscribe('selectloop:tls:fail', note);
      expect(failures.map(({ error }) => (error as { code: string }).code)).toEqual(
        Array(2).fill('ERR_SSL_HTTP_REQUEST'),
      );
      expect(failures.map(({ peername }) => peername)).toEqual(
        ports.map((each) => ({ host: '127.0.0.1', port: each })),
      );
      app.close();
      yield* overHttp.waitClosed();
      yield* closed(server);
    }));

  it('throws a TimeoutError for a silent server, and closes the connection', () =>
    kind.run(function* () {
      let atEof = false;
      const server = yield* startServer(
        function* (reader) {
          yield* reader.read(); // the client's first message, and EOF
          atEof = true;
        },
        '127.0.0.1',
        0,
      );
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const connecting = createTask(() => openConnection('127.0.0.1', port, { tls: true, tlsHandshakeTimeoutMs: 30 }));
      expect(yield* errorOf(connecting)).toMatchObject({
        code: 'ETIMEDOUT',
        message: 'the TLS handshake took longer than 30 ms',
      });
      yield* closed(server);
      expect(atEof).toBe(true);
    }));

  it('closes a client that is silent, and one that does not speak TLS', () =>
    kind.run(function* () {
      getRunningLoop().setDebug(true);
      const errors = collectErrors(getRunningLoop());
      // Two servers: with the short timeout, a busy machine might close the talking client before its bytes are read.
      const impatient = yield* serveTls(shout, { tlsHandshakeTimeoutMs: 30 });
      const silent = yield* openConnection('127.0.0.1', impatient.port);
      yield* gather([silent.reader.read()], { returnExceptions: true });
      const patient = yield* serveTls(shout);
      const chatty = yield* openConnection('127.0.0.1', patient.port);
      chatty.writer.write(bytes('GET / HTTP/1.0\r\n\r\n'));
      yield* gather([chatty.reader.read()], { returnExceptions: true });
      silent.writer.close();
      chatty.writer.close();
      yield* closed(impatient.server);
      yield* closed(patient.server);
      const reported = errors.filter(({ message }) => message === 'TLS handshake failed');
      expect(reported.map(({ exception }) => (exception as { code: string }).code)).toEqual([
        'ETIMEDOUT',
        'ERR_SSL_HTTP_REQUEST',
      ]);
    }));

  it('throws when the peer closes in the middle of the handshake', () =>
    kind.run(function* () {
      const server = yield* startServer(
        function* (reader, writer) {
          yield* reader.read(10);
          writer.close();
        },
        '127.0.0.1',
        0,
      );
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const error = yield* errorOf(createTask(() => openConnection('127.0.0.1', port, { tls: true })));
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      yield* closed(server);
    }));

  it('leaves nothing open when a handshake is cancelled, or its server aborted', () =>
    kind.run(function* () {
      const server = yield* startServer((reader) => reader.read(), '127.0.0.1', 0);
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const connecting = createTask(() => openConnection('127.0.0.1', port, { tls: true }));
      yield* sleep(10);
      connecting.cancel();
      expect(yield* errorOf(connecting)).toMatchObject({ name: 'CancelledError' });
      yield* closed(server);

      const secure = yield* serveTls(shout);
      const { reader, writer } = yield* openConnection('127.0.0.1', secure.port);
      yield* until(() => String(secure.server).includes('connections: 1'));
      secure.server.close();
      secure.server.abortClients();
      yield* secure.server.waitClosed();
      expect((yield* reader.read()).length).toBe(0);
      writer.close();
      yield* writer.waitClosed();
    }));

  it('a failed startTls closes the connection, and its streams get the error', () =>
    kind.run(function* () {
      const server = yield* startServer(
        function* (_reader, writer) {
          writer.write(bytes('this is no TLS\n'));
          yield* sleep(60_000);
        },
        '127.0.0.1',
        0,
      );
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const { reader, writer } = yield* openConnection('127.0.0.1', port);
      const error = yield* errorOf(createTask(() => writer.startTls({ tls: true, serverName: 'localhost' })));
      expect(error).toMatchObject({ code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
      expect(yield* errorOf(createTask(() => writer.waitClosed()))).toBe(error);
      expect(yield* errorOf(createTask(() => reader.read(1)))).toBe(error);
      server.close();
      server.abortClients();
      yield* server.waitClosed();
    }));
});

describe('TLS in general', () => {
  it('works over UNIX sockets, where the server name must be given', () =>
    run(function* () {
      const path = '\0selectloop-tls-test';
      const server = yield* startUnixServer(shout, path, { tls: identity });
      expect(() => openUnixConnection(path, { tls: true })).toThrow(
        'openUnixConnection: serverName: expected the name that the certificate is for, because there is no host, got null',
      );
      const { reader, writer } = yield* openUnixConnection(path, { tls: { ca }, serverName: 'localhost' });
      writer.write(bytes('unix\n'));
      expect(String(yield* reader.readline())).toBe('UNIX\n');
      yield* closed(server, writer);
    }));

  it('needs a hosted loop', () => {
    const refused = expect.objectContaining({ code: 'ERR_NEEDS_HOST' }) as Error;
    const steps: ReadonlyArray<() => Steps<unknown>> = [
      () => openConnection('127.0.0.1', 9, { tls: true })[Symbol.iterator](),
      () => startServer(shout, '127.0.0.1', 0, { tls: identity })[Symbol.iterator](),
      function* () {
        const server = yield* startServer(shout, '127.0.0.1', 0);
        const { reader, writer } = yield* openConnection(
          '127.0.0.1',
          (server.sockets[0]!.getsockname() as { port: number }).port,
        );
        try {
          yield* writer.startTls({ tls: true, serverName: 'localhost' });
        } finally {
          writer.close();
          yield* reader.read();
          server.close();
          yield* server.waitClosed();
        }
      },
    ];
    for (const body of steps) expect(() => runSync(body)).toThrow(refused);
  });

  it('rejects wrong options at the call', () =>
    run(function* () {
      const connect = (options: object) => () => void openConnection('localhost', 1, options);
      expect(connect({ tls: 7 })).toThrow('openConnection: tls: expected true or the options of node:tls, got 7');
      expect(connect({ serverName: 'localhost' })).toThrow(/serverName: expected undefined, because there is no tls/);
      expect(connect({ tls: true, serverName: '' })).toThrow(TypeError);
      expect(connect({ tls: true, tlsHandshakeTimeoutMs: 0 })).toThrow(RangeError);
      expect(connect({ tls: true, tlsHandshakeTimeoutMs: '1' })).toThrow(TypeError);
      expect(connect({ tlsHandshakeTimeoutMs: 5 })).toThrow(TypeError);
      const serve = (options: object) => () => void startServer(shout, 'localhost', 1, options);
      expect(serve({ tls: true })).toThrow('startServer: tls: expected the options of node:tls, got true');
      expect(serve({ tls: {} })).toThrow(/a server needs a certificate/);
      expect(() => startTls(null as never, {}, { tls: true })).toThrow(/startTls: transport: expected a Transport/);
    }));

  it('says which certificate or key cannot be used', () =>
    run(function* () {
      const { cert, key } = identity;
      const pem = 'expected PEM (-----BEGIN ...), got other text; of a file, pass the contents';
      const refused: Array<[options: object, message: string]> = [
        [{ cert: 'cert.pem', key }, `startServer: tls: cert: ${pem}`],
        [{ cert, key: [{ pem: 'key.pem', passphrase: '' }] }, `startServer: tls: key: ${pem}`],
        [{ cert, key, ca: [ca, 'ca.pem'] }, `startServer: tls: ca: ${pem}`],
        [{ cert }, 'startServer: tls: a certificate needs its key'],
        [{ cert, key: stranger.key }, 'a cert and a key that belong together, got error:'],
        [{ cert: key, key: cert }, 'startServer: tls: expected certificates in PEM'],
      ];
      for (const [tls, message] of refused)
        expect(() => void startServer(shout, 'localhost', 1, { tls })).toThrow(message);
      expect(() => void openConnection('localhost', 1, { tls: { ca: 'ca.pem' } })).toThrow(`tls: ca: ${pem}`);
      expect(() => void startServer(shout, 'localhost', 1, { tls: { cert, key: stranger.key } })).toThrow(
        expect.objectContaining({ code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' }),
      );
    }));
});
