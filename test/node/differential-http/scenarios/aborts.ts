/** Connections that break, from either end, at every phase of a request and its answer. */

import type { ServerResponse } from 'node:http';

import { type Scenario, request } from '../scenario.js';

const LAST = 'Connection: close';
const UPLOAD = request('POST /', 'Content-Length: 10');

export const aborts: readonly Scenario[] = [
  {
    name: 'aborts a request whose upload breaks off with a reset',
    listener: (incoming) => incoming.resume().on('error', () => undefined),
    async play({ connect, seen }) {
      const client = await connect();
      client.send(`${UPLOAD}half`);
      await seen('server: request');
      client.reset();
      await seen('socket 1: close');
    },
  },
  {
    name: 'aborts a request whose upload ends early',
    listener: (incoming) => incoming.resume().on('error', () => undefined),
    async play({ connect, seen }) {
      const client = await connect();
      await client.end(`${UPLOAD}half`).closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'aborts an unread request when its client resets',
    listener: () => undefined,
    async play({ connect, seen }) {
      const client = await connect();
      client.send(request('GET /'));
      await seen('server: request');
      client.reset();
      await seen('socket 1: close');
    },
  },
  {
    name: 'aborts a request whose client ends before the answer',
    listener: () => undefined,
    async play({ connect, seen }) {
      const client = await connect();
      client.send(request('GET /'));
      await seen('server: request');
      await client.end().closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'answers a client that has ended, with httpAllowHalfOpen',
    only: 'plain',
    prepare: (server) => Object.assign(server, { httpAllowHalfOpen: true }),
    listener: (incoming, response) => incoming.socket.on('end', () => response.end('after your end')),
    async play({ connect, seen }) {
      const client = await connect();
      client.send(request('GET /'));
      await seen('server: request');
      await client.end().closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'ends a half-sent answer when its client resets',
    headOnly: true,
    listener: (_incoming, response) => response.write(Buffer.alloc(12_000_000)),
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /')).until('200 OK');
      client.socket.pause();
      client.reset();
      await seen('socket 1: close');
      await seen('response 1: close');
    },
  },
  {
    name: 'reports a write after its client is gone to the callback',
    prepare(server, { note }) {
      server.on('request', (_incoming, response: ServerResponse) => {
        response.on('error', () => undefined);
        response.on('close', () => {
          response.write('late', (error) => note(`write: ${(error as NodeJS.ErrnoException | null)?.code}`));
          response.end(() => note('end'));
        });
      });
    },
    listener: () => undefined,
    async play({ connect, seen }) {
      const client = await connect();
      client.send(request('GET /'));
      await seen('server: request');
      client.reset();
      await seen('write: ');
    },
  },
  {
    name: 'drops pipelined requests when their client resets',
    listener: () => undefined,
    async play({ connect, seen }) {
      const client = await connect();
      client.send(request('GET /1') + request('GET /2') + request('GET /3'));
      await seen('server: request', 3);
      client.reset();
      await seen('socket 1: close');
    },
  },
  {
    name: 'closes a connection that is reset while it is idle',
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /')).until('GET /');
      await seen('response 1: close');
      client.reset();
      await seen('socket 1: close');
    },
  },
  {
    name: 'breaks off an answer whose response is destroyed',
    listener(_incoming, response) {
      response.write('begun', () => response.destroy());
    },
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /')).closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'breaks off an answer whose response is destroyed with an error',
    listener(_incoming, response) {
      response.on('error', () => undefined);
      response.write('begun', () => response.destroy(new Error('of the listener')));
    },
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /')).closed;
      await seen('response 1: close');
      await seen('socket 1: close');
    },
  },
  {
    name: 'breaks off an answer whose request is destroyed',
    listener(incoming, response) {
      response.write('begun', () => incoming.destroy());
    },
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /')).closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'breaks off an answer whose socket is destroyed',
    listener(incoming, response) {
      response.write('begun', () => incoming.socket.destroy());
    },
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /')).closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'sends all that was written before the socket is destroyed soon',
    listener(incoming, response) {
      response.end('x'.repeat(500_000));
      incoming.socket.destroySoon();
    },
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /')).closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'resets the connection of a listener that asks for it',
    only: 'plain',
    listener: (incoming) => incoming.socket.resetAndDestroy(),
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /', LAST)).closed;
      await seen('socket 1: close');
    },
  },
];
