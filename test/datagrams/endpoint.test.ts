/** Datagram endpoints, on every selector, hosted and blocking. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type Address,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  type BaseTransport,
  type DatagramProtocol,
  type DatagramTransport,
  Future,
  type InetAddress,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_BROADCAST,
  SO_REUSEPORT,
  SO_SNDBUF,
  Socket,
  type Steps,
  createDatagramEndpoint,
  createTask,
  getRunningLoop,
  run,
  sleep,
  socketpair,
} from 'selectloop';
import { afterAll, describe, expect, it } from 'vitest';

import { errorOf, everyLoop, expectQuiet, turns, waiting } from '../support/every-loop.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-datagrams-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Records every event. */
class Recorder implements DatagramProtocol {
  readonly received: Array<[string, Address | null]> = [];
  readonly events: string[] = [];
  readonly errors: unknown[] = [];
  readonly lost = new Future<unknown>();
  private wake: Future<void> | null = null;

  connectionMade(transport: BaseTransport): void {
    this.events.push(`made ${String(transport.isClosing())}`);
  }

  datagramReceived(data: Buffer, address: Address | null): void {
    this.received.push([data.toString(), address]);
    this.notify();
  }

  errorReceived(error: unknown): void {
    this.errors.push(error);
    this.notify();
  }

  pauseWriting(): void {
    this.events.push('pause');
  }

  resumeWriting(): void {
    this.events.push('resume');
  }

  connectionLost(error: unknown): void {
    this.lost.setResult(error);
  }

  /** Waits until the given number of datagrams has been received. */
  *has(datagrams: number, errors = 0): Steps<void> {
    while (this.received.length < datagrams || this.errors.length < errors) {
      this.wake = new Future();
      yield* this.wake;
    }
  }

  private notify(): void {
    if (this.wake?.done() === false) this.wake.setResult();
  }
}

const make = (): Recorder => new Recorder();
const loopback = { host: '127.0.0.1', port: 0 };
const address = (transport: DatagramTransport): Address => transport.getExtraInfo('sockname')!;

function* closed(...ends: Array<{ transport: DatagramTransport; protocol: Recorder }>): Steps<void> {
  for (const { transport } of ends) transport.close();
  for (const { protocol } of ends) expect(yield* protocol.lost).toBeNull();
}

