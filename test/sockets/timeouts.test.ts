/** Blocking, non-blocking, and with a timeout. Times are only checked not to be early. */

import { describe, expect, it } from 'vitest';

import {
  AF_INET,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  Socket,
  socketpair,
} from '../../lib/sockets/index.js';
import { tcpListener, udpSocket } from './connected-pairs.js';

const timedOut = (syscall: string, timeoutMs: number): unknown =>
  expect.objectContaining({
    name: 'TimeoutError',
    code: 'ETIMEDOUT',
    message: `${syscall} timed out after ${timeoutMs} ms`,
  });

const elapsedOf = (action: () => void): number => {
  const start = performance.now();
  action();
  return performance.now() - start;
};

describe('the mode of a socket', () => {
  it('is blocking at first; non-blocking is the timeout 0', () => {
    using socket = new Socket();
    expect([socket.getBlocking(), socket.getTimeout()]).toEqual([true, null]);
    socket.setBlocking(false);
    expect([socket.getBlocking(), socket.getTimeout()]).toEqual([false, 0]);
    socket.setTimeout(2.5);
    expect([socket.getBlocking(), socket.getTimeout()]).toEqual([true, 2.5]);
    socket.setTimeout(null);
    expect([socket.getBlocking(), socket.getTimeout()]).toEqual([true, null]);
    socket.setTimeout(Infinity);
    expect(socket.getTimeout()).toBeNull();
    socket.setTimeout(0);
    expect(socket.getBlocking()).toBe(false);
    socket.setBlocking(true);
    expect(socket.getTimeout()).toBeNull();
  });

  it('is non-blocking from the start with SOCK_NONBLOCK', () => {
    using socket = new Socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    expect([socket.type, socket.getTimeout()]).toEqual([SOCK_STREAM, 0]);
  });

  it('is read from the kernel by fromFd and copied by dup', () => {
    const original = new Socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK);
    using socket = Socket.fromFd(original.detach());
    expect(socket.getTimeout()).toBe(0);
    socket.setTimeout(30);
    using copy = socket.dup();
    expect(copy.getTimeout()).toBe(30);
    socket.setTimeout(40);
    expect(copy.getTimeout()).toBe(30); // a copy, which does not follow
    socket.setBlocking(true);
    using other = Socket.fromFd(socket.detach());
    expect(other.getTimeout()).toBeNull();
  });

  it.each([-1, -0.001, NaN, -Infinity])('rejects the timeout %d with a RangeError', (timeoutMs) => {
    using socket = new Socket();
    expect(() => {
      socket.setTimeout(timeoutMs);
    }).toThrow(RangeError);
  });

  it.each(['5', undefined, {}, true])('rejects the timeout %j with a TypeError', (timeoutMs) => {
    using socket = new Socket();
    expect(() => {
      socket.setTimeout(timeoutMs as unknown as number);
    }).toThrow(/timeoutMs: expected milliseconds >= 0, or null for no limit, got /);
  });
});

describe('a call on a socket with a timeout', () => {
  it('waits that long, then throws TimeoutError: recv, recvInto, recvMsg', () => {
    const [a, b] = socketpair();
    using socket = a;
    using _peer = b;
    socket.setTimeout(12);
    for (const [syscall, call] of [
      ['recv', () => socket.recv(1)],
      ['recv', () => socket.recvInto(new Uint8Array(1))],
      ['recvmsg', () => socket.recvMsg(1)],
      ['recvfrom', () => socket.recvFrom(1)],
    ] as const) {
      expect(elapsedOf(() => expect(call).toThrow(timedOut(syscall, 12) as Error))).toBeGreaterThanOrEqual(12);
    }
  });

  it('waits that long in accept and recvFrom', () => {
    using listening = tcpListener();
    listening.listener.setTimeout(5);
    expect(() => listening.listener.accept()).toThrow(timedOut('accept', 5));
    using datagrams = udpSocket();
    datagrams.setTimeout(5);
    expect(() => datagrams.recvFrom(1)).toThrow(timedOut('recvfrom', 5));
  });

  it('sendAll waits that long for all of its bytes together', () => {
    const [a, b] = socketpair();
    using socket = a;
    using _peer = b;
    socket.setTimeout(12);
    const send = (): void => {
      socket.sendAll(Buffer.alloc(50_000_000));
    };
    expect(elapsedOf(() => expect(send).toThrow(timedOut('send', 12) as Error))).toBeGreaterThanOrEqual(12);
  });

  it('waits that long in connect, and connectEx then returns -EAGAIN', () => {
    using listener = new Socket();
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen(0);
    // A full backlog drops further connections, so the connects after it hang.
    const fillers = Array.from({ length: 4 }, () => new Socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK));
    for (const filler of fillers) filler.connectEx(listener.getsockname());
    using client = new Socket();
    client.setTimeout(12);
    const connect = (): void => {
      client.connect(listener.getsockname());
    };
    expect(elapsedOf(() => expect(connect).toThrow(timedOut('connect', 12) as Error))).toBeGreaterThanOrEqual(12);
    using other = new Socket();
    other.setTimeout(5);
    expect(other.connectEx(listener.getsockname())).toBe(-11);
    for (const filler of fillers) filler.close();
  });

  it('returns immediately when it can', () => {
    using listening = tcpListener();
    listening.listener.setTimeout(60_000);
    using client = new Socket();
    client.setTimeout(60_000);
    client.connect(listening.address);
    const { socket } = listening.listener.accept();
    using server = socket;
    expect(server.getTimeout()).toBeNull();
    server.setTimeout(60_000);
    client.sendAll(Buffer.from('x'));
    expect(server.recv(1).toString()).toBe('x');
    client.close();
    expect(server.recv(1)).toHaveLength(0);
  });

  it("connect throws the kernel's error when it is refused", () => {
    using dead = new Socket();
    dead.bind({ host: '127.0.0.1', port: 0 });
    using client = new Socket();
    client.setTimeout(5000);
    expect(() => {
      client.connect(dead.getsockname());
    }).toThrow(expect.objectContaining({ name: 'OSError', code: 'ECONNREFUSED' }));
  });
});

describe('a time limit of the kernel', () => {
  /** 50 ms, as a struct timeval. */
  const limit = Buffer.alloc(16);
  limit.writeBigInt64LE(50_000n, 8);

  it('SO_SNDTIMEO ends a blocking connect with EINPROGRESS', () => {
    using listener = new Socket();
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen(0);
    const others = [1, 2, 3].map(() => new Socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK));
    for (const other of others) other.connectEx(listener.getsockname()); // fills the backlog
    using client = new Socket();
    client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, limit);
    const start = performance.now();
    expect(() => {
      client.connect(listener.getsockname());
    }).toThrow(expect.objectContaining({ code: 'EINPROGRESS', syscall: 'connect' }) as Error);
    expect(performance.now() - start).toBeGreaterThan(45);
    for (const other of others) other.close();
  });

  it('SO_RCVTIMEO ends a blocking receive with EAGAIN', () => {
    const [a, b] = socketpair();
    a.setsockopt(SOL_SOCKET, SO_RCVTIMEO, limit);
    for (const call of [() => a.recv(1), () => a.recvFrom(1), () => a.recvMsg(1)]) expect(call).toThrow('EAGAIN');
    a.close();
    b.close();
  });
});
