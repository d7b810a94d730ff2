/** Tests the Express app of examples/servers with Node's own http client. curl and wrk connect to it in test/clients. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, json, text } from 'node:stream/consumers';
import { setTimeout as nodeSleep } from 'node:timers/promises';

import { run } from 'selectloop';
import { afterAll, describe, expect, it } from 'vitest';

import { startApp } from '../../examples/servers/express-app.js';

const parent = mkdtempSync(join(tmpdir(), 'selectloop-express-'));
const folder = mkdtempSync(join(parent, 'uploads-'));
writeFileSync(join(parent, 'secret'), 'secret');
afterAll(() => rmSync(parent, { recursive: true }));

type Ask = (method: string, path: string, body?: Buffer) => Promise<http.IncomingMessage>;

/** Runs the app, and a client with one keep-alive connection. */
async function againstApp(
  client: (ask: Ask, port: number, clientPorts: ReadonlySet<unknown>) => Promise<void>,
): Promise<void> {
  await run(async () => {
    const server = await startApp({ host: '127.0.0.1', port: 0 }, folder);
    const { port } = server.sockets[0]!.getsockname() as { port: number };
    const clientPorts = new Set<unknown>();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    try {
      await client(
        async (method, path, body) => {
          const request = http.request({ host: '127.0.0.1', port, method, path, agent }).end(body);
          const [response] = (await once(request, 'response')) as [http.IncomingMessage];
          clientPorts.add(response.socket.localPort);
          return response;
        },
        port,
        clientPorts,
      );
    } finally {
      agent.destroy();
      server.close();
      server.closeClients();
      await server.waitClosed();
    }
  });
}

describe('the Express app', () => {
  it('stores an upload and serves it again on the same keep-alive connection', async () => {
    await againstApp(async (ask, _port, clientPorts) => {
      const data = randomBytes(3_000_000);
      const kept = await ask('PUT', '/files/random', data);
      expect(kept.statusCode).toBe(201);
      const sha256 = createHash('sha256').update(data).digest('hex');
      expect(await json(kept)).toEqual({ byteCount: data.length, sha256 });
      const sent = await ask('GET', '/files/random');
      expect((await buffer(sent)).equals(data)).toBe(true);
      const state = await ask('GET', '/loop');
      expect(await json(state)).toMatchObject({ readers: 1 }); // the listener: connections are Node's
      expect(clientPorts.size).toBe(1);
    });
  });

  it.each([
    ['PUT', '/files/..%2Fsecret', 400],
    ['PUT', '/files/.hidden', 400],
    ['GET', '/files/..%2Fsecret', 404],
    ['GET', '/files/nothing', 404],
    ['POST', '/files/random', 404],
  ])('responds to %s %s with %s', async (method, path, status) => {
    await againstApp(async (ask) => {
      const response = await ask(method, path, method === 'GET' ? undefined : Buffer.from('x'));
      expect(response.statusCode).toBe(status);
      await text(response);
    });
  });

  it('removes an unfinished upload whose client disconnects', async () => {
    const before = readdirSync(folder);
    await againstApp(async (_ask, port) => {
      const headers = { 'content-length': 1_000_000 };
      const request = http.request({ host: '127.0.0.1', port, method: 'PUT', path: '/files/half', headers });
      request.on('error', () => undefined);
      request.write(randomBytes(100_000));
      while (readdirSync(folder).length === before.length) await nodeSleep(1);
      request.destroy();
      while (readdirSync(folder).length !== before.length) await nodeSleep(1);
    });
    expect(readdirSync(folder)).toEqual(before);
  });
});
