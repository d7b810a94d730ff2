/** connectDuplex returns the sockets of net.connect and tls.connect, which end with the loop. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run, runSync, startServer, startUnixServer } from 'selectloop';
import { connectDuplex, fromPromise } from 'selectloop/node';
import { describe, expect, it } from 'vitest';

import { hostedLoops } from '../support/every-loop.js';
import { shout } from '../streams/serving.js';
import { certificates } from '../tls/certificates.js';

const { ca, server: identity } = certificates();

describe.each(hostedLoops)('connectDuplex ($name)', (kind) => {
  it('returns a socket that is connecting, and emits connect', () =>
    kind.run(function* () {
      const server = yield* startServer(shout, '127.0.0.1', 0);
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const socket = connectDuplex('127.0.0.1', port, { noDelay: true });
      expect(socket).toBeInstanceOf(net.Socket);
      expect(socket.connecting).toBe(true);
      expect(socket.allowHalfOpen).toBe(false);
      socket.write('hello\n'); // before it is connected
      yield* fromPromise(once(socket, 'connect'));
      expect(socket.remotePort).toBe(port);
      expect(String((yield* fromPromise(once(socket, 'data')))[0])).toBe('HELLO\n');
      socket.end();
      yield* fromPromise(once(socket, 'close'));
      server.close();
      yield* server.waitClosed();
    }));

  it('connects to the path of a UNIX socket', () =>
    kind.run(function* () {
      const folder = mkdtempSync(join(tmpdir(), 'selectloop-'));
      const path = join(folder, 'socket');
      const server = yield* startUnixServer(shout, path);
      const socket = connectDuplex(path);
      socket.end('unix\n');
      expect(String((yield* fromPromise(once(socket, 'data')))[0])).toBe('UNIX\n');
      yield* fromPromise(once(socket, 'close'));
      server.close();
      yield* server.waitClosed();
      rmSync(folder, { recursive: true });
    }));

  it('speaks TLS', () =>
    kind.run(function* () {
      const server = yield* startServer(shout, '127.0.0.1', 0, { tls: { ...identity, ALPNProtocols: ['shout'] } });
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const options = { tls: { ca, ALPNProtocols: ['shout'] }, serverName: 'localhost' };
      const socket = connectDuplex('127.0.0.1', port, options);
      yield* fromPromise(once(socket, 'secureConnect'));
      expect(socket).toMatchObject({ authorized: true, alpnProtocol: 'shout', encrypted: true });
      socket.end('secret\n');
      expect(String((yield* fromPromise(once(socket, 'data')))[0])).toBe('SECRET\n');
      yield* fromPromise(once(socket, 'close'));
      server.close();
      yield* server.waitClosed();
    }));

  it('continues to connect when a library calls connect() on it', () =>
    kind.run(function* () {
      const server = yield* startServer(shout, '127.0.0.1', 0);
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const socket = connectDuplex('127.0.0.1', port);
      const connected: string[] = [];
      socket.on('connect', () => connected.push('event'));
      expect(socket.connect(port, '127.0.0.1', () => connected.push('callback'))).toBe(socket);
      socket.end('once\n');
      expect(String((yield* fromPromise(once(socket, 'data')))[0])).toBe('ONCE\n');
      expect(connected).toEqual(['event', 'callback']);
      yield* fromPromise(once(socket, 'close'));
      server.close();
      yield* server.waitClosed();
    }));

  it('emits the errors of node:net', () =>
    kind.run(function* () {
      const closed = net.createServer().listen(0, '127.0.0.1');
      yield* fromPromise(once(closed, 'listening'));
      const { port } = closed.address() as AddressInfo;
      yield* fromPromise(once(closed.close(), 'close'));
      const socket = connectDuplex('127.0.0.1', port);
      const [error] = (yield* fromPromise(once(socket, 'error'))) as [Error];
      expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port });
    }));

  it('is destroyed with its loop, without an error, connected or not', async () => {
    const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sockets = await kind.run(function* () {
      const connected = connectDuplex('127.0.0.1', port);
      yield* fromPromise(once(connected, 'connect'));
      return [connected, connectDuplex('127.0.0.1', port)];
    });
    await Promise.all(sockets.map((socket) => once(socket, 'close')));
    expect(sockets.map(({ destroyed, errored }) => [destroyed, errored])).toEqual([
      [true, null],
      [true, null],
    ]);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('connectDuplex', () => {
  it('needs a hosted loop', () => {
    expect(() =>
      runSync(function* () {
        connectDuplex('127.0.0.1', 1);
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_NEEDS_HOST' }) as Error);
  });

  it('refuses anything but a host or a path', () =>
    run(function* () {
      expect(() => connectDuplex(7 as never)).toThrow('connectDuplex: expected a host and a port, or a path, got 7');
      expect(() => connectDuplex('localhost', 70_000)).toThrow(RangeError);
    }));
});
