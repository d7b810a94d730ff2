/** Listeners of a served http server that throw, or whose promises reject. */

import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { text } from 'node:stream/consumers';

import { getRunningLoop, run, sleep } from 'selectloop';
import { fromPromise, serveHttp } from 'selectloop/node';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { serving, stop } from './http-serving.js';

describe('the property by which Node enables captureRejections', () => {
  it('is one that this library finds', () => {
    const keys = Object.getOwnPropertySymbols(EventEmitter.prototype);
    expect(keys.map(String)).toContain('Symbol(kCapture)');
  });
});

describe('the connections of a served http server', () => {
  it.each(['request', 'checkContinue', 'checkExpectation'])(
    'answer 500 when a listener of %s throws, or its promise rejects, which is reported',
    (event) =>
      run(function* () {
        const errors = collectErrors(getRunningLoop());
        const failures = [new Error('thrown'), new Error('rejected')];
        const [thrown, rejected] = failures;
        const server = http.createServer();
        server.on(event, (request: http.IncomingMessage, response: http.ServerResponse) => {
          response.setHeader('x-secret', 'of the handler');
          if (request.url === '/thrown') throw thrown!;
          return Promise.reject(rejected!) as unknown as void;
        });
        const site = yield* serving(server);
        for (const path of ['/thrown', '/rejected']) {
          const expectation = { request: undefined, checkContinue: '100-continue', checkExpectation: 'tea' }[event];
          const headers = { connection: 'close', ...(expectation !== undefined && { expect: expectation }) };
          const request = http.get({ port: site.port, path, headers });
          const [response] = (yield* fromPromise(once(request, 'response'))) as [http.IncomingMessage];
          expect([response.statusCode, response.headers['x-secret']]).toEqual([500, undefined]);
          expect(yield* fromPromise(text(response))).toBe('Internal Server Error');
        }
        expect(errors).toEqual(
          failures.map((exception) => ({ message: `a listener for '${event}' of the http server failed`, exception })),
        );
        yield* stop(site);
      }),
  );

  it('end a response that has begun when the promise of its listener rejects', () =>
    run(function* () {
      const errors = collectErrors(getRunningLoop());
      const failure = new Error('late');
      const answerTo = async (response: http.ServerResponse): Promise<void> => {
        response.write('begun');
        await sleep(1);
        throw failure;
      };
      const site = yield* serving((_request, response) => answerTo(response) as unknown as void);
      const answer = yield* fromPromise(fetch(site.url));
      const reading = fromPromise(answer.text());
      let failed = false;
      try {
        yield* reading;
      } catch {
        failed = true;
      }
      expect({ failed, errors: errors.map(({ exception }) => exception) }).toEqual({ failed: true, errors: [failure] });
      yield* stop(site);
    }));

  it('leave rejections to the program if it handles them', () =>
    run(function* () {
      const errors = collectErrors(getRunningLoop());
      EventEmitter.captureRejections = true;
      const server = http.createServer(() => Promise.reject(new Error('captured')) as unknown as void);
      EventEmitter.captureRejections = false;
      const handled = server as unknown as Record<symbol, unknown>;
      handled[EventEmitter.captureRejectionSymbol] = (
        { message }: Error,
        event: string,
        _request: http.IncomingMessage,
        response: http.ServerResponse,
      ): void => void response.writeHead(418).end(`${event}: ${message}`);
      const site = yield* serving(server);
      const answer = yield* fromPromise(fetch(site.url, { headers: { connection: 'close' } }));
      expect([answer.status, errors]).toEqual([418, []]);
      expect(yield* fromPromise(answer.text())).toBe('request: captured');
      yield* stop(site);
    }));

  it.each(['connection', 'upgrade', 'clientError', 'drop'])(
    'are destroyed when a listener of %s throws, which is reported',
    (event) =>
      run(function* () {
        const errors = collectErrors(getRunningLoop());
        const server = http.createServer();
        const failure = new Error(`of ${event}`);
        server.on(event, () => {
          throw failure;
        });
        if (event === 'drop') server.maxConnections = 1;
        const site = yield* serving(server);
        const holder = net.connect(site.port, '127.0.0.1').on('error', () => undefined);
        if (event === 'drop') yield* fromPromise(once(server, 'connection'));
        const client = net.connect(site.port, '127.0.0.1').on('error', () => undefined);
        const upgrade = event === 'upgrade' ? 'Connection: Upgrade\r\nUpgrade: chat\r\n' : '';
        client.write(event === 'clientError' ? 'bad\r\n\r\n' : `GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`);
        client.resume();
        yield* fromPromise(new Promise((resolve) => client.on('close', resolve)));
        expect(new Set(errors.map(({ exception }) => exception))).toEqual(new Set([failure]));
        holder.destroy();
        yield* stop(site);
      }),
  );

  it('answer 500 over HTTP/2, and end a stream whose listener rejects', () =>
    run(function* () {
      const errors = collectErrors(getRunningLoop());
      const failure = new Error('rejected');
      const server = http2.createServer(() => Promise.reject(failure) as unknown as void);
      const site = yield* serveHttp(server, '127.0.0.1', 0);
      const client = http2.connect(`http://127.0.0.1:${site.port}`);
      const [headers] = (yield* fromPromise(once(client.request({ ':path': '/' }), 'response'))) as [object];
      expect(headers).toMatchObject({ ':status': 500 });
      server.removeAllListeners('request');
      server.on('stream', () => Promise.reject(failure) as unknown as void);
      yield* fromPromise(once(client.request({ ':path': '/' }), 'close'));
      expect(errors.map(({ exception }) => exception)).toEqual([failure, failure]);
      client.destroy();
      site.close();
      yield* site.waitClosed();
    }));
});
