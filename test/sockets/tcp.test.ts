import { describe, expect, it } from 'vitest';

import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  Socket,
  type InetAddress,
} from '../../lib/sockets/index.js';
import { deadAddress, tcpListener, tcpPair } from './connected-pairs.js';

describe.each([
  ['IPv4', AF_INET, '127.0.0.1'],
  ['IPv6', AF_INET6, '::1'],
])('a TCP connection over %s', (_, family, host) => {
  it('is accepted with the address of its other end', () => {
    using listening = tcpListener(family);
    using client = new Socket(family);
    client.connect(listening.address);
    const { socket, address } = listening.listener.accept();
    using server = socket;
    expect(address).toEqual(client.getsockname());
    expect(server.getpeername()).toEqual(client.getsockname());
    expect(client.getpeername()).toEqual(listening.address);
    expect((address as InetAddress).host).toBe(host);
    expect([server.family, server.type]).toEqual([client.family, client.type]);
    expect([server.getBlocking(), server.getTimeout()]).toEqual([true, null]);
  });

  it('carries bytes both ways and ends with an empty buffer', () => {
    using pair = tcpPair(family);
    expect(pair.client.send(Buffer.from('ping'))).toBe(4);
    expect(pair.server.recv(100)).toEqual(Buffer.from('ping'));
    pair.server.sendAll(new Uint8Array([1, 2, 3]));
    expect(pair.client.recv(2)).toEqual(Buffer.from([1, 2]));
    expect(pair.client.recv(2)).toEqual(Buffer.from([3]));
    pair.server.shutdown('write');
    expect(pair.client.recv(100)).toHaveLength(0);
    expect(pair.client.send(Buffer.from('still'))).toBe(5);
    expect(pair.server.recv(100).toString()).toBe('still');
  });
});

describe('receiving on a TCP socket', () => {
  it('returns each buffer with its own bytes', () => {
    using pair = tcpPair();
    pair.client.send(Buffer.from('aaaabbbb'));
    const first = pair.server.recv(4);
    const second = pair.server.recv(4);
    expect([first.toString(), second.toString()]).toEqual(['aaaa', 'bbbb']);
  });

  it('with a view reads into the middle of a larger array', () => {
    using pair = tcpPair();
    pair.client.send(Buffer.from('xyz'));
    const memory = new Uint8Array(8);
    expect(pair.server.recvInto(memory.subarray(2, 4))).toBe(2);
    expect([...memory]).toEqual([0, 0, 120, 121, 0, 0, 0, 0]);
    expect(pair.server.recvInto(new Uint8Array(0))).toBe(0);
    expect(pair.server.recv(0)).toHaveLength(0);
    expect(pair.server.recv(5).toString()).toBe('z');
  });

  it('obeys MSG_PEEK, MSG_WAITALL, MSG_TRUNC and MSG_DONTWAIT', () => {
    using pair = tcpPair();
    pair.client.send(Buffer.from('hello'));
    expect(pair.server.recv(5, MSG_PEEK).toString()).toBe('hello');
    expect(pair.server.recv(5, MSG_WAITALL).toString()).toBe('hello');
    expect(() => pair.server.recv(5, MSG_DONTWAIT)).toThrow(
      expect.objectContaining({ code: 'EAGAIN', syscall: 'recv' }),
    );
    pair.client.send(Buffer.from('dropped'));
    expect(pair.server.recv(7, MSG_TRUNC)).toHaveLength(7);
  });

  it.each<[string, (socket: Socket, n: number) => Buffer]>([
    ['recv', (socket, n) => socket.recv(n, MSG_TRUNC)],
    ['recvFrom', (socket, n) => socket.recvFrom(n, MSG_TRUNC).data],
    ['recvMsg', (socket, n) => socket.recvMsg(n, { flags: MSG_TRUNC }).data],
  ])('with MSG_TRUNC discards bytes and returns no stale ones in their place (%s)', (_, receive) => {
    using other = tcpPair();
    using pair = tcpPair();
    other.client.send(Buffer.from('secret'));
    expect(other.server.recv(10).toString()).toBe('secret'); // and stays in the shared buffer
    pair.client.send(Buffer.from('dropped, kept'));
    expect(receive(pair.server, 9)).toEqual(Buffer.alloc(9));
    expect(pair.server.recv(10).toString()).toBe('kept');
  });

  it('with MSG_TRUNC into a buffer counts the discarded bytes and leaves the buffer unchanged', () => {
    using pair = tcpPair();
    const buffer = Buffer.from('own');
    pair.client.send(Buffer.from('abcd'));
    expect(pair.server.recvInto(buffer, MSG_TRUNC)).toBe(3);
    expect(buffer.toString()).toBe('own');
    expect(pair.server.recv(10).toString()).toBe('d');
  });

  it('accepts a huge length, and MSG_WAITALL beyond the shared buffer', () => {
    using pair = tcpPair();
    const data = Buffer.alloc(300 * 1024, 'abcdefg');
    pair.client.setBlocking(false);
    let sent = 0;
    const received: Buffer[] = [];
    while (sent < data.length) {
      sent += pair.client.send(data.subarray(sent));
      received.push(pair.server.recv(2 ** 31 - 1, MSG_DONTWAIT));
    }
    received.push(pair.server.recv(data.length - Buffer.concat(received).length, MSG_WAITALL));
    expect(Buffer.concat(received).equals(data)).toBe(true);
  });

  it('transfers a megabyte complete and in order', () => {
    using pair = tcpPair();
    pair.client.setBlocking(false);
    pair.server.setBlocking(false);
    const data = Buffer.alloc(1 << 20, 'the quick brown fox');
    const received: Buffer[] = [];
    for (let sent = 0, got = 0; got < data.length;) {
      const taken = pair.client.sendEx(data, sent, data.length - sent);
      if (taken > 0) sent += taken;
      const chunk = pair.server.recvEx(50_000);
      if (typeof chunk !== 'number') got += received.push(chunk) && chunk.length;
    }
    expect(Buffer.concat(received).equals(data)).toBe(true);
  });
});

