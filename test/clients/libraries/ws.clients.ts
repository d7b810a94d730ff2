/** ws: a server on node:http, and clients whose `createConnection` returns the sockets. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { WebSocket, WebSocketServer } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type DialingSide, closed, dialingSides, heard, servingSides } from './sides.js';

/** The next messages, as many as requested. */
async function messages(socket: WebSocket, count: number): Promise<Buffer[]> {
  const received: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const take = (message: Buffer): void => {
      if (received.push(message) < count) return;
      socket.off('message', take);
      resolve();
    };
    socket.on('message', take);
  });
  return received;
}

/** Returns each message; "close" and "terminate" are commands. */
function echo(socket: WebSocket): void {
  socket.on('error', () => {});
  socket.on('message', (message: Buffer, isBinary) => {
    if (!isBinary && message.toString() === 'close') socket.close(4001, 'as you wish');
    else if (!isBinary && message.toString() === 'terminate') socket.terminate();
    else socket.send(message, { binary: isBinary });
  });
}

function scenarios(runIn: (scenario: (connected: () => Promise<WebSocket>) => Promise<void>) => Promise<void>): void {
  it('sends a thousand messages there and back', () =>
    runIn(async (connected) => {
      const socket = await connected();
      const sent = Array.from({ length: 1000 }, (_, i) => `message ${i}`);
      const received = messages(socket, 1000);
      for (const message of sent) socket.send(message);
      expect((await received).map(String)).toEqual(sent);
      socket.close();
      await heard(socket, 'close');
    }));

  it('sends 4 MB there and back', () =>
    runIn(async (connected) => {
      const socket = await connected();
      const sent = randomBytes(1 << 22);
      const received = messages(socket, 1);
      socket.send(sent);
      expect(sent.equals((await received)[0]!)).toBe(true);
      socket.close();
      await heard(socket, 'close');
    }));

  it('pings', () =>
    runIn(async (connected) => {
      const socket = await connected();
      const pong = once(socket, 'pong') as Promise<[Buffer]>;
      socket.ping('are you there?');
      expect((await pong)[0].toString()).toBe('are you there?');
      socket.close();
      await heard(socket, 'close');
    }));

  it('closes in an orderly way from either side, with code and reason', () =>
    runIn(async (connected) => {
      const [ours, theirs] = [await connected(), await connected()];
      const closings = Promise.all([once(ours, 'close'), once(theirs, 'close')]);
      ours.close(4000, 'enough');
      theirs.send('close');
      expect((await closings).map(([code, reason]) => [code, String(reason)])).toEqual([
        [4000, 'enough'],
        [4001, 'as you wish'],
      ]);
    }));

  it('is closed with 1006 when the server terminates it in the middle of a session', () =>
    runIn(async (connected) => {
      const socket = await connected();
      const closing = once(socket, 'close');
      socket.send('terminate');
      expect((await closing)[0]).toBe(1006);
    }));

  it('terminates its connection in the middle of a message', () =>
    runIn(async (connected) => {
      const socket = await connected();
      socket.send(randomBytes(1 << 22));
      const closing = once(socket, 'close');
      socket.terminate();
      expect((await closing)[0]).toBe(1006);
    }));
}

describe.each(servingSides)('a server of ws on $name', (side) => {
  const withServer = (scenario: (port: number, sockets: WebSocketServer) => Promise<void>): Promise<void> =>
    side.run(async () => {
      const http = createServer();
      const server = new WebSocketServer({ server: http, path: '/echo', perMessageDeflate: true });
      server.on('connection', echo);
      await scenario(await side.serve(http), server);
      await closed(http);
    });

  scenarios((scenario) =>
    withServer((port) =>
      scenario(async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`);
        await once(socket, 'open');
        return socket;
      }),
    ),
  );

  it('refuses an unknown path', () =>
    withServer(async (port) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/other`);
      await expect(once(socket, 'open')).rejects.toThrow('Unexpected server response: 400');
    }));

  it('broadcasts to its clients', () =>
    withServer(async (port, server) => {
      const clients = Array.from({ length: 10 }, () => new WebSocket(`ws://127.0.0.1:${port}/echo`));
      await Promise.all(clients.map((client) => once(client, 'open')));
      const received = clients.map((client) => messages(client, 1));
      for (const client of server.clients) client.send('news');
      expect((await Promise.all(received)).flat().map(String)).toEqual(clients.map(() => 'news'));
      const closings = clients.map((client) => heard(client, 'close'));
      for (const client of server.clients) client.close();
      await Promise.all(closings);
    }));
});

describe.each(dialingSides)('a client of ws on $name', (side: DialingSide) => {
  const http = createServer();
  const accepted = new Set<Socket>();
  beforeAll(async () => {
    new WebSocketServer({ server: http }).on('connection', echo);
    http.on('connection', (socket) => accepted.add(socket));
    await once(http.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => closed(http));
  const connected = async (): Promise<WebSocket> => {
    const { port } = http.address() as AddressInfo;
    const options = { createConnection: () => side.dial(port), perMessageDeflate: true };
    const socket = new WebSocket(`ws://localhost:${port}/`, options);
    socket.on('error', () => {});
    await once(socket, 'open');
    return socket;
  };

  scenarios((scenario) => side.run(() => scenario(connected)));

  it('is closed with 1006 when the connection is reset', () =>
    side.run(async () => {
      const socket = await connected();
      const closing = once(socket, 'close');
      for (const end of accepted) end.resetAndDestroy();
      expect((await closing)[0]).toBe(1006);
    }));
});
