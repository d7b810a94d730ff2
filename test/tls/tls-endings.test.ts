/** Closing TLS connections: an orderly close delivers all bytes in both directions, and takes a limited time. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import tls from 'node:tls';

import {
  type Steps,
  connectAcceptedSocket,
  createConnection,
  createTask,
  openConnection,
  sleep,
  startServer,
  startTls,
} from 'selectloop';
import { fromPromise } from 'selectloop/node';
import { Socket } from 'selectloop/sockets';
import { memoryPair } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { errorOf, hostedLoops } from '../support/every-loop.js';
import { Recording, until } from '../support/protocols.js';
import { shout } from '../streams/serving.js';
import { certificates } from './certificates.js';
import { closed, serveTls } from './serving-tls.js';

const bytes = (data: string): Buffer => Buffer.from(data);
const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const { ca, server: identity } = certificates();
const client = { tls: { ca }, serverName: 'localhost' };

/** A server of node:tls. */
function* nodeServer(
  serve: (socket: tls.TLSSocket) => void,
  options: tls.TlsOptions = {},
): Steps<{ server: tls.Server; port: number }> {
  const server = tls.createServer({ ...identity, ...options }, (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  yield* fromPromise(once(server, 'listening'));
  return { server, port: (server.address() as AddressInfo).port };
}

describe.each(hostedLoops)('the end of a TLS connection ($name)', (kind) => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'close() delivers bytes written before it, to a peer that reads late (%s)',
    (version) =>
      kind.run(function* () {
        const data = randomBytes(3 << 20);
        const received: string[] = [];
        const { server, port } = yield* nodeServer(
          (socket) => setTimeout(() => void buffer(socket).then((all) => received.push(digest(all))), 20),
          { minVersion: version, maxVersion: version },
        );
        for (const size of [10, 100_000, data.length]) {
          const { writer } = yield* openConnection('127.0.0.1', port, client);
          writer.write(data.subarray(0, size));
          writer.close();
          yield* writer.waitClosed();
          yield* until(() => received.length > 0);
          expect(received.pop()).toBe(digest(data.subarray(0, size)));
        }
        server.close();
      }),
  );

  it('close() drops bytes that the peer still sends, and completes when the peer ends', () =>
    kind.run(function* () {
      let ended = false;
      const { server, port } = yield* nodeServer(
        (socket) => {
          socket.resume().on('end', () => {
            socket.write(Buffer.alloc(1 << 20));
            setTimeout(() => socket.end(() => (ended = true)), 20);
          });
        },
        { allowHalfOpen: true },
      );
      const { writer } = yield* openConnection('127.0.0.1', port, client);
      writer.write(bytes('request'));
      writer.close();
      yield* writer.waitClosed();
      yield* until(() => ended);
      server.close();
    }));

  it('when the peer does not end within tlsShutdownTimeoutMs, the connection is lost with a TimeoutError', () =>
    kind.run(function* () {
      const peers: tls.TLSSocket[] = [];
      const { server, port } = yield* nodeServer((socket) => void peers.push(socket.resume()), {
        allowHalfOpen: true,
      });
      const protocol = new Recording();
      const options = { ...client, tlsShutdownTimeoutMs: 30 };
      const { transport } = yield* createConnection(() => protocol, '127.0.0.1', port, options);
      transport.close();
      expect(yield* protocol.lost).toMatchObject({
        code: 'ETIMEDOUT',
        message: expect.stringContaining('for 30 ms the peer neither read pending bytes nor ended its side') as string,
      });
      for (const peer of peers) peer.destroy();
      server.close();
    }));

  it('a server also aborts the connection of a client that does not end it in time', () =>
    kind.run(function* () {
      const { server, port } = yield* serveTls(
        function* (reader, writer) {
          yield* reader.readline();
          writer.close();
        },
        { tlsShutdownTimeoutMs: 30 },
      );
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca,
        allowHalfOpen: true,
      } as tls.ConnectionOptions);
      socket.on('error', () => undefined).resume();
      socket.write('bye\n');
      yield* fromPromise(once(socket, 'end'));
      server.close();
      yield* server.waitClosed();
      socket.destroy();
    }));

  it.each(['paused by the program', 'a reader that is full'])(
    'an answer that arrives after writeEof() while reading is stopped is delivered, and then EOF (%s)',
    (why) =>
      kind.run(function* () {
        const { server, port } = yield* nodeServer(
          (socket) => {
            socket.resume().on('end', () => {
              socket.write(Buffer.alloc(300, 65));
              setTimeout(() => socket.end(Buffer.alloc(5000, 66)), 10);
            });
          },
          { allowHalfOpen: true },
        );
        const { reader, writer } = yield* openConnection('127.0.0.1', port, { ...client, limit: 100 });
        const pausing = why.startsWith('paused');
        if (pausing) writer.transport.pauseReading();
        writer.write(bytes('request'));
        writer.writeEof();
        yield* sleep(60);
        if (pausing) writer.transport.resumeReading();
        let received = 0;
        for (;;) {
          const { length } = yield* reader.read(1000);
          if (length === 0) break;
          received += length;
        }
        expect(received).toBe(5300);
        writer.close();
        yield* writer.waitClosed();
        server.close();
      }),
  );
});