describe('connecting a TCP socket', () => {
  it('to a port without a listener is refused with Node’s message', () => {
    const address = deadAddress();
    using client = new Socket();
    expect(() => {
      client.connect(address);
    }).toThrow(
      expect.objectContaining({
        name: 'OSError',
        message: `connect ECONNREFUSED 127.0.0.1:${address.port}`,
        code: 'ECONNREFUSED',
        errno: -111,
        syscall: 'connect',
        address: '127.0.0.1',
        port: address.port,
      }),
    );
  });

  it('with connectEx returns the errno that connect throws', () => {
    using client = new Socket();
    expect(client.connectEx(deadAddress())).toBe(-111);
    using listening = tcpListener();
    using other = new Socket();
    expect(other.connectEx(listening.address)).toBe(0);
    expect(other.connectEx(listening.address)).toBe(-106);
  });

  it('while non-blocking throws EINPROGRESS', () => {
    using listening = tcpListener();
    using client = new Socket();
    client.setBlocking(false);
    expect(() => {
      client.connect(listening.address);
    }).toThrow(expect.objectContaining({ code: 'EINPROGRESS' }));
    listening.listener.accept().socket.close();
  });

  it('a second listener on the port fails with EADDRINUSE and the address', () => {
    using listening = tcpListener();
    using second = new Socket();
    expect(() => {
      second.bind(listening.address);
    }).toThrow(`bind EADDRINUSE 127.0.0.1:${listening.address.port}`);
  });
});

describe('a socket whose peer is gone', () => {
  it('throws EPIPE or ECONNRESET when sending, and never raises SIGPIPE', () => {
    using pair = tcpPair();
    pair.server.close();
    expect(() => {
      for (let i = 0; i < 10; i++) pair.client.sendAll(Buffer.alloc(1 << 16));
    }).toThrow(expect.objectContaining({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) as string }));
    expect(() => pair.client.send(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  });

  it('or was never there throws ENOTCONN', () => {
    using socket = new Socket();
    expect(() => socket.getpeername()).toThrow(
      expect.objectContaining({
        code: 'ENOTCONN',
        message: expect.stringMatching(/^getpeername ENOTCONN: /) as string,
      }),
    );
    expect(() => {
      socket.shutdown('both');
    }).toThrow(expect.objectContaining({ code: 'ENOTCONN' }));
  });
});

describe('a non-blocking socket', () => {
  it('throws EAGAIN instead of waiting', () => {
    using listening = tcpListener();
    listening.listener.setBlocking(false);
    expect(() => listening.listener.accept()).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'accept' }));
    using pair = tcpPair();
    pair.client.setBlocking(false);
    expect(() => pair.client.recv(10)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'recv' }));
    expect(() => {
      for (;;) pair.client.sendAll(Buffer.alloc(1 << 20));
    }).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'send' }));
  });

  it('returns negative numbers from the Ex calls and builds no error', () => {
    using listening = tcpListener();
    listening.listener.setBlocking(false);
    expect(listening.listener.acceptEx()).toBe(-11);
    using client = new Socket();
    client.connect(listening.address);
    const accepted = listening.listener.acceptEx();
    if (typeof accepted === 'number') throw new Error('a connection was expected');
    using server = accepted.socket;
    expect(accepted.address).toEqual(client.getsockname());
    expect(server.getTimeout()).toBe(0);
    expect([server.recvEx(10), server.recvIntoEx(Buffer.alloc(4), 0, 4)]).toEqual([-11, -11]);
    expect(client.sendMsgEx([Buffer.from('a'), Buffer.from('bc')])).toBe(3);
    const buffer = Buffer.alloc(4);
    expect(server.recvIntoEx(buffer, 1, 3)).toBe(3);
    expect(buffer.toString('latin1')).toBe('\0abc');
    expect(() => server.recvIntoEx(buffer, 1, 4)).toThrow(RangeError);
    while (server.sendEx(Buffer.alloc(1 << 20), 0, 1 << 20) > 0);
    expect(server.sendEx(Buffer.alloc(1), 0, 1)).toBe(-11);
    client.close();
    expect([client.recvEx(1), client.sendEx(buffer, 0, 1), client.acceptEx(), client.sendMsgEx([])]).toEqual(
      Array(4).fill(-9),
    );
    expect([client.connectEx(listening.address), client.recvFromEx(1), client.recvIntoEx(buffer, 0, 1)]).toEqual(
      Array(3).fill(-9),
    );
  });
});
