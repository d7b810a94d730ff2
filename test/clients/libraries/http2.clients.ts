/** HTTP/2 of Node, client and server: `createConnection` returns the client's socket, and a server gets its 'connection' events. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type ServerHttp2Stream,
  connect,
  createSecureServer,
  createServer,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';

import { type InetAddress, type Transport, createServer as createLoopServer, run } from 'selectloop';
import { toDuplex } from 'selectloop/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { certificates } from '../../tls/certificates.js';
import { connectingSides, heard } from './sides.js';

const body = randomBytes(20_000_000);

/** The servers' ends of the connections. */
const accepted = new Set<Socket>();

function answer(stream: ServerHttp2Stream, headers: Record<string, unknown>): void {
  stream.on('error', () => {});
  switch (headers[':path']) {
    case '/echo':
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
      break;
    case '/push':
      stream.pushStream({ ':path': '/pushed' }, (_error, pushed) => pushed.end('pushed'));
      stream.end('pusher');
      break;
    case '/refuse':
      stream.close(7); // REFUSED_STREAM
      break;
    case '/go-away':
      stream.end('last words');
      stream.session!.close();
      break;
    case '/die':
      stream.respond({ ':status': 200 });
      stream.write('first', () => setTimeout(() => accepted.forEach((socket) => socket.destroy()), 20));
  }
}

let servers: { http: Http2Server; https: Http2Server };
beforeAll(async () => {
  servers = { http: createServer(), https: createSecureServer(certificates().server) };
  for (const server of Object.values(servers)) {
    server.on('stream', answer).on('sessionError', () => {});
    server.on('connection', (socket: Socket) => {
      accepted.add(socket);
      socket.on('close', () => accepted.delete(socket));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
});
afterAll(() => {
  for (const socket of accepted) socket.destroy();
  for (const server of Object.values(servers)) server.close();
});

/** The client's scenarios, for any kind of socket. */
function scenarios(runIn: (scenario: (session: ClientHttp2Session) => Promise<void>) => Promise<void>): void {
  const request = (session: ClientHttp2Session, path: string): ClientHttp2Stream =>
    session.request({ ':path': path, ':method': 'POST' });

  it('runs a hundred concurrent streams', () =>
    runIn(async (session) => {
      const answers = Array.from({ length: 100 }, (_, i) => text(request(session, '/echo').end(`number ${i}`)));
      expect(await Promise.all(answers)).toEqual(answers.map((_, i) => `number ${i}`));
    }));

  it('sends 20 MB there and back, on two streams', () =>
    runIn(async (session) => {
      const blocks = Array.from({ length: 20 }, (_, i) => body.subarray(i * 1_000_000, (i + 1) * 1_000_000));
      const streams = [1, 2].map(() => Readable.from(blocks).pipe(request(session, '/echo')));
      const answers = await Promise.all(streams.map((stream) => buffer(stream)));
      expect(answers.every((answer) => answer.equals(body))).toBe(true);
    }));

  it('receives what the server pushes', () =>
    runIn(async (session) => {
      const pushed = once(session, 'stream') as Promise<[ClientHttp2Stream]>;
      expect(await text(request(session, '/push').end())).toBe('pusher');
      expect(await text((await pushed)[0])).toBe('pushed');
    }));

  it('is notified of a refused stream, and continues with further streams', () =>
    runIn(async (session) => {
      await expect(text(request(session, '/refuse').end())).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
      expect(await text(request(session, '/echo').end('tea'))).toBe('tea');
    }));

  it('cancels a stream, and continues with further streams', () =>
    runIn(async (session) => {
      const stream = request(session, '/echo');
      stream.write('first');
      await once(stream, 'data');
      const closed = heard(stream, 'close');
      stream.close(8); // CANCEL
      await closed;
      expect(await text(request(session, '/echo').end('tea'))).toBe('tea');
    }));

  it('pings', () =>
    runIn(async (session) => {
      const payload = Buffer.from('12345678');
      const echoed = await new Promise<Buffer>((resolve, reject) =>
        session.ping(payload, (error, _duration, echo) => (error ? reject(error) : resolve(echo))),
      );
      expect(echoed.equals(payload)).toBe(true);
    }));

  it('closes when the server ends the session in an orderly way', () =>
    runIn(async (session) => {
      const closed = heard(session, 'close');
      expect(await text(request(session, '/go-away').end())).toBe('last words');
      await closed;
      expect(session.destroyed).toBe(true);
    }));

  it('closes when the server dies in the middle of an answer', () =>
    runIn(async (session) => {
      session.on('error', () => {});
      const closed = heard(session, 'close');
      const stream = request(session, '/die').end();
      const streamClosed = heard(stream.on('error', () => {}).resume(), 'close');
      await Promise.all([closed, streamClosed]);
      expect(session.destroyed).toBe(true);
    }));
}

async function withSession(
  socket: Socket,
  kind: 'http' | 'https',
  scenario: (session: ClientHttp2Session) => Promise<void>,
): Promise<void> {
  const session = connect(`${kind}://localhost`, { createConnection: () => socket });
  await scenario(session);
  if (session.destroyed) return;
  const closed = heard(session, 'close');
  session.close();
  await closed;
}

describe.each(connectingSides)('a client of HTTP/2 on $name', (side) => {
  describe.each(['http', 'https'] as const)('%s', (kind) => {
    scenarios((scenario) =>
      side.run(async () => {
        const { port } = servers[kind].address() as AddressInfo;
        const tls = { ca: certificates().ca, ALPNProtocols: ['h2'] };
        await withSession(await side.connect(port, kind === 'http' ? undefined : tls), kind, scenario);
      }),
    );
  });
});

describe('a server of HTTP/2 on toDuplex', () => {
  describe.each(['http', 'https'] as const)('%s', (kind) => {
    scenarios((scenario) =>
      run(async () => {
        const http2 = servers[kind];
        const connectionMade = (transport: Transport): boolean => http2.emit('connection', toDuplex(transport));
        const server = await createLoopServer(() => ({ connectionMade }), '127.0.0.1', 0);
        const { port } = server.sockets[0]!.getsockname() as InetAddress;
        const tls = { ca: certificates().ca, ALPNProtocols: ['h2'] };
        const [nodes] = connectingSides;
        await withSession(await nodes!.connect(port, kind === 'http' ? undefined : tls), kind, scenario);
        server.close();
        await server.waitClosed();
      }),
    );
  });
});
