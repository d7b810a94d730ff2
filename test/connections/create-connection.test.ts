/** Connecting protocols. Names with several addresses are in several-addresses.test.ts. */

import { describe, expect, it } from 'vitest';

import {
  type InetAddress,
  type Protocol,
  connectAcceptedSocket,
  createConnection,
  createServer,
  createTask,
  sockAccept,
} from 'selectloop';
import { AF_INET6, SOCK_DGRAM } from 'selectloop/sockets';

import { cancelled, errorOf, everyLoop, turns } from '../support/every-loop.js';
import { Recording, drained, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';

const quiet = (): Protocol => ({});

/** A loopback port without a listener. */
function deadPort(opened: Opened): number {
  const socket = opened.socket();
  socket.bind({ host: '127.0.0.1', port: 0 });
  return (socket.getsockname() as InetAddress).port;
}

describe.each(everyLoop)('createConnection ($name)', ({ run }) => {
  it('rejects contradictory combinations of host, port and socket', () =>
    run(function* () {
      using opened = new Opened();
      const [a] = opened.pair();
      const datagrams = opened.socket(undefined, SOCK_DGRAM);
      expect(() => createConnection(quiet, 'localhost', 80, { socket: a })).toThrow(TypeError);
      expect(() => createConnection(quiet, null, 80, { socket: a })).toThrow(TypeError);
      expect(() => createConnection(quiet, null, null)).toThrow(TypeError);
      expect(() => createConnection(quiet, 'localhost', null)).toThrow(TypeError);
      expect(() => createConnection(quiet, 'localhost', 65_536)).toThrow(RangeError);
      expect(() => createConnection(quiet, null, null, { socket: datagrams })).toThrow(/expected a stream socket/);
      expect(() => createConnection(quiet, null, null, { socket: {} as never })).toThrow(TypeError);
      expect(() => createConnection(quiet, '::1', 1, { localAddress: '::1' as never })).toThrow(TypeError);
      expect(() => createConnection(quiet, '::1', 1, { happyEyeballsDelayMs: -1 })).toThrow(RangeError);
      expect(() => createConnection({} as never, '::1', 1)).toThrow(TypeError);
      expect(() => connectAcceptedSocket(quiet, datagrams)).toThrow(/expected a stream socket/);
      datagrams.close();
      a.close();
      expect(() => connectAcceptedSocket(quiet, a)).toThrow(/the socket is closed/);
      const nowhere = createTask(() => createConnection(quiet, 'no.such.host.invalid', 1));
      expect(yield* errorOf(nowhere)).toMatchObject({ name: 'ResolutionError', code: 'ENOTFOUND' });
    }));

  it('takes over a connected socket and makes it non-blocking', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.tcpPair();
      a.setBlocking(true);
      const { transport, protocol } = yield* createConnection(() => new Recording(), null, null, { socket: a });
      expect(a.getBlocking()).toBe(false);
      transport.write(Buffer.from('hello'));
      yield* turns(1);
      expect(drained(b)).toBe('hello');
      transport.close();
      yield* protocol.lost;
      expect(a.fileno()).toBe(-1);
    }));

  it('leaves no socket open when it fails or is cancelled', () =>
    run(function* () {
      using opened = new Opened();
      const port = deadPort(opened);
      const refused = createTask(() => createConnection(quiet, '127.0.0.1', port));
      expect(yield* errorOf(refused)).toMatchObject({ message: `connect ECONNREFUSED 127.0.0.1:${port}` });
      // A full backlog: the handshake is not answered.
      const { listener, address } = opened.listener(0);
      for (let i = 0; i < 4; i += 1) opened.socket().connectEx(address);
      const waits = createTask(() => createConnection(quiet, address.host, address.port));
      yield* turns(3);
      expect(waits.done()).toBe(false);
      yield* cancelled(waits);
      listener.close();
    })); // descriptor-leaks.ts checks for descriptors

  it('an empty host in localAddress is any address, but an empty host to connect to is ENOTFOUND', () =>
    run(function* () {
      using opened = new Opened();
      const { address } = opened.listener();
      const { transport } = yield* createConnection(quiet, address.host, address.port, { localAddress: { host: '' } });
      expect(transport.getExtraInfo('sockname')).toMatchObject({ host: '127.0.0.1' });
      transport.abort();
      const nowhere = createTask(() => createConnection(quiet, '', address.port));
      expect(yield* errorOf(nowhere)).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo' });
      yield* turns(2);
    }));

  it('localAddress is the address it connects from', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const localAddress = { host: '127.0.0.3' };
      const { transport, protocol } = yield* createConnection(() => new Recording(), address.host, address.port, {
        localAddress,
      });
      expect(transport.getExtraInfo('sockname')).toMatchObject(localAddress);
      expect(opened.add((yield* sockAccept(listener)).socket).getpeername()).toMatchObject(localAddress);
      transport.close();
      yield* protocol.lost;
      const elsewhere = createTask(() =>
        createConnection(quiet, address.host, address.port, { localAddress: { host: '192.0.2.1' } }),
      );
      expect(yield* errorOf(elsewhere)).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind' });
      const otherFamily = createTask(() =>
        createConnection(quiet, address.host, address.port, { localAddress: { host: '::1' } }),
      );
      expect(yield* errorOf(otherFamily)).toMatchObject({ code: 'EADDRNOTAVAIL' });
    }));

  it('family restricts the addresses of a name', () =>
    run(function* () {
      const server = yield* createServer(quiet, '::1', 0);
      const { port } = server.sockets[0]!.getsockname() as InetAddress;
      const { transport, protocol } = yield* createConnection(() => new Recording(), '::1', port, { family: AF_INET6 });
      expect(transport.getExtraInfo('peername')).toMatchObject({ host: '::1', port });
      transport.close();
      yield* protocol.lost;
      server.close();
      yield* server.waitClosed();
    }));

  it('happyEyeballsDelayMs connects', () =>
    run(function* () {
      const served = new Recording();
      const server = yield* createServer(() => served, '127.0.0.1', 0);
      const { port } = server.sockets[0]!.getsockname() as InetAddress;
      const options = { happyEyeballsDelayMs: 250 };
      const { transport, protocol } = yield* createConnection(() => new Recording(), 'localhost', port, options);
      yield* until(() => served.log.length === 1);
      transport.close();
      yield* protocol.lost;
      server.close();
      yield* server.waitClosed();
    }));

  it.each(['factory', 'protocol'] as const)('an error of the %s is thrown, and the socket is closed', (what) =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const factory = (): Protocol => {
        if (what === 'factory') throw new Error('broken');
        return 'not a protocol' as Protocol;
      };
      const error = yield* errorOf(createTask(() => connectAcceptedSocket(factory, a)));
      expect(error).toMatchObject({ message: what === 'factory' ? 'broken' : /expected a protocol/ });
      expect(a.fileno()).toBe(-1);
      expect(drained(b)).toBe(null);
    }),
  );
});
