/** Limits against clients that connect and never finish their TLS handshake. */

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import {
  type Server,
  type Steps,
  createServer,
  getRunningLoop,
  run,
  sleep,
  type StreamReader,
  type StreamWriter,
  startServer,
} from 'selectloop';
import { serveHttp } from 'selectloop/node';
import type { Socket } from 'selectloop/sockets';
import { virtualLoop } from 'selectloop/testing';

import { type AcceptGate, Handshakes } from '../../lib/tls/handshakes.js';
import { clientSide, serverSide } from '../../lib/tls/tls-options.js';
import { hostedLoops } from '../support/every-loop.js';
import { until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';
import { certificates } from './certificates.js';
import { closed, connectTls, serveTls } from './serving-tls.js';

const { server: identity } = certificates();

const inVirtualTime = (body: () => Steps<unknown>): Promise<unknown> => run(body, { loopFactory: () => virtualLoop() });

/** Connects clients that send nothing. */
function silent(opened: Opened, server: Server, n: number): Socket[] {
  return Array.from({ length: n }, () => {
    const client = opened.socket();
    client.connectEx(server.address);
    return client;
  });
}

const hasConnections = (server: Server, n: number) => (): boolean => String(server).includes(`connections: ${n}>`);

class CountingGate implements AcceptGate {
  holds = 0;
  hold(): void {
    this.holds += 1;
  }
  release(): void {
    this.holds -= 1;
  }
}

describe('handshakes in progress', () => {
  it('hold the gate while their number is at the limit', () =>
    inVirtualTime(function* () {
      const gate = new CountingGate();
      const handshakes = new Handshakes(getRunningLoop(), 2, gate);
      const never = (): never => {
        throw new Error('aborted too early');
      };
      const first = handshakes.begin(never);
      expect(gate.holds).toBe(0);
      const second = handshakes.begin(never);
      const third = handshakes.begin(never); // accepted in the same event as the second
      expect(gate.holds).toBe(1);
      first();
      first();
      expect(gate.holds).toBe(1);
      second();
      expect(gate.holds).toBe(0);
      yield* sleep(10_000); // below the limit there is no hurry
      third();
      expect(gate.holds).toBe(0);
    }));

  it('end after two seconds at the limit, the oldest first, one for each place', () =>
    inVirtualTime(function* () {
      const loop = getRunningLoop();
      const start = loop.time();
      const log: string[] = [];
      const gate = new CountingGate();
      const handshakes = new Handshakes(loop, 2, gate);
      const begin = (name: string): (() => void) => handshakes.begin(() => log.push(`${name} ${loop.time() - start}`));
      begin('a');
      yield* sleep(500);
      begin('b');
      yield* sleep(5000);
      expect(log).toEqual(['a 2000']);
      expect(gate.holds).toBe(0);
      const ended = begin('c'); // b is overdue
      yield* sleep(1);
      expect(log).toEqual(['a 2000', 'b 5500']);
      expect(gate.holds).toBe(0);
      ended();
      yield* sleep(5000);
      expect(log.length).toBe(2);
    }));
});

describe.each(hostedLoops)('tlsMaxHandshakes ($name)', (kind) => {
  it('makes a server accept no more until a handshake has ended', () =>
    kind.run(function* () {
      using opened = new Opened();
      const { server, port } = yield* serveTls((_reader, writer) => writer.close(), { tlsMaxHandshakes: 2 });
      const clients = silent(opened, server, 4);
      yield* until(hasConnections(server, 2));
      yield* sleep(5);
      expect(hasConnections(server, 2)()).toBe(true);
      for (const client of clients) client.close();
      const { reader, writer } = yield* connectTls(port);
      expect((yield* reader.read()).length).toBe(0);
      yield* closed(server, writer);
    }));

  it('does not limit the connections whose handshake has ended', () =>
    kind.run(function* () {
      function* wait(reader: StreamReader, writer: StreamWriter): Steps<void> {
        yield* reader.read();
        writer.close();
      }
      const { server, port } = yield* serveTls(wait, { tlsMaxHandshakes: 1 });
      const all = [];
      for (let i = 0; i < 3; i += 1) all.push(yield* connectTls(port));
      yield* until(hasConnections(server, 3));
      yield* closed(server, ...all.map(({ writer }) => writer));
    }));
});

describe('silent clients of a TLS server', () => {
  it('lose their connections immediately if they have disconnected before they were accepted', () =>
    run(function* () {
      using opened = new Opened();
      const server = yield* createServer(() => ({}), '127.0.0.1', 0, { tls: identity, startServing: false });
      for (const socket of server.sockets) socket.listen(10);
      for (const client of silent(opened, server, 3)) client.close();
      let accepted = 0;
      const { acceptEx } = server.sockets[0]!;
      server.sockets[0]!.acceptEx = function (this: Socket) {
        const result = acceptEx.call(this);
        if (typeof result !== 'number') accepted += 1;
        return result;
      };
      yield* server.startServing();
      yield* until(() => accepted === 3 && hasConnections(server, 0)());
      server.close();
      yield* server.waitClosed();
    }));

  it('lose their connections after ten seconds, all of them', () =>
    inVirtualTime(function* () {
      using opened = new Opened();
      const server = yield* createServer(() => ({}), '127.0.0.1', 0, { tls: identity });
      silent(opened, server, 50);
      yield* until(hasConnections(server, 50));
      const start = getRunningLoop().time();
      yield* until(hasConnections(server, 0));
      expect(getRunningLoop().time() - start).toBeLessThan(10_100);
      server.close();
      yield* server.waitClosed();
    }));

  it('make room after two seconds when there are too many of them', () =>
    inVirtualTime(function* () {
      using opened = new Opened();
      const options = { tls: identity, tlsMaxHandshakes: 2, tlsHandshakeTimeoutMs: 60_000 };
      const server = yield* createServer(() => ({}), '127.0.0.1', 0, options);
      const clients = silent(opened, server, 3);
      const start = getRunningLoop().time();
      yield* until(() => clients.some((client) => typeof client.recvEx(1) !== 'number'));
      expect(getRunningLoop().time() - start).toBeLessThan(2100);
      yield* until(hasConnections(server, 2));
      server.close();
      server.abortClients();
      yield* server.waitClosed();
    }));

  it('keep a server of serveHttp with tls from accepting only up to the limit', () =>
    run(async () => {
      const http = createHttpServer((_request, response) => response.end('tea'));
      const server = await serveHttp(http, '127.0.0.1', 0, { tls: identity, tlsMaxHandshakes: 1 });
      const { port } = server;
      const mute = connect(port, '127.0.0.1');
      while (!hasConnections(server, 1)()) await sleep(1);
      const request = get({ port, host: '127.0.0.1', path: '/', rejectUnauthorized: false, agent: false });
      const answer = once(request, 'response');
      await sleep(5);
      expect(hasConnections(server, 1)()).toBe(true); // the request waits in the kernel's queue
      mute.destroy();
      const [response] = (await answer) as [AsyncIterable<Buffer>];
      expect(await text(response as never)).toBe('tea');
      const second = get({ port, host: '127.0.0.1', path: '/', rejectUnauthorized: false, agent: false });
      const [again] = (await once(second, 'response')) as [AsyncIterable<Buffer>];
      expect(await text(again as never)).toBe('tea');
      http.closeAllConnections();
      server.close();
      await server.waitClosed();
    }));
});

describe('the options of TLS', () => {
  it('allow ten seconds for a handshake to a server, and a minute to a client', () => {
    expect(serverSide('test', { tls: identity })?.timeouts.handshakeMs).toBe(10_000);
    expect(serverSide('test', { tls: identity })?.maxHandshakes).toBe(500);
    expect(clientSide('test', { tls: true }, 'localhost')?.timeouts.handshakeMs).toBe(60_000);
  });

  it('are checked at the call', () => {
    const serve = (options: object) => () => void startServer(() => undefined, '127.0.0.1', 0, options);
    expect(serve({ tls: identity, tlsMaxHandshakes: 0 })).toThrow(
      'startServer: tlsMaxHandshakes: expected an integer >= 1, or Infinity, got 0',
    );
    expect(serve({ tls: identity, tlsMaxHandshakes: '1' })).toThrow(TypeError);
    expect(serve({ tlsMaxHandshakes: 1 })).toThrow(
      'startServer: tlsMaxHandshakes: expected undefined, because there is no tls, got 1',
    );
  });
});
