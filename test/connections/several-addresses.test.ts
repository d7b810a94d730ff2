/** Connecting to a name that has several addresses, with a resolver that the test controls. */

import { readdirSync, readlinkSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  type ConnectOptions,
  ExceptionGroup,
  type InetAddress,
  type Server,
  type Steps,
  type Task,
  createConnection,
  createServer,
  createTask,
} from 'selectloop';

import { cancelled, errorOf, everyLoop, turns } from '../support/every-loop.js';
import { Recording, until } from '../support/protocols.js';
import { fakeResolver } from '../support/resolver.js';
import { Opened } from '../support/sockets.js';

/** Loopback addresses that no other test uses, so that a port of one is free on the other. */
const ONE = '127.31.0.1';
const TWO = '127.31.0.2';

/** Binds without listening: connecting to it is refused. */
function refusing(opened: Opened, host: string, port = 0): number {
  const socket = opened.socket();
  socket.bind({ host, port });
  return (socket.getsockname() as InetAddress).port;
}

/** Listens with a full queue: the handshake is not answered. */
function silent(opened: Opened, host: string, port = 0): void {
  const listener = opened.socket();
  listener.bind({ host, port });
  listener.listen(0);
  for (let i = 0; i < 4; i += 1) opened.socket().connectEx(listener.getsockname());
}

function* serving(host: string): Steps<{ server: Server; port: number; served: Recording }> {
  const served = new Recording();
  const server = yield* createServer(() => served, host, 0);
  return { server, served, port: (server.sockets[0]!.getsockname() as InetAddress).port };
}

function connecting(port: number, options: ConnectOptions = {}): Task<{ protocol: Recording }> {
  return createTask(() => createConnection(() => new Recording(), 'several.example', port, options));
}

function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false; // the descriptor of the listing itself
    }
  }).length;
}

describe.each(everyLoop)('connecting to a name with several addresses ($name)', ({ run }) => {
  it('when all fail differently, throws one error with all messages and the code of the first', () =>
    run(function* () {
      using opened = new Opened();
      using _names = fakeResolver([ONE, TWO]);
      const port = refusing(opened, ONE);
      refusing(opened, TWO, port);
      const said = [ONE, TWO].map((host) => `connect ECONNREFUSED ${host}:${port}`);
      const before = openSockets();
      expect(yield* errorOf(connecting(port))).toMatchObject({
        name: 'OSError',
        code: 'ECONNREFUSED',
        message: `Multiple exceptions: ${said.join(', ')}`,
      });
      const group = (yield* errorOf(connecting(port, { allErrors: true }))) as ExceptionGroup;
      expect(group).toBeInstanceOf(ExceptionGroup);
      expect(group.errors.map(({ message }: Error) => message)).toEqual(said);
      expect(openSockets()).toBe(before);
    }));

  it('when all fail with the same message, throws that error', () =>
    run(function* () {
      using opened = new Opened();
      using _names = fakeResolver([ONE, ONE]);
      const port = refusing(opened, ONE);
      expect(yield* errorOf(connecting(port))).toMatchObject({ message: `connect ECONNREFUSED ${ONE}:${port}` });
    }));

  it.each([
    ['refuses', refusing, {}],
    ['refuses, with happy eyeballs', refusing, { happyEyeballsDelayMs: 60_000 }],
    ['never answers, with happy eyeballs', silent, { happyEyeballsDelayMs: 1 }],
  ])('when the first address %s, connects to the second and closes the first socket', (_, first, options) =>
    run(function* () {
      using opened = new Opened();
      using _names = fakeResolver([ONE, TWO]);
      const { server, served, port } = yield* serving(TWO);
      first(opened, ONE, port);
      const before = openSockets();
      const { protocol } = yield* connecting(port, options);
      yield* until(() => served.log.length === 1);
      expect(protocol.transport.getExtraInfo('peername')).toEqual({ host: TWO, port });
      expect(openSockets()).toBe(before + 2); // both ends of the connection
      protocol.transport.close();
      yield* protocol.lost;
      server.close();
      yield* server.waitClosed();
    }),
  );

  it('leaves no socket open when it is cancelled while several are being tried', () =>
    run(function* () {
      using opened = new Opened();
      using _names = fakeResolver([ONE, TWO]);
      const port = refusing(opened, ONE);
      silent(opened, TWO, port);
      const before = openSockets();
      const task = connecting(port);
      yield* until(() => openSockets() > before);
      yield* turns(3); // after the refusal
      expect(task.done()).toBe(false);
      yield* cancelled(task);
      expect(openSockets()).toBe(before);
    }));
});