describe.each(everyLoop)('createDatagramEndpoint ($name)', (loop) => {
  it('datagrams arrive whole, with their sender, between unconnected and connected endpoints', () =>
    loop.run(function* () {
      const server = yield* createDatagramEndpoint(make, {
        localAddress: { host: 'localhost', port: 0 },
        family: AF_INET,
      });
      const client = yield* getRunningLoop().createDatagramEndpoint(make, { remoteAddress: address(server.transport) });
      expect(server.protocol.events).toEqual(['made false']);
      expect(client.transport.getExtraInfo('peername')).toEqual(address(server.transport));
      client.transport.sendTo(Buffer.from('to the peer'));
      client.transport.sendTo(Buffer.from('to its address'), address(server.transport));
      yield* server.protocol.has(2);
      const sender = address(client.transport);
      expect(server.protocol.received).toEqual([
        ['to the peer', sender],
        ['to its address', sender],
      ]);
      server.transport.sendTo(Buffer.from('answer'), sender);
      yield* client.protocol.has(1);
      expect(client.protocol.received).toEqual([['answer', address(server.transport)]]);
      yield* closed(server, client);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it.each([
    [0, '0.0.0.0', '127.0.0.1'],
    [AF_INET, '0.0.0.0', '127.0.0.1'],
    [AF_INET6, '::', '::1'],
  ])('an empty host is any address to receive on (family %i), and no address to send to', (family, any, host) =>
    loop.run(function* () {
      const nowhere = { host: '', port: 0 };
      const server = yield* createDatagramEndpoint(make, { localAddress: nowhere, family });
      const { host: bound, port } = address(server.transport) as InetAddress;
      expect(bound).toBe(any);
      const client = yield* createDatagramEndpoint(make, { localAddress: nowhere, remoteAddress: { host, port } });
      client.transport.sendTo(Buffer.from('found'));
      yield* server.protocol.has(1);
      expect(server.protocol.received[0]![0]).toBe('found');
      yield* closed(server, client);
      const failing = createTask(() => createDatagramEndpoint(make, { remoteAddress: { host: '', port } }));
      expect(yield* errorOf(failing)).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo' });
    }),
  );

  it('an error of the kernel is passed to errorReceived, and the endpoint stays open', () =>
    loop.run(function* () {
      const dead = new Socket(AF_INET, SOCK_DGRAM);
      dead.bind(loopback);
      const nobody = dead.getsockname();
      dead.close();
      const end = yield* createDatagramEndpoint(make, { remoteAddress: nobody });
      end.transport.sendTo(Buffer.from('anybody there?'));
      yield* end.protocol.has(0, 1);
      expect(end.protocol.errors[0]).toMatchObject({ name: 'OSError', code: 'ECONNREFUSED' });
      end.transport.sendTo(Buffer.alloc(70_000));
      yield* end.protocol.has(0, 2);
      expect(end.protocol.errors.at(-1)).toMatchObject({ code: 'EMSGSIZE', syscall: 'sendto' });
      expect(end.transport.isClosing()).toBe(false);
      yield* expectQuiet();
      yield* closed(end);
    }));

  it('empty datagrams are sent', () =>
    loop.run(function* () {
      const server = yield* createDatagramEndpoint(make, { localAddress: loopback });
      const client = yield* createDatagramEndpoint(make, { family: AF_INET });
      client.transport.sendTo(Buffer.alloc(0), address(server.transport));
      yield* server.protocol.has(1);
      expect(server.protocol.received[0]![0]).toBe('');
      yield* closed(server, client);
    }));

  it('datagrams for a full receiver are queued, empty ones included, and sent before the sender closes', () =>
    loop.run(function* () {
      const [a, b] = socketpair(AF_UNIX, SOCK_DGRAM);
      const sender = yield* createDatagramEndpoint(make, { socket: a });
      let count = 0;
      sender.transport.setWriteBufferLimits({ high: 40, low: 10 });
      for (; sender.transport.getWriteBufferSize() === 0; count += 1) sender.transport.sendTo(Buffer.from('x'));
      for (const text of ['', 'y', '', 'last']) sender.transport.sendTo(Buffer.from(text));
      expect(sender.transport.getWriteBufferSize()).toBe(1 + 0 + 1 + 0 + 4 + 5 * 8);
      expect(sender.protocol.events).toEqual(['made false', 'pause']);
      sender.transport.close();
      sender.transport.sendTo(Buffer.from('too late'));
      expect(sender.protocol.lost.done()).toBe(false);
      const receiver = yield* createDatagramEndpoint(make, { socket: b });
      yield* receiver.protocol.has(count + 4);
      expect(receiver.protocol.received.slice(-5).map(([text]) => text)).toEqual(['x', '', 'y', '', 'last']);
      expect(yield* sender.protocol.lost).toBeNull();
      expect(sender.protocol.events.at(-1)).toBe('resume');
      yield* closed(receiver);
    }));

  it('a UNIX receiver that does not read costs no CPU time, and abort drops the queue', () =>
    loop.run(function* () {
      const path = join(folder, 'slow');
      const receiver = new Socket(AF_UNIX, SOCK_DGRAM);
      receiver.bind({ path });
      const sender = yield* createDatagramEndpoint(make, { family: AF_UNIX });
      while (sender.transport.getWriteBufferSize() === 0) sender.transport.sendTo(Buffer.from('x'), { path });
      yield* expectQuiet(30, 30); // it retries every 5 ms
      receiver.setBlocking(false);
      receiver.recv(10);
      for (let i = 0; i < 1000 && sender.transport.getWriteBufferSize() > 0; i += 1) yield* sleep(1);
      expect(sender.transport.getWriteBufferSize()).toBe(0);
      while (sender.transport.getWriteBufferSize() === 0) sender.transport.sendTo(Buffer.from('x'), { path });
      sender.transport.abort();
      expect(yield* sender.protocol.lost).toBeNull();
      receiver.close();
      rmSync(path);
    }));

  it('a connected endpoint refuses other addresses, and every endpoint rejects text', () =>
    loop.run(function* () {
      const server = yield* createDatagramEndpoint(make, { localAddress: loopback });
      const client = yield* createDatagramEndpoint(make, { remoteAddress: address(server.transport) });
      const data = Buffer.from('x');
      expect(() => client.transport.sendTo(data, { host: '127.0.0.1', port: 9 })).toThrow(RangeError);
      expect(() => client.transport.sendTo('text' as never)).toThrow(TypeError);
      expect(() => server.transport.sendTo(data)).toThrow(/an address \(the endpoint is not connected\)/);
      expect(() => server.transport.sendTo(data, { path: '/x' })).toThrow(TypeError);
      yield* closed(server, client);
    }));

  it('the file of a UNIX endpoint is replaced if it is stale, but not if it is in use', () =>
    loop.run(function* () {
      const path = join(folder, 'endpoint');
      const first = yield* createDatagramEndpoint(make, { localAddress: { path } });
      const taken = createTask(() => createDatagramEndpoint(make, { localAddress: { path } }));
      expect(yield* errorOf(taken)).toMatchObject({ code: 'EADDRINUSE', path });
      yield* closed(first);
      expect(existsSync(path)).toBe(true);
      const second = yield* createDatagramEndpoint(make, { localAddress: { path } });
      const client = yield* createDatagramEndpoint(make, { remoteAddress: { path } });
      client.transport.sendTo(Buffer.from('hello'));
      yield* second.protocol.has(1);
      expect(second.protocol.received).toEqual([['hello', { path: '' }]]);
      yield* closed(second, client);
      rmSync(path);
    }));

  it("messages of a SEQPACKET connection keep their boundaries, and the connection's end ends the endpoint", () =>
    loop.run(function* () {
      const [a, b] = socketpair(AF_UNIX, SOCK_SEQPACKET);
      const left = yield* createDatagramEndpoint(make, { socket: a });
      const right = yield* createDatagramEndpoint(make, { socket: b });
      left.transport.sendTo(Buffer.from('one'));
      left.transport.sendTo(Buffer.from('two'));
      yield* right.protocol.has(2);
      expect(right.protocol.received.map(([text]) => text)).toEqual(['one', 'two']);
      left.transport.close();
      expect(yield* right.protocol.lost).toBeNull();
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('a protocol method that throws is reported, and the next datagram is received', () =>
    loop.run(function* () {
      const reports: unknown[] = [];
      getRunningLoop().setExceptionHandler((_, { message }) => reports.push(message));
      const server = yield* createDatagramEndpoint(make, { localAddress: loopback });
      const good = server.protocol.datagramReceived.bind(server.protocol);
      server.protocol.datagramReceived = () => {
        server.protocol.datagramReceived = good;
        throw new Error('bad datagram');
      };
      const client = yield* createDatagramEndpoint(make, { remoteAddress: address(server.transport) });
      client.transport.sendTo(Buffer.from('bad'));
      client.transport.sendTo(Buffer.from('good'));
      yield* server.protocol.has(1);
      expect(reports).toEqual(['protocol.datagramReceived() failed']);
      yield* closed(server, client);
    }));

  it('closing the socket beneath an endpoint causes connectionLost with EBADF', () =>
    loop.run(function* () {
      const end = yield* createDatagramEndpoint(make, { localAddress: loopback });
      end.transport.getExtraInfo('socket')!.close();
      expect(yield* end.protocol.lost).toMatchObject({ code: 'EBADF' });
    }));
});

describe('createDatagramEndpoint', () => {
  it('tells its address and port, also when it has been given one by sending, until it is closed', () =>
    run(function* () {
      const server = yield* createDatagramEndpoint(make, { localAddress: loopback });
      expect(server.transport.address).toEqual({ host: '127.0.0.1', port: server.transport.port });
      expect(server.transport.port).toBeGreaterThan(0);
      const client = yield* createDatagramEndpoint(make, { family: AF_INET });
      expect(client.transport.port).toBe(0);
      client.transport.sendTo(Buffer.from('hello'), server.transport.address);
      yield* server.protocol.has(1);
      expect(server.protocol.received[0]![1]).toMatchObject({ port: client.transport.port });
      const unix = yield* createDatagramEndpoint(make, { localAddress: { path: join(folder, 'address') } });
      expect(unix.transport.address).toEqual({ path: join(folder, 'address') });
      expect(() => unix.transport.port).toThrow(/has no port: its address is \{ path: /);
      yield* closed(server, client, unix);
      expect(() => server.transport.port).toThrow('has no address: it is closed');
    }));

  it('contradictory options are rejected at the call', () => {
    using stream = new Socket(AF_INET, SOCK_STREAM);
    using socket = new Socket(AF_INET, SOCK_DGRAM);
    const gone = new Socket(AF_INET, SOCK_DGRAM);
    gone.close();
    const cases: Array<[object, unknown]> = [
      [{}, RangeError],
      [{ family: 0 }, RangeError],
      [{ localAddress: ['127.0.0.1', 0] }, TypeError],
      [{ localAddress: '127.0.0.1' }, TypeError],
      [{ localAddress: null }, TypeError],
      [{ remoteAddress: { host: '127.0.0.1' } }, TypeError],
      [{ family: 'inet' }, TypeError],
      [{ localAddress: loopback, reusePort: 1 }, TypeError],
      [{ socket: stream }, RangeError],
      [{ socket, localAddress: loopback }, TypeError],
      [{ socket: {} }, TypeError],
    ];
    for (const [options, kind] of cases) {
      expect(() => createDatagramEndpoint(make, options), JSON.stringify(options)).toThrow(kind);
    }
    for (const missing of [undefined, null])
      expect(() => createDatagramEndpoint(make, missing as never)).toThrow(
        expect.objectContaining({
          name: 'RangeError',
          message: expect.stringMatching(
            /^createDatagramEndpoint: family: expected a family, a localAddress/,
          ) as string,
        }),
      );
    expect(() => createDatagramEndpoint(make, { socket: gone })).toThrow('the socket is closed');
    expect(() => createDatagramEndpoint(null as never, { family: AF_INET })).toThrow(TypeError);
  });

  it('different families are a RangeError, addresses in use an OSError, and no socket stays open', () =>
    run(async () => {
      const mixed = createDatagramEndpoint(make, { localAddress: loopback, remoteAddress: { path: '/x' } });
      await expect(mixed.then()).rejects.toThrow(/an address of the same family as localAddress/);
      const first = await createDatagramEndpoint(make, { localAddress: loopback });
      const again = createDatagramEndpoint(make, { localAddress: address(first.transport) });
      await expect(again.then()).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' });
      first.transport.close();
      await first.protocol.lost;
    }));

  it('SO_REUSEPORT and SO_BROADCAST are set only on request', () =>
    run(async () => {
      const plain = await createDatagramEndpoint(make, { localAddress: loopback });
      const both = await createDatagramEndpoint(make, {
        localAddress: loopback,
        reusePort: true,
        allowBroadcast: true,
      });
      const optionsOf = ({ transport }: { transport: DatagramTransport }): number[] =>
        [SO_REUSEPORT, SO_BROADCAST].map((option) => transport.getExtraInfo('socket')!.getsockopt(SOL_SOCKET, option));
      expect([optionsOf(plain), optionsOf(both)]).toEqual([
        [0, 0],
        [1, 1],
      ]);
      for (const { transport, protocol } of [plain, both]) {
        transport.close();
        await protocol.lost;
      }
    }));

  it('an error of connectionMade is thrown, and the socket is closed', () =>
    run(async () => {
      const [a, b] = socketpair(AF_UNIX, SOCK_DGRAM);
      const failing = (): Recorder =>
        Object.assign(make(), {
          connectionMade: () => {
            throw new Error('not today');
          },
        });
      await expect(createDatagramEndpoint(failing, { socket: a }).then()).rejects.toThrow('not today');
      await sleep(0);
      expect(a.fileno()).toBe(-1);
      b.close();
    }));

  it('a printed transport shows its descriptor and its buffer size', () =>
    run(function* () {
      const end = yield* createDatagramEndpoint(make, { localAddress: loopback });
      const socket = end.transport.getExtraInfo('socket')!;
      socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 8192);
      expect(String(end.transport)).toBe(`<DatagramTransport fd=${socket.fileno()} bufsize=0>`);
      expect(end.transport.getExtraInfo('peername')).toBeNull();
      expect(end.transport.getExtraInfo('colour', 'none')).toBe('none');
      expect(end.transport.getWriteBufferLimits()).toEqual({ low: 16_384, high: 65_536 });
      end.transport.close();
      end.transport.close();
      yield* turns(2);
      expect(end.protocol.lost.done()).toBe(true);
    }));
});
