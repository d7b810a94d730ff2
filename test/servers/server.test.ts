/** Servers: accepting, serving and closing. */

import { describe, expect, it } from 'vitest';

import {
  CancelledError,
  type InetAddress,
  type Protocol,
  type Server,
  createConnection,
  createServer,
  createTask,
  getRunningLoop,
  run as runHosted,
  runSync,
} from 'selectloop';
import { SOCK_DGRAM, SOL_SOCKET, SO_REUSEPORT } from 'selectloop/sockets';
import { virtualLoop } from 'selectloop/testing';

import { cancelled, errorOf, everyLoop, turns, waiting } from '../support/every-loop.js';
import { Recording, drained, errorsOfLoop, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';
import { closed, knock, scriptedListener } from './accepting.js';

/** A protocol that does nothing: the connection stays open until the peer closes it. */
const quiet = (): Protocol => ({});

const portOf = (server: Server, index = 0): number => (server.sockets[index]!.getsockname() as InetAddress).port;

describe.each(everyLoop)('a server ($name)', ({ run }) => {
  it('one event accepts at most `backlog` connections before other callbacks run', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = opened.pair();
      const { listener, calls } = scriptedListener(opened, () => null);
      const endless = listener.acceptEx;
      const server = yield* createServer(quiet, null, null, { socket: listener, backlog: 10 });
      listener.acceptEx = () => {
        const result = endless();
        return typeof result === 'number' ? { socket: pairs[0].dup(), address: { path: '' } } : result;
      };
      knock(opened, server, 1);
      yield* until(() => calls.length > 0);
      expect(calls.length).toBe(10);
      yield* closed(server);
    }));

  it('EAGAIN ends a round of accepts and ECONNABORTED does not; neither is reported', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const ECONNABORTED = -103;
      const { listener, calls } = scriptedListener(opened, (call) => (call <= 2 ? ECONNABORTED : null));
      const protocols: Recording[] = [];
      const factory = (): Recording => protocols[protocols.push(new Recording()) - 1]!;
      const server = yield* createServer(factory, null, null, { socket: listener });
      knock(opened, server, 1);
      yield* until(() => protocols.length === 1);
      expect(calls.length).toBe(4); // aborted, aborted, accepted, EAGAIN
      knock(opened, server, 1);
      yield* until(() => protocols.length === 2);
      expect(errors).toEqual([]);
      yield* closed(server);
    }));

  it('a server closed during its pause after an accept error does not resume', () =>
    run(function* () {
      using opened = new Opened();
      errorsOfLoop();
      const loop = getRunningLoop();
      const { listener, calls } = scriptedListener(opened, () => -24);
      const server = yield* createServer(quiet, null, null, { socket: listener });
      knock(opened, server, 1);
      yield* until(() => calls.length === 1);
      expect(waiting().readers).toBe(0);
      const timers = loop.statistics().scheduled;
      server.close();
      expect(loop.statistics().scheduled).toBe(timers - 1);
      yield* server.waitClosed();
    }));

  it('rejects contradictory combinations of host, port and socket', () =>
    run(function* () {
      using opened = new Opened();
      const factory = quiet;
      const { listener } = opened.listener();
      const datagrams = opened.socket(undefined, SOCK_DGRAM);
      expect(() => createServer(factory, null, null)).toThrow(/expected a host, a port or a socket, got null/);
      expect(() => createServer(factory, 'localhost', null, { socket: listener })).toThrow(TypeError);
      expect(() => createServer(factory, null, 80, { socket: listener })).toThrow(TypeError);
      expect(() => createServer(factory, null, null, { socket: datagrams })).toThrow(/expected a stream socket/);
      expect(() => createServer(factory, 5 as never, 0)).toThrow(TypeError);
      expect(() => createServer(factory, ['::1', 5 as never], 0)).toThrow(TypeError);
      expect(() => createServer(factory, [], 0)).toThrow(RangeError);
      expect(() => createServer(factory, '', 65_536)).toThrow(RangeError);
      expect(() => createServer(factory, '', 0, { backlog: -1 })).toThrow(RangeError);
      expect(() => createServer(factory, '', 0, { reusePort: 1 as never })).toThrow(TypeError);
      expect(() => createServer('factory' as never, '', 0)).toThrow(TypeError);
      const failing = createTask(() => createServer(factory, 'no.such.host.invalid', 0));
      expect(yield* errorOf(failing)).toMatchObject({ name: 'ResolutionError' });
    }));

  it.each([null, ''])('host %j means all interfaces, with separate IPv4 and IPv6 sockets', (host) =>
    run(function* () {
      using opened = new Opened();
      // Another process may take a port that was free a moment ago.
      let server: Server | null = null;
      let port = 0;
      while (server === null) {
        port = opened.listener().address.port;
        opened[Symbol.dispose]();
        try {
          server = yield* createServer(quiet, host, port);
        } catch (error) {
          if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
        }
      }
      expect(server.sockets.map((socket) => socket.getsockname())).toEqual([
        { host: '0.0.0.0', port },
        { host: '::', port, flowInfo: 0, scopeId: 0 },
      ]);
      for (const address of ['127.0.0.1', '::1']) {
        const client = yield* createConnection(() => new Recording(), address, port);
        client.transport.close();
        yield* client.protocol.lost;
      }
      yield* closed(server);
    }),
  );

  it('listens on each address of a list of hosts once', () =>
    run(function* () {
      const server = yield* createServer(quiet, ['127.0.0.1', '::1', '127.0.0.1'], 0);
      expect(server.sockets.map((socket) => (socket.getsockname() as InetAddress).host)).toEqual(['127.0.0.1', '::1']);
      yield* closed(server);
      expect(server.sockets).toEqual([]);
    }));

  it('names the address that cannot be bound in the error, and leaves none bound', () =>
    run(function* () {
      using opened = new Opened();
      const { address } = opened.listener();
      const failing = createTask(() => createServer(quiet, ['127.0.0.2', '127.0.0.1'], address.port));
      expect(yield* errorOf(failing)).toMatchObject({
        code: 'EADDRINUSE',
        message: `bind EADDRINUSE 127.0.0.1:${address.port}`,
      });
      const other = opened.socket();
      other.bind({ host: '127.0.0.2', port: address.port }); // the port is free again
    }));

  it('with reusePort two servers share a port', () =>
    run(function* () {
      const first = yield* createServer(quiet, '127.0.0.1', 0, { reusePort: true });
      expect(first.sockets[0]!.getsockopt(SOL_SOCKET, SO_REUSEPORT)).not.toBe(0);
      const port = portOf(first);
      const second = yield* createServer(quiet, '127.0.0.1', port, { reusePort: true });
      expect(portOf(second)).toBe(port);
      const third = createTask(() => createServer(quiet, '127.0.0.1', port));
      expect(yield* errorOf(third)).toMatchObject({ code: 'EADDRINUSE' });
      yield* closed(first);
      yield* closed(second);
    }));

  it('with startServing false accepts no connection before startServing(), which may be called twice', () =>
    run(function* () {
      using opened = new Opened();
      const protocol = new Recording();
      const server = yield* createServer(() => protocol, '127.0.0.1', 0, { startServing: false });
      expect(server.isServing()).toBe(false);
      const refused = createTask(() => createConnection(quiet, '127.0.0.1', portOf(server)));
      expect(yield* errorOf(refused)).toMatchObject({ code: 'ECONNREFUSED' });
      yield* server.startServing();
      yield* server.startServing();
      expect(server.isServing()).toBe(true);
      knock(opened, server, 1);
      yield* until(() => protocol.log.length === 1);
      yield* closed(server);
      expect(server.isServing()).toBe(false);
      expect(yield* errorOf(createTask(() => server.startServing()))).toMatchObject({ code: 'ERR_INVALID_STATE' });
    }));

  it('close() refuses new connections immediately, keeps existing ones, and may be called twice', () =>
    run(function* () {
      const served: Recording = new Recording({ dataReceived: (data) => served.transport.write(data) });
      const server = yield* createServer(() => served, '127.0.0.1', 0);
      const port = portOf(server);
      const client = yield* createConnection(() => new Recording(), '127.0.0.1', port);
      yield* until(() => served.log.length === 1);
      server.close();
      server.close();
      const refused = createTask(() => createConnection(quiet, '127.0.0.1', port));
      expect(yield* errorOf(refused)).toMatchObject({ code: 'ECONNREFUSED' });
      client.transport.write(Buffer.from('still here'));
      yield* until(() => client.protocol.received === 'still here');
      client.transport.close();
      yield* client.protocol.lost;
      yield* server.waitClosed();
    }));

  it('waitClosed waits for close() and for the last connection, and then every waiting task resumes', () =>
    run(function* () {
      const served = new Recording();
      const server = yield* createServer(() => served, '127.0.0.1', 0);
      const waits = Array.from({ length: 3 }, () => createTask(() => server.waitClosed()));
      yield* turns(5);
      expect(waits.some((task) => task.done())).toBe(false);
      const client = yield* createConnection(() => new Recording(), '127.0.0.1', portOf(server));
      yield* until(() => served.log.length === 1);
      server.close();
      yield* turns(5);
      expect(waits.some((task) => task.done())).toBe(false);
      yield* cancelled(waits[0]!);
      client.transport.close();
      for (const task of waits.slice(1)) yield* task;
      expect(served.log).toEqual(['made', 'eof', 'lost null']);
      yield* server.waitClosed();
      yield* client.protocol.lost;
    }));

  it.each(['closeClients', 'abortClients'] as const)('close() followed by %s() ends every connection', (method) =>
    run(function* () {
      using opened = new Opened();
      const served: Recording[] = [];
      const server = yield* createServer(() => served[served.push(new Recording()) - 1]!, '127.0.0.1', 0);
      const clients = knock(opened, server, 3);
      yield* until(() => served.length === 3 && served.every(({ log }) => log.length > 0)); // every protocol has its transport
      for (const { transport } of served) transport.write(Buffer.from('goodbye'));
      server.close();
      const waiter = createTask(() => server.waitClosed());
      server[method]();
      yield* turns(3);
      expect(waiter.done()).toBe(true);
      expect(served.map(({ log }) => log.at(-1))).toEqual(Array(3).fill('lost null'));
      yield* turns(1);
      for (const client of clients) expect([drained(client), drained(client)]).toEqual(['goodbye', null]);
    }),
  );

  it('closeClients() sends queued bytes, and abortClients() drops them', () =>
    run(function* () {
      using opened = new Opened();
      const served = new Recording();
      const server = yield* createServer(() => served, '127.0.0.1', 0);
      knock(opened, server, 1);
      yield* until(() => served.log.length === 1);
      served.transport.write(Buffer.alloc(20_000_000));
      server.close();
      server.closeClients();
      yield* turns(5);
      expect(served.lost.done()).toBe(false);
      server.abortClients();
      yield* server.waitClosed();
    }));

  it('a cancelled serveForever closes everything, and a second concurrent call is refused', () =>
    run(function* () {
      using opened = new Opened();
      const served = new Recording();
      const server = yield* createServer(() => served, '127.0.0.1', 0, { startServing: false });
      const forever = createTask(() => server.serveForever());
      yield* turns(2);
      expect(server.isServing()).toBe(true);
      knock(opened, server, 1);
      yield* until(() => served.log.length === 1);
      const second = yield* errorOf(createTask(() => server.serveForever()));
      expect(second).toMatchObject({ code: 'ERR_INVALID_STATE' });
      yield* cancelled(forever);
      expect(served.log).toEqual(['made', 'lost null']);
      expect(server.isServing()).toBe(false);
      expect(waiting().readers).toBe(0);
    }));

  it('serveForever throws a CancelledError when the server is closed, after the last connection', () =>
    run(function* () {
      const served = new Recording();
      const server = yield* createServer(() => served, '127.0.0.1', 0);
      const forever = createTask(() => server.serveForever());
      const client = yield* createConnection(() => new Recording(), '127.0.0.1', portOf(server));
      yield* until(() => served.log.length === 1);
      server.close();
      yield* turns(5);
      expect(forever.done()).toBe(false);
      expect(served.transport.isClosing()).toBe(false);
      client.transport.close();
      expect(yield* errorOf(forever)).toBeInstanceOf(CancelledError);
      yield* client.protocol.lost;
    }));

  it.each(['factory', 'connectionMade'] as const)(
    'an error in %s ends that connection, and the next one is served',
    (where) =>
      run(function* () {
        using opened = new Opened();
        const errors = errorsOfLoop();
        const broken = new Error('broken');
        let calls = 0;
        const fail = (): void => {
          calls += 1;
          if (calls === 1) throw broken;
        };
        const served = new Recording();
        const factory = (): Protocol => {
          if (where === 'factory') fail();
          return calls === 1 || where === 'factory' ? served : new Recording({ connectionMade: fail });
        };
        const server = yield* createServer(factory, '127.0.0.1', 0);
        const [first] = knock(opened, server, 1);
        yield* until(() => errors.length === 1);
        expect(errors[0]).toMatchObject({ exception: broken });
        yield* until(() => drained(first!) === null);
        knock(opened, server, 1);
        yield* until(() => served.log.length === 1);
        yield* closed(server);
      }),
  );

  it("closing a server's socket closes the server", () =>
    run(function* () {
      const server = yield* createServer(quiet, '127.0.0.1', 0);
      server.sockets[0]!.close();
      expect(server.isServing()).toBe(false);
      yield* server.waitClosed();
    }));

  it('a server that is left open is closed with its loop', () =>
    run(function* () {
      const server = yield* createServer(quiet, '127.0.0.1', 0);
      expect(String(server)).toBe('<Server serving, sockets: 1, connections: 0>');
    }));
});

