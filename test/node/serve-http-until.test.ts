/** `serveUntil` of a server of `serveHttp`. */

import http from 'node:http';
import http2 from 'node:http2';
import { connect, type Socket as NodeSocket } from 'node:net';
import { once } from 'node:events';

import { run } from 'selectloop';
import { serveHttp } from 'selectloop/node';
import { expect, it } from 'vitest';

const raise = (): void => void process.kill(process.pid, 'SIGUSR2');

/** Sends a request on a new connection. */
function request(port: number, path: string): NodeSocket {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
  return socket;
}

/** Everything that the connection receives until it ends. */
async function textOf(socket: NodeSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  await once(socket, 'close');
  return text;
}

it('closes idle connections immediately, lets requests finish, and announces to their clients that the connection ends', async () => {
  await run(async () => {
    const pending: http.ServerResponse[] = [];
    const httpServer = http.createServer((incoming, response) => {
      if (incoming.url === '/quick') response.end('quick');
      else {
        if (incoming.url === '/begun') response.write('begun ');
        pending.push(response);
      }
    });
    const server = await serveHttp(httpServer, '127.0.0.1', 0);
    const { port } = server;
    const idle = request(port, '/quick');
    await once(idle, 'data');
    const [slow, begun] = [request(port, '/slow'), request(port, '/begun')].map(textOf);
    while (pending.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    const idleEnds = once(idle, 'close');

    const serving = server.serveUntil('SIGUSR2', { graceMs: Infinity, exitBySignal: false }).then((signal) => signal);
    setImmediate(raise);
    await idleEnds;
    expect(pending.map((response) => response.writableEnded)).toEqual([false, false]);
    for (const response of pending) response.end('done');
    expect(await slow).toMatch(/Connection: close\r\n[^]*done$/);
    expect(await begun).toMatch(/Connection: keep-alive\r\n[^]*begun [^]*done/);
    expect(await serving).toBe('SIGUSR2');
    expect(httpServer.listening).toBe(false);
  });
});

it('closes the requests that are left after the grace', async () => {
  await run(async () => {
    const server = await serveHttp(http.createServer(), '127.0.0.1', 0);
    const hanging = request(server.port, '/');
    const ended = once(hanging.resume(), 'close');
    await once(hanging, 'connect');
    const serving = server.serveUntil('SIGUSR2', { graceMs: 10, exitBySignal: false }).then((signal) => signal);
    setImmediate(raise);
    expect(await serving).toBe('SIGUSR2');
    await ended;
  });
});

it('ends the sessions of HTTP/2 after their streams', async () => {
  await run(async () => {
    let finish = (): void => undefined;
    const h2 = http2.createServer((_, response) => (finish = () => response.end('done')));
    const server = await serveHttp(h2, '127.0.0.1', 0);
    const client = http2.connect(`http://127.0.0.1:${server.port}`);
    const stream = client.request({ ':path': '/' });
    await once(h2, 'request');
    const serving = server.serveUntil('SIGUSR2', { graceMs: Infinity, exitBySignal: false }).then((signal) => signal);
    setImmediate(raise);
    await once(client, 'goaway');
    finish();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('done');
    expect(await serving).toBe('SIGUSR2');
  });
});
