/** The internals of Node that serveHttp relies on (a version that changes them fails here), and the servers that it makes listen. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import {
  ContextVar,
  type Coroutine,
  InvalidStateError,
  LoopError,
  type Server,
  type Steps,
  openConnection,
  run,
  sleep,
} from 'selectloop';
import { fromPromise, serveHttp } from 'selectloop/node';
import { AF_UNIX, SOCK_STREAM, Socket } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { hostedLoops } from '../support/every-loop.js';
import { certificates } from '../tls/certificates.js';
import { serving, stop } from './http-serving.js';

describe('the members of net.Server that serveHttp uses', () => {
  it('a server has them before it listens', () => {
    for (const server of [net.createServer(), http.createServer(), https.createServer(certificates().server)]) {
      expect(server).toMatchObject({ _handle: null, _connections: 0 });
      for (const method of ['_listen2', '_emitCloseIfDrained'])
        expect(server).toHaveProperty(method, expect.any(Function));
    }
  });

  it("a listening server of Node has a handle with the methods of this library's handle", async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { _handle: handle } = server as unknown as { _handle: object };
    for (const method of ['onconnection', 'listen', 'close', 'getsockname', 'ref', 'unref'])
      expect(handle).toHaveProperty(method, expect.any(Function));
    await new Promise((resolve) => server.close(resolve));
  });

  it('a server without these members is refused before anything listens', () =>
    run(function* () {
      const server = http.createServer();
      Object.assign(server, { _listen2: undefined });
      const error = yield* rejection(serveHttp(server, '127.0.0.1', 0));
      expect(error).toBeInstanceOf(LoopError);
      expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_NODE' });
      expect(server.listening).toBe(false);
    }));
});

describe.each(hostedLoops)('a server that serveHttp serves ($name)', (kind) => {
  it("listens, with an address, and has emitted 'listening'", () =>
    kind.run(function* () {
      const server = http.createServer();
      let emitted = 0;
      server.on('listening', () => (emitted += 1));
      expect(server.listening).toBe(false);
      const site = yield* serving(server);
      expect(server.listening).toBe(true);
      expect(server.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: site.port });
      expect(emitted).toBe(1);
      yield* stop(site);
      expect(server.listening).toBe(false);
      expect(server.address()).toBeNull();
    }));

  it('has the first of several addresses, and accepts on all of them', () =>
    kind.run(function* () {
      const server = http.createServer((_request, response) => response.end());
      const ours = yield* serveHttp(server, ['127.0.0.2', '127.0.0.3'], 0);
      expect(server.address()).toMatchObject({ address: '127.0.0.2' });
      for (const socket of ours.sockets) {
        const { host, port } = socket.getsockname() as { host: string; port: number };
        const answer = yield* fromPromise(fetch(`http://${host}:${port}`, { headers: { connection: 'close' } }));
        expect(answer.status).toBe(200);
      }
      ours.close();
      yield* ours.waitClosed();
    }));

  it('can listen on a UNIX socket', () =>
    kind.run(function* () {
      const socket = new Socket(AF_UNIX, SOCK_STREAM);
      const folder = mkdtempSync(join(tmpdir(), 'selectloop-http-'));
      const path = join(folder, 'socket');
      socket.bind({ path });
      const server = http.createServer((_request, response) => response.end('over UNIX'));
      const ours = yield* serveHttp(server, null, null, { socket });
      expect(server.address()).toBe(path);
      const [response] = (yield* fromPromise(once(http.get({ socketPath: path, agent: false }), 'response'))) as [
        http.IncomingMessage,
      ];
      expect(yield* fromPromise(text(response))).toBe('over UNIX');
      yield* stopBoth(ours, server);
      rmSync(folder, { recursive: true });
    }));

  it('closes the server that serves it, and is closed by it', () =>
    kind.run(function* () {
      for (const closesFirst of ['http', 'server'] as const) {
        const site = yield* serving((_request, response) => response.end('ok'));
        let closed = 0;
        site.http.on('close', () => (closed += 1));
        const { reader, writer } = yield* openConnection('127.0.0.1', site.port);
        writer.write(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
        yield* reader.readUntil(Buffer.from('\r\n\r\nok'));
        site[closesFirst].close();
        expect([site.http.listening, site.server.isServing()]).toEqual([false, false]);
        expect((yield* reader.read()).length).toBe(0);
        yield* site.server.waitClosed();
        yield* sleep(0);
        expect(closed).toBe(1);
        writer.close();
      }
    }));

  it("calls back after the last connection's 'close', without an error", () =>
    kind.run(function* () {
      const order: string[] = [];
      const site = yield* serving((_request, response) => response.end('ok'));
      site.http.on('connection', (socket: net.Socket) => socket.on('close', () => order.push('connection')));
      const { reader, writer } = yield* openConnection('127.0.0.1', site.port);
      writer.write(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
      yield* reader.readUntil(Buffer.from('\r\n\r\nok'));
      yield* fromPromise(
        new Promise<void>((resolve) => {
          site.http.close((error) => {
            order.push(`closed ${error?.message}`);
            resolve();
          });
        }),
      );
      expect(order).toEqual(['connection', 'closed undefined']);
      writer.close();
      yield* site.server.waitClosed();
    }));

  it('can be served again when it is closed', () =>
    kind.run(function* () {
      const server = http.createServer((_request, response) => response.end('again'));
      const { emit } = server;
      for (let i = 0; i < 2; i += 1) {
        const site = yield* serving(server);
        const answer = yield* fromPromise(fetch(site.url, { headers: { connection: 'close' } }));
        expect(yield* fromPromise(answer.text())).toBe('again');
        yield* stopBoth(site.server, server);
        expect(server.emit).toBe(emit);
      }
    }));

  it('cannot be served twice at the same time', () =>
    kind.run(function* () {
      const site = yield* serving(() => undefined);
      expect(yield* rejection(serveHttp(site.http, '127.0.0.1', 0))).toBeInstanceOf(InvalidStateError);
      expect(site.http.listening).toBe(true);
      yield* stop(site);
    }));
});

describe('a server of node:http2 or node:https', () => {
  it('of node:http2 serves HTTP/2 to clients that speak it', () =>
    run(function* () {
      const server = http2.createServer((_request, response) => response.end('over h2'));
      const ours = yield* serveHttp(server, '127.0.0.1', 0);
      expect(yield* fromPromise(askHttp2(`http://127.0.0.1:${portOf(server)}`, {}))).toBe('over h2');
      yield* stopBoth(ours, server);
    }));

  it('of node:http2 over TLS serves both protocols', () =>
    run(function* () {
      const { ca, server: identity } = certificates();
      const server = http2.createSecureServer({ ...identity, allowHTTP1: true }, (request, response) => {
        response.end(`over ${request.httpVersion}`);
      });
      const ours = yield* serveHttp(server, '127.0.0.1', 0);
      const port = portOf(server);
      expect(yield* fromPromise(askHttp2(`https://localhost:${port}`, { ca }))).toBe('over 2.0');
      const get = https.get({ port, host: 'localhost', family: 4, ca, agent: false });
      const [response] = (yield* fromPromise(once(get, 'response'))) as [http.IncomingMessage];
      expect(yield* fromPromise(text(response))).toBe('over 1.1');
      yield* stopBoth(ours, server);
    }));

  it('handles TLS itself, without the option tls', () =>
    run(function* () {
      const { server: identity } = certificates();
      const server = https.createServer(identity);
      expect(() => serveHttp(server, '127.0.0.1', 0, { tls: identity })).toThrow(TypeError);
      expect(() => serveHttp(http2.createServer(), '127.0.0.1', 0, { tls: identity })).toThrow(TypeError);
      yield* sleep(0);
    }));
});

describe('the connections of a served http server', () => {
  const size = 8_000_000;
  const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

  it.each(['plain', 'tls'])('are closed by closeClients after written bytes are sent (%s)', (how) =>
    run(function* () {
      const { ca, server: identity } = certificates();
      const data = Buffer.alloc(size, 'x');
      let answered = (): void => undefined;
      const written = new Promise<void>((resolve) => (answered = resolve));
      const site = yield* serving(
        (_request, response) => {
          response.end(data);
          answered();
        },
        how === 'tls' ? { tls: identity } : {},
      );
      const get = how === 'tls' ? https.get : http.get;
      const request = get({ port: site.port, host: 'localhost', family: 4, ca, agent: false });
      const response = once(request, 'response') as Promise<[http.IncomingMessage]>;
      yield* fromPromise(written);
      site.server.closeClients();
      const [incoming] = yield* fromPromise(response);
      const chunks: Buffer[] = yield* fromPromise(incoming.toArray() as Promise<Buffer[]>);
      expect(digest(Buffer.concat(chunks))).toBe(digest(data));
      yield* stop(site);
    }),
  );

  it('are destroyed by abortClients', () =>
    run(function* () {
      const site = yield* serving((_request, response) => void response.write('begun'));
      const { reader, writer } = yield* openConnection('127.0.0.1', site.port);
      writer.write(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
      yield* reader.readUntil(Buffer.from('begun'));
      site.server.close();
      site.server.abortClients();
      yield* site.server.waitClosed();
      writer.close();
    }));

  it("are destroyed without an error when their loop closes, and 'close' is emitted", async () => {
    const events: string[] = [];
    const server = http.createServer((_request, response) => void response.write('begun'));
    server.on('connection', (socket: net.Socket) => {
      for (const event of ['error', 'close']) socket.on(event, () => events.push(event));
    });
    const closed = once(server, 'close');
    const client = new net.Socket();
    await run(function* () {
      const site = yield* serving(server);
      client.connect(site.port, '127.0.0.1').write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      yield* fromPromise(once(client, 'data'));
    });
    await closed;
    expect(events).toEqual(['close']);
    client.destroy();
  });

  it('run their request listeners in the context that serveHttp was called in', () =>
    run(function* () {
      const variable = new ContextVar<string>('where', { default: 'nowhere' });
      variable.set('in main');
      const site = yield* serving((_request, response) => response.end(variable.get()));
      const answer = yield* fromPromise(fetch(site.url, { headers: { connection: 'close' } }));
      expect(yield* fromPromise(answer.text())).toBe('in main');
      yield* stop(site);
    }));
});

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}

/** Closes the returned server, and waits for 'close' of Node's server. */
function* stopBoth(ours: Server, server: net.Server): Steps<void> {
  const closed = once(server, 'close');
  ours.close();
  yield* ours.waitClosed();
  yield* fromPromise(closed);
}

/** The error that a coroutine throws. */
function* rejection(coroutine: Coroutine<unknown>): Steps<unknown> {
  try {
    yield* coroutine;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

async function askHttp2(url: string, options: http2.SecureClientSessionOptions): Promise<string> {
  const session = http2.connect(url, { ...options, family: 4 } as http2.SecureClientSessionOptions);
  try {
    return await text(session.request({ ':path': '/' }));
  } finally {
    session.close();
  }
}
