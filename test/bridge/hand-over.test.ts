/** Connections that are handed over to Node: the result of toDuplex for sockets and TLS, and how the transport follows. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import tls from 'node:tls';

import {
  type Server,
  type Steps,
  createConnection,
  createServer,
  createTask,
  getRunningLoop,
  openConnection,
  run,
  sleep,
  startServer,
} from 'selectloop';
import { fromPromise, fromStream, toDuplex } from 'selectloop/node';
import { memoryPair } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { errorOf, hostedLoops, waiting } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { Recording, until } from '../support/protocols.js';
import { certificates } from '../tls/certificates.js';

const bytes = (data: string): Buffer => Buffer.from(data);
const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const { ca, server: identity } = certificates();

/** The kinds of connections. */
const media = ['tcp', 'tls'] as const;
type Medium = (typeof media)[number];
const secure = (medium: Medium): object => (medium === 'tls' ? { tls: { ca }, serverName: 'localhost' } : {});

/** A server of node:net or node:tls, which uses libuv and no code of this library. */
function* nodeServer(
  medium: Medium,
  serve: (socket: net.Socket) => void,
  options: net.ServerOpts = {},
): Steps<{ server: net.Server; port: number }> {
  const listener = (socket: net.Socket): void => {
    socket.on('error', () => undefined);
    serve(socket);
  };
  const server =
    medium === 'tls' ? tls.createServer({ ...identity, ...options }, listener) : net.createServer(options, listener);
  server.listen(0, '127.0.0.1');
  yield* fromPromise(once(server, 'listening'));
  return { server, port: (server.address() as AddressInfo).port };
}

const portOf = (server: Server): number => (server.sockets[0]!.getsockname() as { port: number }).port;

