/** Refusals of the server: malformed or large requests, and too many requests or connections. */

import type { IncomingMessage } from 'node:http';
import type { DropArgument } from 'node:net';
import type { Duplex } from 'node:stream';

import { type Scenario, request } from '../scenario.js';

const LAST = 'Connection: close';

/** Malformed bytes, sent to a server without a listener for 'clientError'. */
const malformed = (name: string, bytes: string): Scenario => ({
  name,
  async play({ connect, seen }) {
    const client = await connect();
    await client.send(bytes).closed;
    await seen('socket 1: close');
  },
});

export const refusals: readonly Scenario[] = [
  malformed('answers 400 to bytes that are not HTTP', 'what is this?\r\n\r\n'),
  malformed('answers 400 to an unknown method', request('BREW /pot')),
  malformed('answers 400 to a request without a host', 'GET / HTTP/1.1\r\n\r\n'),
  malformed(
    'answers 400 to two lengths of one body',
    request('POST /', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
  ),
  malformed('answers 400 to a chunk without a size', `${request('POST /', 'Transfer-Encoding: chunked')}z\r\n`),
  malformed('answers 431 to a header that is too large', request('GET /', `X: ${'x'.repeat(20_000)}`)),
  malformed('answers what comes before a bad request', `${request('GET /good')}bad\r\n\r\n`),
  {
    name: 'accepts a large header when maxHeaderSize allows it',
    options: { maxHeaderSize: 40_000 },
    listener: (incoming, response) => response.end(`${incoming.headers['x']?.length} bytes`),
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /', `X: ${'x'.repeat(20_000)}`, LAST)).closed;
    },
  },
  {
    name: 'respects maxHeadersCount',
    prepare: (server) => (server.maxHeadersCount = 2),
    listener: (incoming, response) => response.end(incoming.rawHeaders.join(' ')),
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /', 'A: 1', 'B: 2', 'C: 3', LAST)).closed; // 431 since Node 22
    },
  },
  {
    name: "leaves a bad request to a listener of 'clientError' that answers",
    prepare(server, { note }) {
      server.on('clientError', (error: Error & { rawPacket?: Buffer; bytesParsed?: number }, socket: Duplex) => {
        note(`${String(error.rawPacket)} ${error.bytesParsed} ${socket.writable}`);
        socket.end('HTTP/1.1 418 Teapot\r\n\r\n');
      });
    },
    async play({ connect, seen }) {
      const client = await connect();
      await client.send('bad\r\n\r\n').closed;
      await seen('socket 1: close');
    },
  },
  {
    name: "leaves a bad request to a listener of 'clientError' that destroys the socket",
    prepare: (server) => server.on('clientError', (error, socket) => socket.destroy(error)),
    async play({ connect, seen }) {
      const client = await connect();
      await client.send('bad\r\n\r\n').closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'treats an end in the middle of a header as an error of the client',
    async play({ connect, seen }) {
      const client = await connect();
      await client.end('GET / HTTP/1.1\r\nHos').closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'closes quietly after a client that connects and leaves',
    async play({ connect, seen }) {
      const client = await connect();
      await client.end().closed;
      await seen('socket 1: close');
    },
  },
  {
    name: "answers 503 after maxRequestsPerSocket, and emits 'dropRequest'",
    prepare: (server) => (server.maxRequestsPerSocket = 2),
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /1') + request('GET /2') + request('GET /3')).until('503');
      await client.end().closed;
      await seen('socket 1: close');
    },
  },
  {
    name: "closes connections above maxConnections, and emits 'drop'",
    prepare(server, { note }) {
      server.maxConnections = 1;
      server.on('drop', (data?: DropArgument) => {
        const { localAddress, localFamily, remoteAddress, remoteFamily, remotePort } = data ?? {};
        note(`${localAddress} ${localFamily} ${remoteAddress} ${remoteFamily} ${typeof remotePort}`);
      });
    },
    async play({ connect, seen }) {
      const first = await connect();
      await seen('server: connection');
      const second = await connect({ plain: true }); // so that no handshake starts
      await second.closed;
      await first.end().closed;
      await seen('socket 1: close');
      const third = await connect(); // there is room again
      await third.send(request('GET /', LAST)).closed;
    },
  },
  {
    name: 'counts its connections',
    async play({ connect, server, note, seen }) {
      const count = (): Promise<void> =>
        new Promise((resolve) => {
          server.getConnections((error, connections) => {
            note(`${error} ${connections}`);
            resolve();
          });
        });
      await count();
      const first = await connect();
      await first.send(request('GET /1')).until('GET /1');
      const second = await connect();
      await second.send(request('GET /2')).until('GET /2');
      await count();
      await first.end().closed;
      await seen('socket 1: close');
      await count();
    },
  },
  {
    name: 'drops the body of a destroyed request (req.destroy)',
    listener: (incoming: IncomingMessage) => incoming.destroy(),
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('POST /', 'Content-Length: 4')).closed;
      await seen('socket 1: close');
    },
  },
];
