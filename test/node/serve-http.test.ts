/** serveHttp with Node's clients: fetch, http.request, and hand-written bytes. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { buffer, text } from 'node:stream/consumers';

import express from 'express';
import { Event, createTask, getRunningLoop, openConnection, run, runSync, sleep } from 'selectloop';
import { fromPromise, serveHttp } from 'selectloop/node';
import { describe, expect, it } from 'vitest';

import { hostedLoops, waiting } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { certificates } from '../tls/certificates.js';
import { serving, stop } from './http-serving.js';

const bytes = (data: string): Buffer => Buffer.from(data);
const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

describe.each(hostedLoops)('serveHttp ($name)', (kind) => {
  it('fetch gets its answers over one keep-alive connection', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const ports = new Set<unknown>();
      const site = yield* serving((request, response) => {
        ports.add(request.socket.remotePort);
        expect(request.socket.remoteAddress).toBe('127.0.0.1');
        response.setHeader('x-path', request.url!).end('hello');
      });
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < 3; i += 1) {
        const request = http.get(`${site.url}/${i}`, { agent });
        const [response] = (yield* fromPromise(once(request, 'response'))) as [http.IncomingMessage];
        expect(response.headers['x-path']).toBe(`/${i}`);
        expect(yield* fromPromise(text(response))).toBe('hello');
      }
      expect(ports.size).toBe(1);
      agent.destroy();
      const answer = yield* fromPromise(fetch(site.url, { headers: { connection: 'close' } }));
      expect(answer.status).toBe(200);
      expect(yield* fromPromise(answer.text())).toBe('hello');
      yield* stop(site);
      expect(waiting().writers).toBe(0);
      expect(errors).toEqual([]);
    }));

  it('Express parses the body of a request', () =>
    kind.run(function* () {
      const app = express();
      app.use(express.json());
      app.post('/sum', (request, response) => {
        const { numbers } = request.body as { numbers: number[] };
        response.json({ sum: numbers.reduce((a, b) => a + b, 0), secure: request.secure, ip: request.ip });
      });
      const site = yield* serving(http.createServer(app));
      const answer = yield* fromPromise(
        fetch(`${site.url}/sum`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', connection: 'close' },
          body: JSON.stringify({ numbers: [1, 2, 3] }),
        }),
      );
      expect(yield* fromPromise(answer.json())).toEqual({ sum: 6, secure: false, ip: '127.0.0.1' });
      yield* stop(site);
    }));

  it('uploads and downloads arrive complete', () =>
    kind.run(function* () {
      const data = randomBytes(8 << 20); // test/clients sends 100 MB
      const site = yield* serving((request, response) => {
        if (request.method === 'GET') {
          response.end(data);
          return;
        }
        const hash = createHash('sha256');
        request.on('data', (chunk: Buffer) => hash.update(chunk));
        request.on('end', () => response.end(hash.digest('hex')));
      });
      const headers = { connection: 'close' };
      const up = yield* fromPromise(fetch(site.url, { method: 'POST', body: data, headers }));
      expect(yield* fromPromise(up.text())).toBe(digest(data));
      const down = yield* fromPromise(fetch(site.url, { headers }));
      expect(digest(Buffer.from(yield* fromPromise(down.arrayBuffer())))).toBe(digest(data));
      yield* stop(site);
    }));

  it('a slow reader applies backpressure to the response, with bounded memory', () =>
    kind.run(function* () {
      let written = 0;
      const site = yield* serving((_request, response) => {
        const chunk = Buffer.alloc(65_536, 'x');
        const more = (): void => {
          while (written < 64 << 20) {
            written += chunk.length;
            if (!response.write(chunk)) {
              response.once('drain', more);
              return;
            }
          }
          response.end();
        };
        more();
      });
      const { reader, writer } = yield* openConnection('127.0.0.1', site.port);
      writer.write(bytes('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
      yield* reader.readUntil(bytes('\r\n\r\n'));
      yield* sleep(50);
      expect(written).toBeLessThan(32 << 20);
      writer.transport.abort(); // a client that disconnects in the middle must leave nothing behind
      yield* stop(site);
    }));

  it('pipelined requests are answered in order', () =>
    kind.run(function* () {
      const site = yield* serving((request, response) => {
        const delayMs = request.url === '/0' ? 10 : 0;
        setTimeout(() => response.end(request.url), delayMs);
      });
      const { reader, writer } = yield* openConnection('127.0.0.1', site.port);
      const requests = Array.from({ length: 5 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
      writer.write(bytes(requests.join('') + 'GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
      const answers = String(yield* reader.read());
      expect(answers.replaceAll('HTTP/1.1', '').match(/\/(\d|end)/g)).toEqual(['/0', '/1', '/2', '/3', '/4', '/end']);
      writer.close();
      yield* stop(site);
    }));

  it('an upgrade hands the socket over', () =>
    kind.run(function* () {
      const site = yield* serving((_request, response) => response.end());
      site.http.on('upgrade', (request, socket, head) => {
        const key = request.headers['sec-websocket-key']! + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
        const accept = createHash('sha1').update(key).digest('base64');
        expect(String(head)).toBe('first ');
        const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
        socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
        socket.unshift(head);
        socket.pipe(socket);
      });
      const { reader, writer } = yield* openConnection('127.0.0.1', site.port);
      const lines = ['GET /chat HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade'];
      const request = [...lines, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', 'first '].join('\r\n');
      writer.write(bytes(request));
      const head = String(yield* reader.readUntil(bytes('\r\n\r\n')));
      expect(head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='); // the example of RFC 6455
      writer.write(bytes('second'));
      writer.writeEof();
      expect(String(yield* reader.read())).toBe('first second');
      writer.close();
      yield* stop(site);
    }));

  it('a request is aborted when its client disconnects', () =>
    kind.run(function* () {
      const aborted = new Event();
      const site = yield* serving((request, response) => {
        response.write('begun');
        request.on('close', () => aborted.set());
      });
      const controller = new AbortController();
      const answer = yield* fromPromise(fetch(site.url, { signal: controller.signal }));
      controller.abort();
      yield* aborted.wait();
      expect(answer.ok).toBe(true);
      yield* stop(site);
    }));

  it('close() waits for requests in flight, and closes idle connections', () =>
    kind.run(function* () {
      const arrived = new Event();
      let finish = (): void => undefined;
      const site = yield* serving((_request, response) => {
        finish = () => response.end('late');
        arrived.set();
      });
      const closed = once(site.http, 'close');
      const idle = yield* openConnection('127.0.0.1', site.port);
      idle.writer.write(bytes('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
      yield* arrived.wait();
      finish();
      expect(String(yield* idle.reader.readUntil(bytes('late')))).toContain('200 OK');
      arrived.clear();
      const answering = fetch(site.url, { headers: { connection: 'close' } }).then((answer) => answer.text());
      yield* arrived.wait();
      site.http.close(); // closing the http server also closes the returned server
      let isClosed = false;
      void closed.then(() => (isClosed = true));
      expect(site.server.isServing()).toBe(false);
      expect((yield* idle.reader.read()).length).toBe(0);
      const waitingForIt = createTask(() => site.server.waitClosed());
      yield* sleep(5);
      expect(waitingForIt.done()).toBe(false);
      expect(isClosed).toBe(false);
      finish();
      expect(yield* fromPromise(answering)).toBe('late');
      yield* waitingForIt;
      yield* fromPromise(closed);
      idle.writer.close();
      yield* idle.writer.waitClosed();
    }));

  it('keep-alive connections are closed after keepAliveTimeout, slow requests after requestTimeout', () =>
    kind.run(function* () {
      const server = http.createServer({ connectionsCheckingInterval: 10, requestTimeout: 700, headersTimeout: 700 });
      server.on('request', (_request, response) => response.end('ok'));
      Object.assign(server, { keepAliveTimeout: 20, keepAliveTimeoutBuffer: 0 });
      const site = yield* serving(server);
      const idle = yield* openConnection('127.0.0.1', site.port);
      idle.writer.write(bytes('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
      expect(String(yield* idle.reader.read())).toContain('ok');
      const slow = yield* openConnection('127.0.0.1', site.port);
      slow.writer.write(bytes('GET / HTTP/1.1\r\nHost'));
      expect(String(yield* slow.reader.read())).toContain('408 Request Timeout');
      for (const { writer } of [idle, slow]) writer.close();
      yield* stop(site);
    }));

  it('serves https with the option tls', () =>
    kind.run(function* () {
      const { ca, server } = certificates();
      const site = yield* serving(
        (request, response) => response.end(`encrypted: ${(request.socket as { encrypted?: boolean }).encrypted}`),
        { tls: server },
      );
      const request = https.get({ port: site.port, host: 'localhost', family: 4, ca, agent: false });
      const [response] = (yield* fromPromise(once(request, 'response'))) as [http.IncomingMessage];
      expect(String(yield* fromPromise(buffer(response)))).toBe('encrypted: true');
      yield* stop(site);
    }));

  it('a listener that throws is reported, and the server continues', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const failure = new Error('of the listener');
      const site = yield* serving((request, response) => {
        if (request.url === '/bad') throw failure;
        response.end('good');
      });
      const bad = yield* fromPromise(fetch(`${site.url}/bad`));
      expect(bad.status).toBe(500);
      const good = yield* fromPromise(fetch(site.url, { headers: { connection: 'close' } }));
      expect(yield* fromPromise(good.text())).toBe('good');
      expect(errors.map(({ exception }) => exception)).toEqual([failure]);
      yield* stop(site);
    }));
});

describe('serveHttp', () => {
  it('needs a hosted loop', () => {
    expect(() =>
      runSync(function* () {
        yield* serveHttp(http.createServer(), '127.0.0.1', 0);
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_NEEDS_HOST' }) as Error);
  });

  it('refuses anything but an http server', () =>
    run(function* () {
      expect(() => serveHttp(null as never, '127.0.0.1', 0)).toThrow(
        'serveHttp: expected a server of node:http, such as http.createServer(app), got null',
      );
      expect(() => serveHttp(express() as never, '127.0.0.1', 0)).toThrow(TypeError);
    }));

  it('refuses tlsShutdownTimeoutMs, which would have no effect', () =>
    run(function* () {
      const { server } = certificates();
      const options = { tls: server, tlsShutdownTimeoutMs: 1000 };
      expect(() => serveHttp(http.createServer(), '127.0.0.1', 0, options)).toThrow(
        'serveHttp: tlsShutdownTimeoutMs: expected undefined, because node:tls closes these connections, got 1000',
      );
    }));

  it('is closed with its loop, and so are its connections', async () => {
    const site = await run(function* () {
      getRunningLoop().setExceptionHandler(() => undefined);
      const open = yield* serving((_request, response) => response.end());
      const { reader, writer } = yield* openConnection('127.0.0.1', open.port);
      writer.write(bytes('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
      yield* reader.readUntil(bytes('\r\n\r\n'));
      return open;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(site.server.isServing()).toBe(false);
  });
});