describe.each(hostedLoops)('a connection that is handed over ($name)', (kind) => {
  it.each(media)('becomes a Node socket with its defaults, from a transport and from streams (%s)', (medium) =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer(medium, (socket) => socket.pipe(socket));
      const { transport } = yield* createConnection(() => ({}), '127.0.0.1', port, secure(medium));
      const { reader, writer } = yield* openConnection('127.0.0.1', port, secure(medium));
      for (const duplex of [toDuplex(transport), toDuplex(reader, writer)]) {
        expect(duplex).toBeInstanceOf(medium === 'tls' ? tls.TLSSocket : net.Socket);
        expect(duplex.allowHalfOpen).toBe(false);
        expect(duplex.remotePort).toBe(port);
        duplex.end('hello');
        expect(yield* fromPromise(text(duplex))).toBe('hello');
        if (!duplex.closed) yield* fromPromise(once(duplex, 'close'));
      }
      yield* writer.waitClosed();
      server.close();
    }),
  );

  it.each(media)('a greeting that arrives before it is read is never lost (%s)', (medium) =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer(medium, (socket) => void socket.write('greetings'), { noDelay: true });
      yield* createTask(async () => {
        const rounds = medium === 'tls' ? 25 : 100;
        for (let i = 0; i < rounds; i += 1) {
          const { transport } = await createConnection(() => ({}), '127.0.0.1', port, secure(medium));
          const duplex = toDuplex(transport);
          const [data] = (await once(duplex, 'data')) as [Buffer];
          expect(String(data)).toBe('greetings');
          duplex.destroy();
          await once(duplex, 'close');
        }
      });
      server.close();
    }),
  );

  it.each(media)('unread bytes come first (%s)', (medium) =>
    kind.run(function* () {
      const data = randomBytes(300_000);
      const { server, port } = yield* nodeServer(medium, (socket) => {
        socket.write(data.subarray(0, 1000));
        socket.once('data', () => socket.end(data.subarray(1000)));
      });
      const { reader, writer } = yield* openConnection('127.0.0.1', port, secure(medium));
      const begin = yield* reader.readExactly(10);
      yield* until(() => String(reader).includes('990 bytes'));
      const duplex = toDuplex(reader, writer);
      duplex.end('go on');
      expect(digest(Buffer.concat([begin, yield* fromPromise(buffer(duplex))]))).toBe(digest(data));
      yield* writer.waitClosed();
      server.close();
    }),
  );

  it.each(media)('unsent bytes are sent first (%s)', (medium) =>
    kind.run(function* () {
      const data = randomBytes(6 << 20);
      let received = '';
      const { server, port } = yield* nodeServer(medium, (socket) => {
        socket.pause();
        setTimeout(() => void buffer(socket).then((all) => (received = digest(all))), 30);
      });
      const { writer, reader } = yield* openConnection('127.0.0.1', port, secure(medium));
      writer.write(data.subarray(0, 5 << 20));
      expect(writer.transport.getWriteBufferSize()).toBeGreaterThan(0);
      const duplex = toDuplex(reader, writer);
      duplex.end(data.subarray(5 << 20));
      duplex.resume();
      yield* fromPromise(once(duplex, 'close'));
      yield* until(() => received !== '');
      expect(received).toBe(digest(data));
      server.close();
    }),
  );

  it('ends this side when the peer sends EOF, even if EOF arrived before the hand-over', () =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer('tcp', (socket) => void socket.end('bye'));
      const { reader, writer } = yield* openConnection('127.0.0.1', port);
      yield* until(() => String(reader).includes('eof'));
      const duplex = toDuplex(reader, writer);
      const received: string[] = [];
      duplex.on('data', (data: Buffer) => received.push(String(data)));
      yield* fromPromise(once(duplex, 'close'));
      expect(received).toEqual(['bye']);
      expect(duplex.writableFinished).toBe(true);
      server.close();
    }));

  it('has already ended its side after writeEof()', () =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer(
        'tcp',
        (socket) => {
          const received: Buffer[] = [];
          socket.on('data', (data) => received.push(data));
          socket.on('end', () => socket.end(Buffer.concat(received)));
        },
        { allowHalfOpen: true },
      );
      const { reader, writer } = yield* openConnection('127.0.0.1', port);
      writer.write(bytes('all'));
      writer.writeEof();
      const duplex = toDuplex(reader, writer);
      expect(duplex.writable).toBe(false);
      expect(yield* fromPromise(text(duplex))).toBe('all');
      server.close();
    }));

  it('the reader and the writer refuse to read and write, and follow the duplex', () =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer('tcp', (socket) => socket.pipe(socket));
      const { reader, writer } = yield* openConnection('127.0.0.1', port);
      const reading = createTask(() => reader.read(1));
      yield* sleep(0);
      const duplex = toDuplex(reader, writer);
      const refused = expect.objectContaining({ name: 'InvalidStateError' }) as Error;
      expect(yield* errorOf(reading)).toEqual(refused);
      expect(yield* errorOf(createTask(() => reader.readline()))).toEqual(refused);
      expect(yield* errorOf(createTask(() => writer.drain()))).toEqual(refused);
      for (const act of [() => writer.write(bytes('x')), () => writer.writelines([]), () => writer.writeEof()])
        expect(act).toThrow(refused);
      expect(() => toDuplex(reader, writer)).toThrow(refused);
      expect(writer.isClosing()).toBe(false);
      const waitingForIt = createTask(() => writer.waitClosed());
      duplex.write('sent');
      writer.close();
      yield* waitingForIt;
      expect(duplex.closed).toBe(true);
      expect(writer.isClosing()).toBe(true);
      server.close();
    }));

  it.each(media)('only connectionLost is called on the protocol of the transport (%s)', (medium) =>
    kind.run(function* () {
      let raw: net.Socket;
      const { server, port } = yield* nodeServer(medium, (socket) => {
        socket.once('data', () => raw.resetAndDestroy());
      });
      server.on('connection', (socket) => (raw = socket)); // the socket below TLS, if any
      const protocol = new Recording();
      const { transport } = yield* createConnection(() => protocol, '127.0.0.1', port, secure(medium));
      const duplex = toDuplex(transport);
      expect(() => transport.write(bytes('x'))).toThrow(
        'cannot call write(): toDuplex() or startTls() has taken over this connection',
      );
      const failed = once(duplex, 'error');
      duplex.resume().write('reset it');
      const [error] = (yield* fromPromise(failed)) as [Error];
      expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
      expect(yield* protocol.lost).toBe(error);
      expect(protocol.log).toEqual(['made', 'lost ECONNRESET']);
      expect(transport.isClosing()).toBe(true);
      server.close();
    }),
  );

  it.each(['close', 'abort'] as const)('transport.%s() ends the duplex, and connectionLost is called', (end) =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer('tcp', (socket) => socket.resume());
      const protocol = new Recording();
      const { transport } = yield* createConnection(() => protocol, '127.0.0.1', port);
      const duplex = toDuplex(transport);
      transport[end]();
      expect(yield* protocol.lost).toBe(null);
      expect(duplex.destroyed).toBe(true);
      server.close();
    }),
  );

  it('is still counted by its server', () =>
    kind.run(function* () {
      const made: net.Socket[] = [];
      const server = yield* createServer(
        () => ({ connectionMade: (transport) => void made.push(toDuplex(transport)) }),
        '127.0.0.1',
        0,
      );
      const clients: net.Socket[] = [];
      for (let i = 0; i < 2; i += 1) clients.push(net.connect(portOf(server), '127.0.0.1').resume());
      yield* until(() => made.length === 2);
      expect(String(server)).toContain('connections: 2');
      server.close();
      const closing = createTask(() => server.waitClosed());
      made[0]!.end('bye');
      yield* until(() => String(server).includes('connections: 1'));
      expect(closing.done()).toBe(false);
      server.closeClients();
      yield* closing;
      expect(made[1]!.destroyed).toBe(true);
      yield* until(() => clients.every((client) => client.closed));
    }));

  it('the Socket can be inspected until the descriptor is closed, and can be closed instead', () =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer('tcp', (socket) => socket.resume());
      const { transport } = yield* createConnection(() => ({}), '127.0.0.1', port);
      const duplex = toDuplex(transport);
      const socket = transport.getExtraInfo('socket')!;
      expect(socket.getpeername()).toEqual({ host: '127.0.0.1', port });
      expect(() => socket.detach()).toThrow('it belongs to a Node stream');
      expect(() => getRunningLoop().addReader(socket, () => undefined)).toThrow(/is used by transport <net.Socket/);
      socket.close();
      yield* fromPromise(once(duplex, 'close'));
      expect(socket.fileno()).toBe(-1);
      expect(waiting().readers).toBe(0);
      server.close();
    }));

  it('two connections are not mixed up', () =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer('tcp', (socket) => socket.pipe(socket));
      const one = yield* openConnection('127.0.0.1', port);
      const other = yield* openConnection('127.0.0.1', port);
      const duplex = toDuplex(one.reader, other.writer);
      one.writer.write(bytes('through the other'));
      const [data] = (yield* fromPromise(once(duplex, 'data'))) as [Buffer];
      expect(String(data)).toBe('through the other');
      duplex.destroy();
      yield* fromPromise(once(duplex, 'close'));
      yield* until(() => one.writer.isClosing());
      server.close();
    }));

  it('a Node stream is returned unchanged', () =>
    kind.run(function* () {
      const { server, port } = yield* nodeServer('tcp', (socket) => socket.pipe(socket));
      const socket = net.connect(port, '127.0.0.1');
      yield* fromPromise(once(socket, 'connect'));
      const { reader, writer } = fromStream(socket);
      writer.write(bytes('one\ntwo\n'));
      yield* reader.readline();
      const duplex = toDuplex(reader, writer);
      expect(duplex).toBe(socket);
      duplex.end();
      expect(yield* fromPromise(text(duplex))).toBe('two\n');
      yield* writer.waitClosed();
      server.close();
    }));

  it('in memory, unread bytes come first, and the writer follows the duplex', () =>
    kind.run(function* () {
      const [near, far] = memoryPair();
      far.writer.write(bytes('early, '));
      yield* until(() => String(near.reader).includes('bytes'));
      const duplex = toDuplex(near.reader, near.writer);
      expect(duplex).not.toBeInstanceOf(net.Socket);
      expect(() => near.writer.write(bytes('x'))).toThrow(
        'cannot call write(): toDuplex() or startTls() has taken over this connection',
      );
      far.writer.write(bytes('late'));
      far.writer.writeEof();
      expect(yield* fromPromise(text(duplex))).toBe('early, late');
      yield* near.writer.waitClosed();
      far.writer.close();
      yield* far.writer.waitClosed();
    }));

  it.each(media)('is destroyed with its loop, without an error (%s)', async (medium) => {
    const events: unknown[] = [];
    const made: net.Socket[] = [];
    const peers: net.Socket[] = [];
    const { server, port } = await run(() => nodeServer(medium, (socket) => void peers.push(socket.pause())));
    const errors = await kind.run(function* () {
      const reported = collectErrors(getRunningLoop());
      const { transport } = yield* createConnection(() => ({}), '127.0.0.1', port, secure(medium));
      const { reader, writer } = yield* openConnection('127.0.0.1', port, secure(medium));
      for (const duplex of [toDuplex(transport), toDuplex(reader, writer)]) {
        made.push(duplex);
        for (const name of ['error', 'close']) duplex.on(name, () => events.push(name));
        duplex.resume().write(Buffer.alloc(5 << 20));
      }
      yield* sleep(5);
      return reported;
    });
    while (events.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(events).toEqual(['close', 'close']);
    expect(errors).toEqual([]);
    for (const peer of peers) peer.destroy();
    server.close();
  });
});

describe('a stream server whose handler makes a duplex', () => {
  it('serves through the duplex', () =>
    run(function* () {
      const server = yield* startServer(
        function* (reader, writer) {
          const duplex = toDuplex(reader, writer);
          duplex.pipe(duplex);
          yield* writer.waitClosed();
        },
        '127.0.0.1',
        0,
      );
      const { reader, writer } = yield* openConnection('127.0.0.1', portOf(server));
      writer.write(bytes('echo'));
      writer.writeEof();
      expect(String(yield* reader.read())).toBe('echo');
      writer.close();
      server.close();
      yield* server.waitClosed();
    }));
});
