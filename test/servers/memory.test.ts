/** Ended connections are released, even where the whole run is one job of the engine. */

import { createConnection, createServer, sleep, type Protocol, type Transport, type Steps } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';

const CONNECTIONS = 200;
const BALLAST = 25_000; // numbers for each transport: 40 MB if none were released

function heapMiB(): number {
  (globalThis as unknown as { gc: () => void }).gc();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

// Memory does not depend on the selector.
describe.each(everyLoop.filter(({ selector }) => selector === 'epoll'))('memory of a server ($name)', ({ run }) => {
  it('the transports of ended connections are collected while the server runs', async () => {
    const growth = await run(function* (): Steps<number> {
      const serve = (): Protocol => ({
        connectionMade: (transport: Transport) => {
          Object.assign(transport, { ballast: new Array<number>(BALLAST).fill(0.5) });
        },
      });
      const server = yield* createServer(serve, '127.0.0.1', 0);
      const { port } = server.sockets[0]?.getsockname() as { port: number };
      const connectOnce = function* (): Steps<void> {
        const { transport } = yield* createConnection(() => ({}), '127.0.0.1', port);
        transport.close();
      };
      yield* connectOnce();
      const before = heapMiB();
      for (let i = 0; i < CONNECTIONS; i += 1) yield* connectOnce();
      yield* sleep(20);
      const grown = heapMiB() - before;
      server.close();
      yield* server.waitClosed();
      return grown;
    });
    expect(growth).toBeLessThan(15);
  });
});
