/** A proxy (http-proxy-3) on sockets of this library, which connects to its targets through an agent with such sockets. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  type Server as HttpServer,
  type IncomingMessage,
  createServer,
  request as httpRequest,
} from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';

import { createProxyServer } from 'http-proxy-3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { closed, dialingSides, heard, servingSides } from './sides.js';

let target: HttpServer;
const accepted = new Set<Socket>();
beforeAll(async () => {
  target = createServer((request, response) => {
    if (request.url === '/echo') request.pipe(response);
    else if (request.url === '/die') response.write('first', () => setTimeout(() => request.socket.destroy(), 20));
    else response.end(`${request.headers['x-forwarded-for']} asked for ${request.url}`);
  });
  new WebSocketServer({ server: target }).on('connection', (socket) =>
    socket.on('message', (message, binary) => socket.send(message as Buffer, { binary })),
  );
  target.on('connection', (socket) => accepted.add(socket));
  await once(target.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  for (const socket of accepted) socket.destroy();
  target.close();
});

describe.each(servingSides)('http-proxy on $name', (front) => {
  const back = dialingSides.find(({ run }) => run === front.run)!;

  const withProxy = (scenario: (url: string, errors: Error[], dialled: Socket[]) => Promise<void>): Promise<void> =>
    front.run(async () => {
      const { port } = target.address() as AddressInfo;
      const dialled: Socket[] = [];
      const agent = new Agent({ keepAlive: true });
      agent.createConnection = () => {
        const socket = back.dial(port);
        dialled.push(socket);
        return socket;
      };
      const errors: Error[] = [];
      const proxy = createProxyServer({ target: `http://127.0.0.1:${port}`, agent, xfwd: true });
      proxy.on('error', (error, _request, response) => {
        errors.push(error);
        response.destroy();
      });
      // Not the default: without it the client would wait for the rest of an answer whose target has died.
      proxy.on('proxyRes', (answer, _request, response) => answer.once('aborted', () => response.destroy()));
      const http = createServer((request, response) => void proxy.web(request, response));
      http.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
      await scenario(`127.0.0.1:${await front.serve(http)}`, errors, dialled);
      agent.destroy();
      await closed(http);
    });

  it('forwards requests over one persistent connection', () =>
    withProxy(async (url, _errors, dialled) => {
      for (let i = 0; i < 20; i += 1) {
        const answer = await fetch(`http://${url}/number/${i}`);
        expect(await answer.text()).toBe(`127.0.0.1 asked for /number/${i}`);
      }
      expect(dialled).toHaveLength(1);
    }));

  it('forwards 20 MB in both directions', () =>
    withProxy(async (url) => {
      const body = randomBytes(20_000_000);
      const answer = await fetch(`http://${url}/echo`, { method: 'POST', body });
      expect(body.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
    }));

  it('forwards WebSockets', () =>
    withProxy(async (url) => {
      const socket = new WebSocket(`ws://${url}/`);
      await once(socket, 'open');
      const sent = randomBytes(4_000_000);
      const received = once(socket, 'message') as Promise<[Buffer]>;
      socket.send(sent);
      expect(sent.equals((await received)[0])).toBe(true);
      const closing = heard(socket, 'close');
      socket.close();
      await closing;
    }));

  it('ends the answer of a target that dies in the middle, and forwards the next request', () =>
    withProxy(async (url) => {
      const broken = await fetch(`http://${url}/die`);
      await expect(broken.text()).rejects.toThrow();
      const next = await fetch(`http://${url}/next`);
      expect(await next.text()).toContain('/next');
    }));

  it('closes its connection to the target when its client disconnects', () =>
    withProxy(async (url, _errors, dialled) => {
      const request = httpRequest(`http://${url}/echo`, { method: 'POST', agent: false }).on('error', () => {});
      request.write('more');
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      await once(answer, 'data');
      const gone = heard(dialled[0]!, 'close');
      request.destroy();
      await gone;
    }));
});
