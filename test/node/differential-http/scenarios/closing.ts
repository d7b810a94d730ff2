/** Closing a server: without connections, with idle ones, and with requests in flight. */

import type { ServerResponse } from 'node:http';
import net from 'node:net';
import { promisify } from 'node:util';

import { type Scenario, type Stage, request } from '../scenario.js';

const LAST = 'Connection: close';

/** `server.close(callback)`, recording the argument of the callback. */
async function close({ server, note, noteClosing }: Stage): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close((error) => {
      noteClosing(`close callback: ${(error as NodeJS.ErrnoException | undefined)?.code}`);
      resolve();
    });
    note(`close() has returned: ${server.listening} ${JSON.stringify(server.address())}`);
  });
}

export const closing: readonly Scenario[] = [
  {
    name: 'closes without connections',
    play: (stage) => close(stage),
  },
  {
    name: 'calls back with an error when it is closed twice',
    async play(stage) {
      await close(stage);
      await close(stage);
    },
  },
  {
    name: 'closes idle connections',
    async play(stage) {
      const client = await stage.connect();
      await client.send(request('GET /')).until('GET /');
      await stage.seen('response 1: close');
      await Promise.all([close(stage), client.closed]);
    },
  },
  {
    name: 'answers the request in flight, then calls back',
    listener: () => undefined,
    prepare(server) {
      server.on('request', (_incoming, response) => setTimeout(() => response.end('late'), 20));
    },
    async play(stage) {
      const client = await stage.connect();
      client.send(request('GET /'));
      await stage.seen('server: request');
      const closed = close(stage);
      await client.until('late');
      await stage.seen('response 1: close');
      await Promise.all([closed, client.end().closed]);
    },
  },
  {
    name: 'answers pipelined requests, then calls back',
    listener: () => undefined,
    prepare(server) {
      const responses: ServerResponse[] = [];
      server.on('request', (_incoming, response) => {
        if (responses.push(response) < 2) return;
        setTimeout(() => responses.forEach((each) => each.end(each.req.url)), 20);
      });
    },
    async play(stage) {
      const client = await stage.connect();
      client.send(request('GET /1') + request('GET /2'));
      await stage.seen('server: request', 2);
      const closed = close(stage);
      await client.until('\r\n\r\n/2');
      await stage.seen('response 2: close');
      await Promise.all([closed, client.end().closed]);
    },
  },
  {
    name: 'may be closed by a request listener',
    prepare: (server) => server.on('request', () => server.close()),
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /')).until('GET /');
      await client.end().closed;
      await seen('server: close');
    },
  },
  {
    name: 'waits for an upgraded connection',
    prepare: (server) => server.on('upgrade', (_incoming, socket) => socket.pipe(socket).write('upgraded ')),
    async play(stage) {
      const client = await stage.connect();
      await client.send(request('GET /', 'Connection: Upgrade', 'Upgrade: chat')).until('upgraded');
      const closed = close(stage);
      await client.send('still here').until('still here');
      stage.note('the client ends');
      await client.end().closed;
      await closed;
    },
  },
  {
    name: 'closes connections in the middle of an answer by closeAllConnections',
    listener: (_incoming, response) => response.write('begun'),
    async play(stage) {
      const client = await stage.connect();
      await client.send(request('GET /')).until('begun');
      const closed = close(stage);
      stage.server.closeAllConnections();
      await Promise.all([closed, client.closed]);
    },
  },
  {
    name: 'closes only idle connections by closeIdleConnections',
    listener(incoming, response) {
      if (incoming.url === '/idle') response.end('idle');
      else response.write('begun');
    },
    async play(stage) {
      const idle = await stage.connect();
      await idle.send(request('GET /idle')).until('\r\n\r\nidle');
      await stage.seen('response 1: close');
      const busy = await stage.connect();
      await busy.send(request('GET /busy', LAST)).until('begun');
      stage.server.closeIdleConnections();
      await idle.closed;
      await stage.seen('socket 1: close');
      await busy.end().closed;
      await stage.seen('socket 2: close');
      stage.note(`${stage.server.listening}`);
    },
  },
  {
    name: 'refuses new connections while the last request is answered',
    listener: () => undefined,
    async play(stage) {
      const { port, note, connect, seen } = stage;
      const client = await connect();
      client.send(request('GET /'));
      await seen('server: request');
      const closed = close(stage);
      const late = net.connect(port, '127.0.0.1');
      await new Promise<void>((resolve) => {
        late.on('error', (error: NodeJS.ErrnoException) => note(`${error.code}`)).on('close', () => resolve());
      });
      client.socket.destroy();
      await Promise.all([closed, client.closed]);
    },
  },
  {
    name: 'closes by Symbol.asyncDispose',
    async play({ connect, server, seen }) {
      const client = await connect();
      await client.send(request('GET /')).until('GET /');
      await seen('response 1: close');
      await server[Symbol.asyncDispose]();
      await client.closed;
    },
  },
  {
    name: 'works with promisify',
    async play({ server, note }) {
      await promisify(server.close.bind(server))();
      note(`${server.listening} ${JSON.stringify(server.address())}`);
    },
  },
];
