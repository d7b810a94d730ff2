/** Limits on the connections of `serveHttp`. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type Socket, connect } from 'node:net';

import { describe, expect, it } from 'vitest';

import { type CreateServerOptions, type Server, run, sleep } from 'selectloop';
import { serveHttp } from 'selectloop/node';

import { certificates } from '../tls/certificates.js';

const { server: identity } = certificates();

/** Connects clients that send nothing, and counts those that the server has closed. */
function idle(server: Server, n: number): { clients: Socket[]; closed: () => number } {
  const clients = Array.from({ length: n }, () => connect(server.port, '127.0.0.1').on('error', () => undefined));
  let count = 0;
  for (const client of clients) client.resume().on('close', () => (count += 1));
  return { clients, closed: () => count };
}

const KINDS: ReadonlyArray<readonly [string, () => ReturnType<typeof createServer>, CreateServerOptions]> = [
  ['http', createServer, {}],
  ['http with the option tls', createServer, { tls: identity }],
  ['https', () => createSecureServer(identity), {}],
];

describe.each(KINDS)('a server of %s', (_, make, options) => {
  it('closes connections above its maxConnections, and emits drop for each', () =>
    run(async () => {
      const http = make();
      http.maxConnections = 2;
      const dropped: unknown[] = [];
      http.on('drop', (data) => dropped.push(data));
      const server = await serveHttp(http, '127.0.0.1', 0, options);
      const { clients, closed } = idle(server, 6);
      while (closed() < 4) await sleep(1);
      expect(dropped).toEqual(Array(4).fill(expect.objectContaining({ localPort: server.port })));
      http.maxConnections = 3; // takes effect immediately
      const more = idle(server, 2);
      while (more.closed() < 1) await sleep(1);
      expect([closed(), more.closed()]).toEqual([4, 1]);
      for (const client of [...clients, ...more.clients]) client.destroy();
      server.close();
      await server.waitClosed();
    }));

  it('keeps connections above the option maxConnections waiting, and drops none', () =>
    run(async () => {
      const http = make();
      http.on('drop', () => expect.fail('dropped'));
      const server = await serveHttp(http, '127.0.0.1', 0, { ...options, maxConnections: 2 });
      const { clients, closed } = idle(server, 4);
      await Promise.all(clients.map((client) => once(client, 'connect')));
      while (!String(server).includes('connections: 2')) await sleep(1);
      await sleep(5);
      expect(String(server)).toContain('connections: 2');
      expect(closed()).toBe(0);
      for (const client of clients) client.destroy();
      while (!String(server).includes('connections: 0')) await sleep(1);
      server.close();
      await server.waitClosed();
    }));
});
