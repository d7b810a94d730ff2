/**
 * Timeouts of the server, all short, each awaited by its effect. Timeouts that must not fire are too long to do so in a test. An
 * event that must precede a timeout does so on an idle machine; on a busy one, the slower table decides.
 */

import type { ServerResponse } from 'node:http';

import { type Scenario, type Stage, request } from '../scenario.js';

const LAST = 'Connection: close';

/** How often a server checks for requests that take too long. */
const CHECKED_OFTEN = { connectionsCheckingInterval: 10 };

/** Sends `bytes`, an incomplete request, and waits for the server's reaction. */
const sendAndWait =
  (bytes: string) =>
  async ({ connect, seen }: Stage): Promise<void> => {
    const client = await connect();
    await client.send(bytes).closed;
    await seen('socket 1: close');
  };

/** @param ms the timeout; the other times are multiples of it */
const timeoutsOf = (ms: number): readonly Scenario[] => [
  {
    name: 'closes an idle connection after keepAliveTimeout',
    // Node waits longer than keepAliveTimeout: by a second, until it got a property for that.
    prepare(server) {
      if ('keepAliveTimeoutBuffer' in server)
        Object.assign(server, { keepAliveTimeout: ms, keepAliveTimeoutBuffer: 0 });
      else server.keepAliveTimeout = ms - 1000;
    },
    play: sendAndWait(request('GET /')),
  },
  {
    name: 'destroys a silent connection after server.timeout',
    prepare: (server) => (server.timeout = ms),
    listener: () => undefined,
    play: sendAndWait(request('GET /')),
  },
  {
    name: "leaves a silent connection to a listener of the server's 'timeout'",
    prepare(server) {
      server.setTimeout(ms, (socket) => {
        socket.setTimeout(0); // prevents a second timeout before the client has ended
        socket.end('HTTP/1.1 408 Too Slow\r\n\r\n');
      });
    },
    listener: () => undefined,
    play: sendAndWait(request('GET /')),
  },
  {
    name: 'leaves a silent connection to req.setTimeout',
    listener: (incoming, response) => incoming.setTimeout(ms, () => response.end('too slow')),
    play: sendAndWait(request('GET /', LAST)),
  },
  {
    name: 'leaves a silent connection to res.setTimeout',
    listener: (_incoming, response) => response.setTimeout(ms, () => response.end('too slow')),
    play: sendAndWait(request('GET /', LAST)),
  },
  {
    name: 'leaves a silent connection to req.socket.setTimeout',
    listener: ({ socket }, response) => {
      socket.setTimeout(ms);
      socket.once('timeout', () => response.end(`timeout ${socket.timeout === ms}`));
    },
    play: sendAndWait(request('GET /', LAST)),
  },
  {
    name: 'cancels a timeout',
    prepare: (server) => (server.timeout = ms),
    listener({ socket }, response: ServerResponse) {
      socket.setTimeout(0);
      setTimeout(() => response.end(`timeout ${socket.timeout}`), 3 * ms);
    },
    play: sendAndWait(request('GET /', LAST)),
  },
  {
    name: 'answers 408 after headersTimeout',
    options: { ...CHECKED_OFTEN, headersTimeout: ms, requestTimeout: 60_000 },
    play: sendAndWait('GET / HTTP/1.1\r\nHost'),
  },
  {
    name: 'answers 408 to a client that sends nothing',
    options: { ...CHECKED_OFTEN, headersTimeout: ms, requestTimeout: 60_000 },
    play: sendAndWait(''),
  },
  {
    name: 'answers 408 after requestTimeout',
    options: { ...CHECKED_OFTEN, requestTimeout: ms, headersTimeout: ms },
    listener: (incoming) => incoming.resume().on('error', () => undefined),
    play: sendAndWait(`${request('POST /', 'Content-Length: 10')}half`),
  },
  {
    name: "leaves a slow request to a listener of 'clientError'",
    options: { ...CHECKED_OFTEN, requestTimeout: ms, headersTimeout: ms },
    prepare: (server) => server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 418 Teapot\r\n\r\n')),
    play: sendAndWait('GET / HTTP/1.1\r\nHost'),
  },
  {
    name: 'sends a large answer to a slow client completely, despite server.timeout',
    only: 'plain',
    prepare: (server) => (server.timeout = 5 * ms),
    listener: (_incoming, response) => response.end(Buffer.alloc(16_000_000)),
    async play({ connect }) {
      const client = await connect();
      const { socket } = client;
      // It takes longer than the timeout, but is never idle for nearly as long.
      const started = performance.now();
      socket.on('data', () => {
        if (performance.now() - started > 8 * ms) return;
        socket.pause();
        setTimeout(() => socket.resume(), 3);
      });
      await client.send(request('GET /', LAST)).closed;
    },
  },
];

const patient = timeoutsOf(2000);
const slow = timeoutsOf(200).map((scenario, i) => ({ ...scenario, slower: patient[i]! }));

export const timeouts: readonly Scenario[] = timeoutsOf(20).map((scenario, i) => ({ ...scenario, slower: slow[i]! }));
