/** http.Agent and https.Agent of Node: `createConnection` returns their sockets. */

import { once } from 'node:events';
import {
  Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  type ServerResponse,
  createServer,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, createServer as createSecureServer, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { certificates } from '../../tls/certificates.js';
import { type DialingSide, connectingSides, heard } from './sides.js';

/** The servers' ends of their connections, below TLS, by the port of the other end. */
const raw = new Map<number, Socket>();

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/port') response.end(String(request.socket.remotePort));
  if (request.url === '/echo') request.pipe(response);
  if (request.url === '/last') response.setHeader('connection', 'close').end('last');
  if (request.url === '/then-end') response.end('ended', () => setTimeout(() => request.socket.end(), 5));
  if (request.url === '/die')
    response.write('first', () => setTimeout(() => raw.get(request.socket.remotePort!)!.resetAndDestroy(), 20));
}

let servers: { http: Server; https: Server };
beforeAll(async () => {
  servers = { http: createServer(answer), https: createSecureServer(certificates().server, answer) };
  for (const server of Object.values(servers)) {
    server.on('connection', (socket: Socket) => raw.set(socket.remotePort!, socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
});
afterAll(() => {
  for (const socket of raw.values()) socket.destroy();
  for (const server of Object.values(servers)) server.close();
});

describe.each(connectingSides)('$name', (side) => {
  describe.each(['http', 'https'] as const)('%s.Agent', (kind) => {
    /** An agent, and the sockets that it received. */
    function agentOf(): { agent: HttpAgent; sockets: Socket[] } {
      const { port } = servers[kind].address() as AddressInfo;
      const sockets: Socket[] = [];
      const agent = new (kind === 'http' ? HttpAgent : HttpsAgent)({ keepAlive: true, maxSockets: 4 });
      agent.createConnection = (_options, callback): Socket | undefined => {
        if ('dial' in side && kind === 'http') {
          const socket = (side as DialingSide).dial(port);
          sockets.push(socket);
          return socket;
        }
        side.connect(port, kind === 'http' ? undefined : { ca: certificates().ca }).then(
          (socket) => {
            sockets.push(socket);
            callback!(null, socket);
          },
          (error: unknown) => callback!(error as Error, undefined as unknown as Duplex),
        );
        return undefined;
      };
      return { agent, sockets };
    }

    async function ask(agent: HttpAgent, path: string, body = '', options: RequestOptions = {}): Promise<string> {
      const request = (kind === 'http' ? httpRequest : httpsRequest)({ agent, path, method: 'POST', ...options });
      request.on('error', () => {}).end(body);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return await text(response);
    }

    it('sends successive requests on one connection', () =>
      side.run(async () => {
        const { agent, sockets } = agentOf();
        for (let i = 0; i < 50; i += 1) expect(await ask(agent, '/port')).toBe(String(sockets[0]!.localPort));
        expect(sockets).toHaveLength(1);
        agent.destroy();
      }));

    it('sends a hundred concurrent requests', () =>
      side.run(async () => {
        const { agent, sockets } = agentOf();
        const bodies = Array.from({ length: 100 }, (_, i) => `number ${i}`);
        expect(await Promise.all(bodies.map((body) => ask(agent, '/echo', body)))).toEqual(bodies);
        // Node counts only sockets that are returned synchronously.
        if ('dial' in side && kind === 'http') expect(sockets).toHaveLength(4);
        agent.destroy();
      }));

    it('sends 10 MB there and back', () =>
      side.run(async () => {
        const { agent } = agentOf();
        const body = '0123456789'.repeat(1_000_000);
        expect((await ask(agent, '/echo', body)) === body).toBe(true);
        agent.destroy();
      }));

    it.each(['/last', '/then-end'])('does not reuse a connection that was closed by %s', (path) =>
      side.run(async () => {
        const { agent, sockets } = agentOf();
        for (let i = 0; i < 5; i += 1) {
          await ask(agent, path);
          const socket = sockets.at(-1)!;
          if (!socket.destroyed) await heard(socket, 'close');
        }
        expect(sockets).toHaveLength(5);
        expect(Object.keys(agent.freeSockets)).toEqual([]);
        agent.destroy();
      }),
    );

    it('fails with ECONNRESET when the server resets the connection in the middle of an answer', () =>
      side.run(async () => {
        const { agent, sockets } = agentOf();
        await expect(ask(agent, '/die')).rejects.toMatchObject({ code: 'ECONNRESET' });
        expect(await ask(agent, '/port')).toBe(String(sockets.at(-1)!.localPort));
        agent.destroy();
      }));

    it('times out, and closes the connection', () =>
      side.run(async () => {
        const { agent, sockets } = agentOf();
        const request = (kind === 'http' ? httpRequest : httpsRequest)({ agent, path: '/never', timeout: 30 }).end();
        await once(request, 'timeout');
        request.destroy();
        await expect(once(request, 'response')).rejects.toMatchObject({ code: 'ECONNRESET' });
        expect(sockets[0]!.destroyed).toBe(true);
        agent.destroy();
      }));

    it('destroys the connection of an aborted request', () =>
      side.run(async () => {
        const { agent, sockets } = agentOf();
        const aborter = new AbortController();
        const asked = ask(agent, '/never', '', { signal: aborter.signal });
        while (sockets.length === 0) await new Promise(setImmediate);
        aborter.abort();
        await expect(asked).rejects.toMatchObject({ code: 'ABORT_ERR' });
        expect(sockets[0]!.destroyed).toBe(true);
        agent.destroy();
      }));
  });
});
