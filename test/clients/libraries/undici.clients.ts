/** undici against Node's servers. Its `connect` option is a function that passes a socket to a callback. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import {
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  createSecureServer,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';

import { Client, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { certificates } from '../../tls/certificates.js';
import { connectingSides } from './sides.js';

const LARGE = 100_000_000;
const block = randomBytes(1_000_000);

/** Reports the connection of a request, returns a request's body, or dies in the middle of its answer. */
function answer(request: IncomingMessage | Http2ServerRequest, response: ServerResponse): void {
  if (request.url === '/port') response.end(String(request.socket.remotePort));
  if (request.url === '/echo') Readable.from(request).pipe(response);
  if (request.url === '/never') response.write('first');
  if (request.url === '/die')
    response.write('first', () => setTimeout(() => raw.get(request.socket.remotePort!)!.destroy(), 20));
  if (request.url === '/last') response.setHeader('connection', 'close').end('last');
}

function* blocks(): Generator<Buffer> {
  for (let sent = 0; sent < LARGE; sent += block.length) yield block;
}

function checksum(): string {
  const hash = createHash('sha256');
  for (const sent of blocks()) hash.update(sent);
  return hash.digest('hex');
}

/** The servers' ends of the connections, below TLS and HTTP/2, by the port of the other end. */
const raw = new Map<number, Socket>();
const remember = (socket: Socket): void => void raw.set(socket.remotePort!, socket);

let plain: Server;
let secure: Http2SecureServer;
beforeAll(async () => {
  plain = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  const { cert, key } = certificates().server;
  secure = createSecureServer({ cert, key, allowHTTP1: true }, (request, response: Http2ServerResponse) => {
    answer(request, response as unknown as ServerResponse);
  }).listen(0, '127.0.0.1');
  for (const server of [plain, secure]) server.on('connection', remember);
  await Promise.all([once(plain, 'listening'), once(secure, 'listening')]);
});
afterAll(() => {
  for (const socket of raw.values()) socket.destroy();
  plain.close();
  secure.close();
});

describe.each(connectingSides)('undici on $name', (side) => {
  function clientOf(
    kind: 'http/1.1' | 'https' | 'h2',
    options: Client.Options = {},
  ): { client: Client; sockets: number[] } {
    const server = kind === 'http/1.1' ? plain : secure;
    const { port } = server.address() as AddressInfo;
    const sockets: number[] = [];
    const tls = { ca: certificates().ca, ALPNProtocols: kind === 'h2' ? ['h2'] : ['http/1.1'] };
    const client = new Client(`${kind === 'http/1.1' ? 'http' : 'https'}://localhost:${port}`, {
      ...options,
      allowH2: kind === 'h2',
      connect(_options, callback) {
        side.connect(port, kind === 'http/1.1' ? undefined : tls).then(
          (socket) => {
            sockets.push(socket.localPort!);
            callback(null, socket);
          },
          (error: unknown) => callback(error as Error, null),
        );
      },
    });
    return { client, sockets };
  }
  const get = async (client: Client, path: string): Promise<string> => {
    const { body } = await client.request({ path, method: 'GET' });
    return await body.text();
  };

  describe.each(['http/1.1', 'https', 'h2'] as const)('%s', (kind) => {
    it('sends 200 requests on one connection', () =>
      side.run(async () => {
        const { client, sockets } = clientOf(kind, { pipelining: 10 });
        const ports = await Promise.all(Array.from({ length: 200 }, () => get(client, '/port')));
        expect(new Set(ports)).toEqual(new Set(sockets.map(String)));
        expect(sockets).toHaveLength(1);
        await client.close();
      }));

    it('uploads and downloads 100 MB at the same time', () =>
      side.run(async () => {
        const { client } = clientOf(kind);
        const { body } = await client.request({ path: '/echo', method: 'POST', body: Readable.from(blocks()) });
        const hash = createHash('sha256');
        for await (const chunk of body) hash.update(chunk as Buffer);
        expect(hash.digest('hex')).toBe(checksum());
        await client.close();
      }));

    it('aborts a request, and sends the next one', () =>
      side.run(async () => {
        const { client } = clientOf(kind);
        const aborter = new AbortController();
        const { body } = await client.request({ path: '/never', method: 'GET', signal: aborter.signal });
        const read = body.text();
        aborter.abort();
        await expect(read).rejects.toMatchObject({ name: 'AbortError' });
        expect(await get(client, '/port')).toMatch(/^\d+$/);
        await client.close();
      }));

    it('rejects a body whose server dies, and reconnects', () =>
      side.run(async () => {
        const { client, sockets } = clientOf(kind);
        await expect(get(client, '/die')).rejects.toMatchObject({ code: /UND_ERR_SOCKET|ECONNRESET|UND_ERR_INFO/ });
        expect(await get(client, '/port')).toBe(String(sockets.at(-1)));
        expect(sockets).toHaveLength(2);
        await client.close();
      }));
  });

  it('does not reuse a connection that the server closed', () =>
    side.run(async () => {
      const { client, sockets } = clientOf('http/1.1');
      for (let i = 0; i < 5; i += 1) expect(await get(client, '/last')).toBe('last');
      expect(sockets).toHaveLength(5);
      await client.close();
    }));

  it('serves fetch as a dispatcher', () =>
    side.run(async () => {
      const { client } = clientOf('http/1.1');
      const { port } = plain.address() as AddressInfo;
      const response = await fetch(`http://localhost:${port}/echo`, {
        method: 'POST',
        body: 'tea',
        dispatcher: client,
      });
      expect(await response.text()).toBe('tea');
      await client.close();
    }));
});