describe.each(hostedLoops)('TLS on different transports ($name)', (kind) => {
  it('connectAcceptedSocket is the server side of a handshake', () =>
    kind.run(function* () {
      using accepting = new Socket();
      accepting.bind({ host: '127.0.0.1', port: 0 });
      accepting.listen();
      const { port } = accepting.getsockname() as { port: number };
      const connecting = createTask(() => openConnection('127.0.0.1', port, client));
      yield* sleep(5);
      const { socket } = accepting.accept();
      const protocol = new Recording();
      const { transport } = yield* connectAcceptedSocket(() => protocol, socket, { tls: identity });
      const { reader, writer } = yield* connecting;
      expect(transport.getExtraInfo('tlsProtocol')).toBe('TLSv1.3');
      expect(transport.getExtraInfo('socket')).toBe(socket);
      transport.write(bytes('hello\n'));
      expect(String(yield* reader.readline())).toBe('hello\n');
      writer.close();
      yield* protocol.lost;
      yield* writer.waitClosed();
      using unused = new Socket();
      expect(() => connectAcceptedSocket(() => protocol, unused, { tls: {} })).toThrow('a server needs a certificate');
    }));

  it('works over TLS', () =>
    kind.run(function* () {
      const { server, port } = yield* serveTls(function* (reader, writer) {
        writer.write(yield* reader.readline());
        yield* writer.startTls({ tls: identity });
        yield* shout(reader, writer);
      });
      const { reader, writer } = yield* openConnection('127.0.0.1', port, client);
      writer.write(bytes('inner\n'));
      expect(String(yield* reader.readline())).toBe('inner\n');
      yield* writer.startTls(client);
      writer.write(bytes('twice\n'));
      expect(String(yield* reader.readline())).toBe('TWICE\n');
      expect(writer.getExtraInfo('socket')).toBeInstanceOf(Socket);
      yield* closed(server, writer);
    }));

  it('works over a memory pair', () =>
    kind.run(function* () {
      const [near, far] = memoryPair();
      const serving = createTask(function* () {
        yield* far.writer.startTls({ tls: identity, serverSide: true });
        yield* shout(far.reader, far.writer);
      });
      yield* near.writer.startTls(client);
      near.writer.write(bytes('through memory\n'));
      expect(String(yield* near.reader.readline())).toBe('THROUGH MEMORY\n');
      near.writer.close();
      yield* near.writer.waitClosed();
      yield* serving;
    }));

  it('startTls first sends bytes written before it', () =>
    kind.run(function* () {
      const data = randomBytes(4 << 20);
      const server = yield* startServer(
        function* (reader, writer) {
          yield* sleep(20);
          expect(digest(yield* reader.readExactly(data.length))).toBe(digest(data));
          yield* writer.startTls({ tls: identity });
          yield* shout(reader, writer);
        },
        '127.0.0.1',
        0,
      );
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const protocol = new Recording();
      const { transport } = yield* createConnection(() => protocol, '127.0.0.1', port);
      transport.write(data);
      expect(transport.getWriteBufferSize()).toBeGreaterThan(0);
      const secured = yield* startTls(transport, protocol, client);
      secured.write(bytes('secret\n'));
      yield* until(() => protocol.received === 'SECRET\n');
      transport.close(); // the transport below follows
      expect(secured.isClosing()).toBe(true);
      expect(yield* protocol.lost).toBe(null);
      expect(protocol.log.filter((line) => line.startsWith('lost'))).toHaveLength(1);
      server.close();
      yield* server.waitClosed();
    }));

  it('checks the timeout options', () =>
    kind.run(function* () {
      const connect = (options: object) => () => void openConnection('localhost', 1, options);
      expect(connect({ tls: true, tlsShutdownTimeoutMs: 0 })).toThrow(RangeError);
      expect(connect({ tls: true, tlsShutdownTimeoutMs: '1' })).toThrow(TypeError);
      expect(connect({ tlsShutdownTimeoutMs: 5 })).toThrow(/expected undefined, because there is no tls/);
      const [near] = memoryPair();
      expect(() => near.writer.startTls({ ...client, tlsShutdownTimeoutMs: -1 })).toThrow(RangeError);
      expect(
        yield* errorOf(createTask(() => startTls(near.writer.transport, {}, { tls: true, serverName: '' }))),
      ).toBeInstanceOf(TypeError);
      near.writer.transport.abort();
      yield* near.writer.waitClosed();
    }));
});
