/** Connections that stop being HTTP: 'upgrade' and CONNECT, accepted, refused, and sent to a server without listeners for them. */

import type { Socket } from 'node:net';

import type { Client } from '../client.js';
import { type Scenario, type Stage, request } from '../scenario.js';

const UPGRADE = request('GET /chat', 'Connection: Upgrade', 'Upgrade: chat');
const CONNECT = request('CONNECT example.org:443');
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n';

/** A server that hands the socket to `take`, for both kinds of request. */
const taking = (take: (socket: Socket, head: Buffer) => unknown): Pick<Scenario, 'prepare'> => ({
  prepare(server) {
    server.on('upgrade', (_incoming, socket: Socket, head) => take(socket, head));
    server.on('connect', (_incoming, socket: Socket, head) => take(socket, head));
  },
});

/** A client that sends `bytes` and reads until EOF. */
const untilClosed =
  (bytes: string) =>
  async ({ connect, seen }: Stage): Promise<void> => {
    const client = await connect();
    await client.send(bytes).closed;
    await seen('socket 1: close');
  };

/** Sends `bytes` and waits for the protocol to change. */
async function upgraded(stage: Stage, bytes = UPGRADE): Promise<Client> {
  const client = await stage.connect();
  await client.send(bytes).until('101 Switching');
  return client;
}

export const upgrades: readonly Scenario[] = [
  {
    name: 'hands over the socket with the bytes that follow an upgrade',
    ...taking((socket, head) => {
      socket.write(SWITCHING);
      socket.unshift(head);
      socket.pipe(socket);
    }),
    async play(stage) {
      const client = await upgraded(stage, `${UPGRADE}first `);
      await client.end('second').closed;
      await stage.seen('socket 1: close');
    },
  },
  {
    name: 'hands over the socket with the bytes behind CONNECT',
    ...taking((socket, head) => {
      socket.write(`HTTP/1.1 200 Connected\r\n\r\n${head.length}:`);
      socket.on('data', (data) => socket.write(data));
      socket.on('end', () => socket.end('bye'));
    }),
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(`${CONNECT}head`).until('4:');
      await client.send('more').until('more');
      await client.end().closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'closes a refused upgrade whose socket is not read',
    ...taking((socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')),
    play: untilClosed(UPGRADE),
  },
  {
    name: 'closes a refused CONNECT whose socket is not read',
    ...taking((socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')),
    play: untilClosed(CONNECT),
  },
  {
    name: 'closes a refused upgrade followed by unread bytes',
    ...taking((socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')),
    async play(stage) {
      const client = await stage.connect();
      client.send(`${UPGRADE}unread`);
      await client.until('401');
      await stage.seen('socket 1: finish');
      client.socket.destroy();
    },
  },
  {
    name: 'drops an upgrade whose socket is destroyed',
    ...taking((socket) => socket.destroy()),
    play: untilClosed(UPGRADE),
  },
  {
    name: 'drops a CONNECT whose socket is destroyed after a write',
    ...taking((socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\n\r\n', () => socket.destroySoon());
    }),
    play: untilClosed(CONNECT),
  },
  {
    name: 'treats an upgrade as a request when it has no listener',
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(UPGRADE).until('GET /chat');
      await client.end().closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'closes a CONNECT that has no listener',
    play: untilClosed(CONNECT),
  },
  {
    name: 'upgrades after a request that was answered',
    ...taking((socket) => socket.end(SWITCHING)),
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /1')).until('GET /1');
      await client.send(UPGRADE).closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'can still write to an upgraded client that has ended its side',
    ...taking((socket) => {
      socket.write(SWITCHING);
      socket.resume().on('end', () => setTimeout(() => socket.end('after the end'), 5));
    }),
    only: 'plain', // a TLSSocket of https is not half open
    async play(stage) {
      const client = await upgraded(stage);
      await client.end().closed;
      await stage.seen('socket 1: close');
    },
  },
  {
    name: 'ends an upgraded socket of https with its client',
    ...taking((socket) => socket.resume().write(SWITCHING)),
    only: 'secure',
    async play(stage) {
      const client = await upgraded(stage);
      await client.end().closed;
      await stage.seen('socket 1: close');
    },
  },
  {
    name: "emits 'timeout' of an upgraded socket that is idle",
    ...taking((socket) => {
      socket.write(SWITCHING);
      socket.setTimeout(20, () => socket.setTimeout(0).end('idle')); // one, however long the client takes to end
    }),
    async play(stage) {
      const client = await upgraded(stage);
      await client.closed;
    },
  },
  {
    name: "emits 'error' when an upgraded client disconnects",
    ...taking((socket) => {
      socket.write(SWITCHING);
      socket.resume().on('error', () => undefined);
    }),
    async play(stage) {
      const client = await upgraded(stage);
      client.reset();
      await stage.seen('socket 1: close');
    },
  },
  {
    name: 'passes an upgraded socket of the right class',
    prepare(server, { note }) {
      server.on('upgrade', (incoming, socket: Socket) => {
        note(`${socket === incoming.socket} ${socket.remoteAddress} ${socket.readyState} ${socket.allowHalfOpen}`);
        socket.setNoDelay(true).setKeepAlive(true, 1000);
        socket.end(SWITCHING);
      });
    },
    play: untilClosed(UPGRADE),
  },
];
