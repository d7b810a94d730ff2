/** `maxConnections`: connections above the limit wait in the kernel's queue. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type Server,
  type ServeOptions,
  type Steps,
  createServer,
  createUnixServer,
  getRunningLoop,
  run as runHosted,
  sleep,
  startServer,
  startUnixServer,
} from 'selectloop';
import { AF_INET, AF_UNIX, type Socket } from 'selectloop/sockets';

import { everyLoop, expectQuiet, turns, waiting } from '../support/every-loop.js';
import { Recording, drained, errorsOfLoop, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';
import { certificates } from '../tls/certificates.js';
import { closed } from './accepting.js';

let directory = '';
let count = 0;
const freshPath = (): string => join(directory, `socket-${(count += 1)}`);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'selectloop-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const GREETING = Buffer.from('hello');
const greeting = (): Recording => new Recording({ connectionMade: (transport) => transport.write(GREETING) });

const KINDS: Record<string, (options: ServeOptions) => Steps<Server>> = {
  createServer: (options) => createServer(greeting, '127.0.0.1', 0, options)[Symbol.iterator](),
  createUnixServer: (options) => createUnixServer(greeting, freshPath(), options)[Symbol.iterator](),
  startServer: (options) => startServer(greet, '127.0.0.1', 0, options)[Symbol.iterator](),
  startUnixServer: (options) => startUnixServer(greet, freshPath(), options)[Symbol.iterator](),
};

function* greet(
  reader: { read(): Iterable<unknown> },
  writer: { write(data: Buffer): void; close(): void },
): Steps<void> {
  writer.write(GREETING);
  yield* reader.read() as Steps<unknown>;
  writer.close();
}

/** Connects clients; the server has accepted those that were greeted. */
function* knocking(opened: Opened, server: Server, n: number): Steps<Socket[]> {
  const { address } = server;
  const clients = Array.from({ length: n }, () => {
    const client = opened.socket('path' in address ? AF_UNIX : AF_INET);
    client.connectEx(address);
    return client;
  });
  yield* turns(10);
  return clients;
}

function greeted(clients: readonly Socket[]): number {
  return clients.filter((client) => drained(client) === 'hello').length;
}

describe.each(everyLoop)('maxConnections ($name)', ({ run }) => {
  it.each(Object.entries(KINDS))('makes %s accept no more until a connection has ended', (_, create) =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const server = yield* create({ maxConnections: 2 });
      const clients = yield* knocking(opened, server, 5);
      yield* until(() => String(server).includes('connections: 2'));
      yield* expectQuiet(); // the waiting connections do not make the loop spin
      expect(greeted(clients)).toBe(2);

      clients[0]!.close();
      yield* until(() => greeted(clients.slice(2)) === 1);
      expect(String(server)).toContain('connections: 2');
      clients[1]!.close();
      clients[2]!.close();
      yield* until(() => greeted(clients.slice(3)) >= 1);
      yield* until(() => String(server).includes('connections: 2'));
      expect(errors).toEqual([]);
      yield* closed(server);
    }),
  );

  it('applies to all addresses of a server together', () =>
    run(function* () {
      using opened = new Opened();
      const server = yield* createServer(greeting, ['127.0.0.1', '127.0.0.2'], 0, { maxConnections: 1 });
      const idle = waiting().readers;
      const clients = server.sockets.map((socket) => {
        const client = opened.socket();
        client.connectEx(socket.getsockname());
        return client;
      });
      yield* until(() => greeted(clients) === 1);
      expect(waiting().readers).toBe(idle - 2 + 1); // both listeners rest, and one connection reads
      yield* closed(server);
    }));

  it('does not count a connection whose factory throws', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      let failures = 3;
      const factory = (): Recording => {
        if ((failures -= 1) >= 0) throw new Error('no protocol');
        return greeting();
      };
      const server = yield* createServer(factory, '127.0.0.1', 0, { maxConnections: 1 });
      const clients = yield* knocking(opened, server, 5);
      yield* until(() => greeted(clients) === 1);
      expect(errors.length).toBe(3);
      yield* closed(server);
    }));

  it('a full server can be closed, and does not accept afterwards', () =>
    run(function* () {
      using opened = new Opened();
      const server = yield* createServer(greeting, '127.0.0.1', 0, { maxConnections: 1 });
      const clients = yield* knocking(opened, server, 3);
      yield* until(() => String(server).includes('connections: 1'));
      server.close();
      clients[0]!.close();
      yield* server.waitClosed();
      expect(getRunningLoop().statistics()).toMatchObject({ scheduled: 0 });
    }));

  it('lets a listener start that was made with startServing: false', () =>
    run(function* () {
      using opened = new Opened();
      const server = yield* createServer(greeting, '127.0.0.1', 0, { maxConnections: 1, startServing: false });
      yield* server.startServing();
      const clients = yield* knocking(opened, server, 2);
      yield* until(() => String(server).includes('connections: 1'));
      clients[0]!.close();
      yield* until(() => greeted(clients.slice(1)) === 1);
      yield* closed(server);
    }));

  it.each([
    [0, 'createServer: maxConnections: expected an integer >= 1, or Infinity, got 0'],
    [1.5, 'got 1.5'],
    [NaN, 'got NaN'],
    ['9', 'got "9"'],
    [null, 'got null'],
  ])('is not %j', (maxConnections, message) => {
    expect(() => createServer(greeting, '127.0.0.1', 0, { maxConnections: maxConnections as never })).toThrow(message);
  });
});

it('maxConnections counts connections over TLS from the moment they are accepted', () =>
  runHosted(function* () {
    using opened = new Opened();
    const { server: identity } = certificates();
    const server = yield* createServer(greeting, '127.0.0.1', 0, { maxConnections: 2, tls: identity });
    yield* knocking(opened, server, 4);
    yield* until(() => String(server).includes('connections: 2'));
    yield* sleep(5);
    expect(String(server)).toContain('connections: 2');
    yield* closed(server);
  }));
