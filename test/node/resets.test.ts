/** Resets that arrive before Node takes a connection over: Node's events are emitted, and nothing is uncaught or leaked. */

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import {
  type Steps,
  createConnection,
  createServer,
  createTask,
  getRunningLoop,
  openConnection,
  startTls,
} from 'selectloop';
import { fromPromise, serveHttp, toDuplex } from 'selectloop/node';
import { Socket } from 'selectloop/sockets';
import { describe, expect, it, onTestFinished } from 'vitest';

import { errorOf, hostedLoops, turns } from '../support/every-loop.js';
import { Recording, errorsOfLoop, until } from '../support/protocols.js';
import { Opened, resetOnClose } from '../support/sockets.js';
import { certificates } from '../tls/certificates.js';

const bytes = (data: string): Buffer => Buffer.from(data);
const { ca, server: identity } = certificates();

/** Connects without a loop. */
function connectTo(port: number): Socket {
  const socket = new Socket();
  socket.connect({ host: '127.0.0.1', port });
  return socket;
}

/** Sends `data`, if there is any, and a reset behind it. */
function sendAndReset(socket: Socket, data: string): void {
  if (data !== '') socket.sendAll(bytes(data));
  resetOnClose(socket);
  socket.close();
}

/** Records the events of a stream: 'data hello', 'end', 'error ECONNRESET read', 'close'. */
function eventsOf(stream: NodeJS.ReadableStream): string[] {
  const log: string[] = [];
  stream.on('data', (data: Buffer) => log.push(`data ${String(data)}`));
  stream.on('end', () => log.push('end'));
  stream.on('error', ({ code, syscall }: NodeJS.ErrnoException) => log.push(`error ${code} ${syscall}`));
  stream.on('close', () => log.push('close'));
  return log;
}