it('`await using` closes a server and waits for its connections', () =>
  runHosted(async () => {
    const served = new Recording();
    let port: number;
    {
      await using server = await createServer(() => served, '127.0.0.1', 0);
      port = portOf(server);
      const { transport } = await createConnection(quiet, '127.0.0.1', port);
      transport.close();
      while (served.log.length === 0) await getRunningLoop().getaddrinfo('127.0.0.1', 1);
    }
    expect(served.log).toEqual(['made', 'eof', 'lost null']);
    await expect(createConnection(quiet, '127.0.0.1', port)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  }));

describe('a server in virtual time', () => {
  it.each([
    ['EMFILE', -24, 'socket.accept() out of system resource'],
    ['an error of the listener', -22, 'socket.accept() failed'],
  ])('%s is reported once; the server pauses for a second and then accepts again', (_, errno, message) =>
    runSync(
      function* () {
        using opened = new Opened();
        const errors = errorsOfLoop();
        const loop = getRunningLoop();
        const { listener, calls } = scriptedListener(opened, (call) => (call === 1 ? errno : null));
        const protocols: Recording[] = [];
        const factory = (): Recording => protocols[protocols.push(new Recording()) - 1]!;
        const server = yield* createServer(factory, null, null, { socket: listener });
        const before = loop.time();
        knock(opened, server, 1);
        yield* until(() => protocols.length === 1);
        expect(loop.time() - before).toBeGreaterThanOrEqual(1000);
        expect(calls.length).toBe(3); // the error, the connection, EAGAIN
        expect(errors).toEqual([expect.objectContaining({ message, socket: listener })]);
        expect((errors[0]?.exception as { errno: number }).errno).toBe(errno);
        yield* closed(server);
      },
      { loopFactory: () => virtualLoop() },
    ),
  );
});
