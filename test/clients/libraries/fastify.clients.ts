/** Fastify, whose `server` is one of node:http. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';

import { closed, heard, servingSides } from './sides.js';

describe.each(servingSides)('Fastify on $name', (side) => {
  const withApp = (
    prepare: (app: FastifyInstance) => void,
    scenario: (url: string, app: FastifyInstance) => Promise<void>,
  ): Promise<void> =>
    side.run(async () => {
      const app = fastify({ bodyLimit: 1e8, forceCloseConnections: false });
      prepare(app);
      await app.ready();
      await scenario(`http://127.0.0.1:${await side.serve(app.server)}`, app);
      if (app.server.listening) await closed(app.server);
      await app.close();
    });
  const headers = { connection: 'close' };

  it('answers with JSON, validates requests, and reports errors', () =>
    withApp(
      (app) => {
        const schema = { body: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } };
        app.post<{ Body: { n: number } }>('/double', { schema }, async ({ body }) => ({ double: body.n * 2 }));
        app.get('/fail', async () => {
          throw new Error('not today');
        });
      },
      async (url) => {
        const post = async (body: unknown): Promise<[number, unknown]> => {
          const answer = await fetch(`${url}/double`, {
            method: 'POST',
            body: JSON.stringify(body),
            headers: { ...headers, 'content-type': 'application/json' },
          });
          return [answer.status, await answer.json()];
        };
        expect(await post({ n: 21 })).toEqual([200, { double: 42 }]);
        expect((await post({ n: 'many' }))[0]).toBe(400);
        const failure = await fetch(`${url}/fail`, { headers });
        expect([failure.status, ((await failure.json()) as { message: string }).message]).toEqual([500, 'not today']);
      },
    ));

  it('takes 20 MB and streams them back', () =>
    withApp(
      (app) => {
        app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
        app.post('/echo', (request, reply) => reply.send(request.body as Readable));
      },
      async (url) => {
        const body = randomBytes(20_000_000);
        const type = { 'content-type': 'application/x-bytes' };
        const answer = await fetch(`${url}/echo`, { method: 'POST', body, headers: { ...headers, ...type } });
        const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
        expect(hash(new Uint8Array(await answer.arrayBuffer()))).toBe(hash(body));
      },
    ));

  it('is notified that a client has disconnected in the middle of an answer', () => {
    let gone: Promise<void>;
    return withApp(
      (app) => {
        app.get('/endless', (_request, reply) => {
          const endless = new Readable({ read: () => void setImmediate(() => endless.push('more')) });
          gone = heard(endless, 'close');
          return reply.send(endless);
        });
      },
      async (url) => {
        const request = httpRequest(`${url}/endless`, { agent: false }).on('error', () => {});
        const [answer] = (await once(request.end(), 'response')) as [IncomingMessage];
        await once(answer, 'data');
        request.destroy();
        await gone;
      },
    );
  });

  it('answers pipelined requests in order', () =>
    withApp(
      (app) => {
        app.get<{ Params: { n: string } }>('/:n', async ({ params: { n } }) => {
          if (n === '1') await new Promise((resolve) => setTimeout(resolve, 30));
          return `number ${n};`;
        });
      },
      async (url) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        const request = (n: number, connection: string): string =>
          `GET /${n} HTTP/1.1\r\nhost: test\r\nconnection: ${connection}\r\n\r\n`;
        socket.write(request(1, 'keep-alive') + request(2, 'keep-alive') + request(3, 'close'));
        expect((await text(socket)).match(/number \d;/g)).toEqual(['number 1;', 'number 2;', 'number 3;']);
      },
    ));

  it('answers the requests in flight when it is closed', () => {
    let arrive: () => void;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    let release: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    return withApp(
      (app) => {
        app.get('/slow', async () => {
          arrive();
          await released;
          return 'after all';
        });
      },
      async (url, app) => {
        const asked = fetch(`${url}/slow`, { headers }).then((answer) => answer.text());
        await arrived;
        const closing = closed(app.server);
        release();
        expect(await asked).toBe('after all');
        await closing;
      },
    );
  });
});