/** Returns the events of a `net.Socket` that a server of Node's accepts after the reset. */
async function nodesEvents(data: string): Promise<string[]> {
  let log: string[] = [];
  const server = net.createServer((socket) => (log = eventsOf(socket))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  sendAndReset(connectTo((server.address() as net.AddressInfo).port), data);
  while (log.at(-1) !== 'close') await delay(1);
  server.close();
  return log;
}

describe.each(hostedLoops)('a connection that the peer has reset before Node takes it over ($name)', (kind) => {
  it.each(['', 'hello'])(
    'toDuplex emits the same events as a socket that Node accepts itself (sent before the reset: %j)',
    (data) =>
      kind.run(function* () {
        const logs: string[][] = [];
        const protocol = new Recording({ connectionMade: (transport) => logs.push(eventsOf(toDuplex(transport))) });
        const server = yield* createServer(() => protocol, '127.0.0.1', 0);
        sendAndReset(connectTo(server.port), data);
        yield* protocol.lost;
        expect(logs).toEqual([yield* fromPromise(nodesEvents(data))]);
        server.close();
        yield* server.waitClosed();
      }),
  );

  it.each(['', 'hello'])(
    'a duplex emits the unread %j and then the reset that the batch has already received',
    (data) =>
      kind.run(function* () {
        using opened = new Opened();
        const [[first, firstPeer], [second, secondPeer]] = [opened.tcpPair(), opened.tcpPair()];
        let log: string[] = [];
        const secondProtocol = new Recording();
        // Runs after the batch has received for both, and before the second connection's own turn.
        const handingOver = new Recording({ dataReceived: () => (log = eventsOf(toDuplex(secondProtocol.transport))) });
        const { transport } = yield* createConnection(() => handingOver, null, null, { socket: first });
        yield* createConnection(() => secondProtocol, null, null, { socket: second });
        yield* turns(10);
        firstPeer.sendAll(bytes('hand it over'));
        sendAndReset(secondPeer, data);
        expect(yield* secondProtocol.lost).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
        expect(log).toEqual([...(data === '' ? [] : [`data ${data}`]), 'error ECONNRESET read', 'close']);
        expect(second.fileno()).toBe(-1);
        transport.abort();
        yield* handingOver.lost;
      }),
  );

  it.each(['', 'hello'])('a TLS server continues to serve (sent before the reset: %j)', (data) =>
    kind.run(function* () {
      const errors = errorsOfLoop();
      const protocol = new Recording();
      const server = yield* createServer(() => protocol, '127.0.0.1', 0, { tls: identity });
      for (let i = 0; i < 5; i += 1) sendAndReset(connectTo(server.port), data);
      const { reader, writer } = yield* openConnection('127.0.0.1', server.port, {
        tls: { ca },
        serverName: 'localhost',
      });
      yield* until(() => protocol.log.includes('made'), 'the handshake is complete');
      protocol.transport.write(bytes('served\n'));
      expect(String(yield* reader.readline())).toBe('served\n');
      writer.close();
      yield* writer.waitClosed();
      server.close();
      yield* server.waitClosed();
      expect(errors).toEqual([]);
    }),
  );

  it.each(['', 'hello'])('serveHttp emits clientError and continues to serve (sent before the reset: %j)', (data) =>
    kind.run(function* () {
      const httpServer = http.createServer((_, response) => response.end('served'));
      const failed = once(httpServer, 'clientError');
      httpServer.on('clientError', (_, socket) => socket.destroy());
      const server = yield* serveHttp(httpServer, '127.0.0.1', 0);
      sendAndReset(connectTo(server.port), data);
      const [error] = (yield* fromPromise(failed)) as [NodeJS.ErrnoException];
      expect(error.code).toBe(data === '' ? 'ECONNRESET' : 'HPE_INVALID_METHOD');
      const response = yield* fromPromise(fetch(`http://127.0.0.1:${server.port}`));
      expect(yield* fromPromise(response.text())).toBe('served');
      server.close();
      server.closeClients();
      yield* server.waitClosed();
    }),
  );

  it('a TLS handshake fails with ECONNRESET, in createConnection and in startTls', () =>
    kind.run(function* () {
      using opened = new Opened();
      const [client, clientPeer] = opened.tcpPair();
      sendAndReset(clientPeer, '');
      const tls = { tls: { ca }, serverName: 'localhost' };
      const connecting = createTask(() => createConnection(() => ({}), null, null, { socket: client, ...tls }));
      expect(yield* errorOf(connecting)).toMatchObject({ name: 'OSError', code: 'ECONNRESET' });
      expect(client.fileno()).toBe(-1);

      const [plain, plainPeer] = opened.tcpPair();
      const protocol = new Recording({ connectionMade: (transport) => transport.pauseReading() });
      const { transport } = yield* createConnection(() => protocol, null, null, { socket: plain });
      sendAndReset(plainPeer, '');
      expect(yield* errorOf(createTask(() => startTls(transport, protocol, tls)))).toMatchObject({
        code: 'ECONNRESET',
      });
      expect(yield* protocol.lost).toMatchObject({ code: 'ECONNRESET' });
      expect(protocol.log).toEqual(['made', 'lost ECONNRESET']);
      expect(plain.fileno()).toBe(-1);
    }));
});

describe('toDuplex of a socket that libuv cannot read', () => {
  /** Makes the constructor of net.Socket fail to start reading, and so destroy the socket before it returns. */
  function refuseToRead(): void {
    const { _read: read } = net.Socket.prototype;
    net.Socket.prototype._read = function (this: net.Socket): void {
      this.destroy(Object.assign(new Error('read ENOTCONN'), { code: 'ENOTCONN', syscall: 'read' }));
    };
    const restore = (): void => void (net.Socket.prototype._read = read);
    onTestFinished(restore);
    setImmediate(restore);
  }

  it.each(hostedLoops)('returns a duplex that emits the error and releases the descriptor ($name)', (kind) =>
    kind.run(function* (): Steps<void> {
      using opened = new Opened();
      const [socket] = opened.tcpPair();
      const fd = socket.fileno();
      const protocol = new Recording();
      const { transport } = yield* createConnection(() => protocol, null, null, { socket });
      refuseToRead();
      const duplex = toDuplex(transport);
      expect(duplex.destroyed).toBe(true);
      expect(socket.fileno()).toBe(-1);
      const log = eventsOf(duplex);
      expect(yield* protocol.lost).toMatchObject({ code: 'ENOTCONN' });
      expect(log).toEqual(['error ENOTCONN read', 'close']);
      getRunningLoop()._descriptors.checkUnclaimed(fd, null);
    }),
  );
});
