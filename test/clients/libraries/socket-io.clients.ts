/** socket.io: a server on node:http, and clients over WebSockets and over polling. */

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { Server } from 'socket.io';
import { type ManagerOptions, type Socket, type SocketOptions, io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';

import { closed, heard, servingSides } from './sides.js';

type Connect = (options?: Partial<ManagerOptions & SocketOptions>) => Promise<Socket>;

describe.each(servingSides)('socket.io on $name', (side) => {
  describe.each(['websocket', 'polling'] as const)('%s', (transport) => {
    const withServer = (scenario: (connected: Connect, server: Server) => Promise<void>): Promise<void> =>
      side.run(async () => {
        const http = createServer();
        const server = new Server(http, { maxHttpBufferSize: 1e8 });
        server.on('connection', (socket) => {
          socket.on('echo', (value: unknown, answer: (value: unknown) => void) => answer(value));
          socket.on('tell', (value: unknown) => server.emit('told', value));
          socket.on('leave', () => socket.disconnect(true));
        });
        const port = await side.serve(http);
        const clients: Socket[] = [];
        try {
          await scenario(async (options = {}) => {
            const client = io(`http://127.0.0.1:${port}`, { transports: [transport], forceNew: true, ...options });
            clients.push(client);
            await heard(client, 'connect');
            return client;
          }, server);
        } finally {
          for (const client of clients) client.disconnect();
          server.disconnectSockets(true);
          await closed(http);
        }
      });

    it('answers 500 calls, and one with 5 MB', () =>
      withServer(async (connected) => {
        const client = await connected();
        const numbers = Array.from({ length: 500 }, (_, i) => i);
        expect(await Promise.all(numbers.map((number) => client.emitWithAck('echo', number)))).toEqual(numbers);
        const bytes = randomBytes(5_000_000);
        expect(bytes.equals((await client.emitWithAck('echo', bytes)) as Buffer)).toBe(true);
      }));

    it('forwards a message of one client to all', () =>
      withServer(async (connected) => {
        const clients = await Promise.all(Array.from({ length: 5 }, () => connected()));
        const told = clients.map((client) => new Promise((resolve) => client.once('told', resolve)));
        clients[0]!.emit('tell', 'news');
        expect(await Promise.all(told)).toEqual(clients.map(() => 'news'));
      }));

    it('is disconnected by the server', () =>
      withServer(async (connected) => {
        const client = await connected();
        const reason = new Promise((resolve) => client.once('disconnect', resolve));
        client.emit('leave');
        expect(await reason).toBe('io server disconnect');
      }));

    it('reconnects after its connection has broken', () =>
      withServer(async (connected, server) => {
        const client = await connected({ reconnectionDelay: 10 });
        const [broken, again] = [heard(client, 'disconnect'), heard(client.io, 'reconnect')];
        for (const { conn } of server.sockets.sockets.values()) conn.close();
        await Promise.all([broken, again]);
        expect(await client.emitWithAck('echo', 'still there')).toBe('still there');
      }));
  });

  it('begins with polling and continues over a WebSocket', () =>
    side.run(async () => {
      const http = createServer();
      const server = new Server(http);
      const client = io(`http://127.0.0.1:${await side.serve(http)}`, { forceNew: true });
      await heard(client, 'connect');
      if (client.io.engine.transport.name === 'polling') await heard(client.io.engine, 'upgrade');
      expect(client.io.engine.transport.name).toBe('websocket');
      client.disconnect();
      server.disconnectSockets(true);
      await closed(http);
    }));
});
