/** Requests and answers: keep-alive, pipelining, HTTP/1.0, bodies, 'checkContinue', and the socket of a request. */

import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type Scenario, request } from '../scenario.js';

const LAST = 'Connection: close';

export const answers: readonly Scenario[] = [
  {
    name: 'answers two requests on one connection that is kept alive',
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /1')).until('GET /1');
      await client.send(request('GET /2', LAST)).closed;
    },
  },
  {
    name: 'answers pipelined requests in order, however long the first takes',
    prepare(server) {
      const responses: ServerResponse[] = [];
      server.on('request', (_incoming, response) => {
        if (responses.push(response) < 3) return;
        for (const each of [responses[1]!, responses[2]!, responses[0]!]) each.end(each.req.url);
      });
    },
    listener: () => undefined,
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /0') + request('GET /1') + request('GET /2', LAST)).closed;
    },
  },
  {
    name: 'ignores requests pipelined after one that closes the connection',
    async play({ connect, seen }) {
      const client = await connect();
      await client.send(request('GET /1', LAST) + request('GET /2')).closed;
      await seen('socket 1: close');
    },
  },
  {
    name: 'closes after an answer whose header says so',
    listener: (_incoming, response) => response.setHeader('Connection', 'close').end('last'),
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /')).closed;
    },
  },
  {
    name: 'closes after an HTTP/1.0 request',
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET / HTTP/1.0')).closed;
    },
  },
  {
    name: 'keeps an HTTP/1.0 connection alive when asked to',
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /1 HTTP/1.0', 'Connection: keep-alive')).until('GET /1');
      await client.send(request('GET /2 HTTP/1.0')).closed;
    },
  },
  {
    name: 'ends a body of unknown length for HTTP/1.0 by closing',
    listener(_incoming, response) {
      response.write('one ');
      response.end('two');
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET / HTTP/1.0', 'Connection: keep-alive')).closed;
    },
  },
  {
    name: 'answers HEAD without a body',
    listener: (_incoming, response) => response.setHeader('Content-Length', 5).end('hello'),
    async play({ connect }) {
      const client = await connect();
      await client.send(request('HEAD /', LAST)).closed;
    },
  },
  {
    name: 'sends no body with 204 and 304',
    listener(incoming, response) {
      response.writeHead(incoming.url === '/204' ? 204 : 304);
      response.end('dropped');
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /204') + request('GET /304', LAST)).closed;
    },
  },
  {
    name: 'reads a chunked body and its trailers',
    listener(incoming, response) {
      let body = '';
      incoming.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
      incoming.on('end', () => response.end(JSON.stringify([body, incoming.trailers, incoming.rawTrailers])));
    },
    async play({ connect }) {
      const client = await connect();
      client.send(request('POST /', 'Transfer-Encoding: chunked', 'Trailer: X-End', LAST));
      client.send('5\r\nhello\r\n').send('6;name=value\r\n world\r\n');
      await client.send('0\r\nX-End: yes\r\n\r\n').closed;
    },
  },
  {
    name: 'sends a chunked body with trailers',
    listener(_incoming, response) {
      response.writeHead(200, 'Fine', { Trailer: 'X-End', 'X-Twice': ['a', 'b'] });
      response.write('hello');
      response.addTrailers({ 'X-End': 'yes' });
      response.end(' world');
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /', LAST)).closed;
    },
  },
  {
    name: 'reads a body that arrives in pieces',
    listener(incoming, response) {
      let length = 0;
      incoming.on('data', (chunk: Buffer) => (length += chunk.length));
      incoming.on('end', () => response.end(`${length} bytes`));
      response.writeContinue();
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('PUT /', 'Content-Length: 12')).until('100 Continue');
      client.send('hello ');
      await client.send('worlds').until('12 bytes');
      client.end();
      await client.closed;
    },
  },
  {
    name: 'skips an unread body before the next request',
    async play({ connect }) {
      const client = await connect();
      await client.send(`${request('POST /1', 'Content-Length: 9')}some body${request('GET /2', LAST)}`).closed;
    },
  },
  {
    name: 'answers before an upload is over, and stays alive',
    listener(incoming, response) {
      response.end(`early ${incoming.url}`);
      incoming.resume();
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('POST /1', 'Content-Length: 4')).until('early /1');
      await client.send(`body${request('GET /2', LAST)}`).closed;
    },
  },
  {
    name: 'answers Expect: 100-continue by itself',
    listener(incoming, response) {
      incoming.resume().on('end', () => response.end('thanks'));
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('POST /', 'Expect: 100-continue', 'Content-Length: 4', LAST)).until('100 Continue');
      await client.send('body').closed;
    },
  },
  {
    name: "leaves Expect: 100-continue to a listener of 'checkContinue'",
    prepare(server) {
      server.on('checkContinue', (incoming, response) => {
        if (incoming.url === '/no') response.writeHead(417).end();
        else {
          response.writeContinue();
          incoming.resume().on('end', () => response.end('thanks'));
        }
      });
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('POST /yes', 'Expect: 100-continue', 'Content-Length: 4')).until('100 Continue');
      await client.send('body').until('thanks');
      await client.send(request('POST /no', 'Expect: 100-continue', 'Content-Length: 4', LAST)).closed;
    },
  },
  {
    name: 'refuses an expectation that it does not know',
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /', 'Expect: the-unexpected', LAST)).closed;
    },
  },
  {
    name: "leaves an unknown expectation to a listener of 'checkExpectation'",
    prepare(server) {
      server.on('checkExpectation', (incoming, response) => response.end(`expected ${incoming.headers.expect}`));
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /', 'Expect: the-unexpected', LAST)).closed;
    },
  },
  {
    name: 'sends early hints and 102 before the answer',
    listener(_incoming, response) {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.end('late'));
    },
    async play({ connect }) {
      const client = await connect();
      await client.send(request('GET /', LAST)).closed;
    },
  },
  {
    name: 'shows the addresses of the connection',
    listener({ socket }, response) {
      const { remoteAddress, remoteFamily, remotePort, localAddress, localPort } = socket;
      const { port } = socket.address() as AddressInfo;
      const ports = [typeof remotePort, localPort === port];
      const states = [socket.connecting, socket.pending, socket.readyState, socket.allowHalfOpen, socket.timeout];
      response.end(JSON.stringify([remoteAddress, remoteFamily, localAddress, ...ports, ...states]));
    },
    async play({ connect, server, note }) {
      const client = await connect();
      await client.send(request('GET /', LAST)).closed;
      const { address, family, port } = server.address() as AddressInfo;
      note(`${address} ${family} ${port === client.socket.remotePort || typeof port} ${server.listening}`);
    },
  },
  {
    name: 'sends a large answer whole to a reader that pauses',
    listener(_incoming, response) {
      const chunk = Buffer.alloc(100_000, 'x');
      let left = 40;
      const more = (): void => {
        for (; left > 0; left -= 1) {
          if (response.write(chunk)) continue;
          left -= 1;
          response.once('drain', more);
          return;
        }
        response.end('the end');
      };
      more();
    },
    async play({ connect }) {
      const client = await connect();
      client.send(request('GET /', LAST)).socket.pause();
      setTimeout(() => client.socket.resume(), 5);
      await client.closed;
    },
  },
  {
    name: 'reads a large upload whole, which a slow listener pauses',
    listener(incoming, response) {
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        incoming.pause();
        setImmediate(() => incoming.resume());
      });
      incoming.on('end', () => response.end(`${length} bytes`));
    },
    async play({ connect }) {
      const client = await connect();
      client.send(request('POST /', 'Content-Length: 3000000', LAST)).send(Buffer.alloc(3_000_000));
      await client.closed;
    },
  },
];
