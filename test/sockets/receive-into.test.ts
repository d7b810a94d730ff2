/** Receiving into the caller's buffers, and the size of a datagram that does not fit. */

import { readdirSync } from 'node:fs';

import { describe, expect, it, vi } from 'vitest';

import { native } from '../../lib/native/binding.js';
import {
  AF_UNIX,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_PEEK,
  MSG_TRUNC,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOL_SOCKET,
  SO_PASSCRED,
  Socket,
  ancillary,
  fd,
  pipe,
  socketpair,
} from '../../lib/sockets/index.js';
import { tcpPair, udpSocket } from './connected-pairs.js';

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

describe('the size of a datagram', () => {
  it('is known before it is received, and it stays', () => {
    using a = udpSocket();
    a.sendTo(Buffer.alloc(3000, 'x'), a.getsockname());
    const peek = MSG_PEEK | MSG_TRUNC;
    expect(a.recvFrom(0, peek)).toEqual({ data: Buffer.alloc(0), address: a.getsockname(), size: 3000 });
    expect(a.recvFromInto(Buffer.alloc(0), peek)).toMatchObject({ nbytes: 0, size: 3000 });
    expect(a.recvMsg(0, { flags: peek })).toMatchObject({ size: 3000, flags: MSG_TRUNC });
    expect(a.recvMsgInto([], { flags: peek })).toMatchObject({ nbytes: 0, size: 3000, flags: MSG_TRUNC });
    expect(a.recv(5000)).toHaveLength(3000);
  });

  it('is returned with the truncated bytes, by every call that has flags', () => {
    using a = udpSocket();
    const room = Buffer.alloc(4);
    const calls = [
      () => a.recvFrom(4, MSG_TRUNC).size,
      () => a.recvFromInto(room, MSG_TRUNC).size,
      () => a.recvMsg(4, { flags: MSG_TRUNC }).size,
      () => a.recvMsgInto([room.subarray(0, 1), room.subarray(1)], { flags: MSG_TRUNC }).size,
    ];
    for (const call of calls) {
      a.sendTo(Buffer.from('truncated'), a.getsockname());
      expect(call()).toBe(9);
    }
    expect(room.toString()).toBe('trun');
  });

  it('of a UNIX datagram too', () => {
    const [a, b] = socketpair(AF_UNIX, SOCK_SEQPACKET);
    using first = a;
    using second = b;
    first.send(Buffer.alloc(100));
    expect(second.recvMsg(1, { flags: MSG_TRUNC })).toMatchObject({ data: Buffer.alloc(1), size: 100 });
  });

  it('is absent without the flag', () => {
    using a = udpSocket();
    for (let i = 0; i < 2; i += 1) a.sendTo(Buffer.from('truncated'), a.getsockname());
    expect('size' in a.recvFrom(4)).toBe(false);
    expect('size' in a.recvMsg(4)).toBe(false);
  });
});

describe('recvFromInto', () => {
  it('fills the start of the buffer and returns the sender', () => {
    using a = udpSocket();
    using b = udpSocket();
    const buffer = Buffer.alloc(8, '.');
    for (const text of ['hello', '', 'a longer one']) a.sendTo(Buffer.from(text), b.getsockname());
    expect(b.recvFromInto(buffer)).toEqual({ nbytes: 5, address: a.getsockname() });
    expect(buffer.toString()).toBe('hello...');
    expect(b.recvFromInto(buffer)).toEqual({ nbytes: 0, address: a.getsockname() });
    expect(b.recvFromInto(buffer.subarray(4), MSG_PEEK)).toMatchObject({ nbytes: 4 });
    expect(b.recvFromInto(buffer)).toMatchObject({ nbytes: 8 });
    expect(buffer.toString()).toBe('a longer');
    expect(() => b.recvFromInto(buffer, MSG_DONTWAIT)).toThrow('recvfrom EAGAIN');
    b.setTimeout(5);
    expect(() => b.recvFromInto(buffer)).toThrow(expect.objectContaining({ name: 'TimeoutError' }));
  });

  it('works on a stream, without a sender, also with MSG_TRUNC', () => {
    using pair = tcpPair();
    const buffer = Buffer.alloc(3, '.');
    pair.client.send(Buffer.from('abcdef'));
    expect(pair.server.recvFromInto(buffer)).toEqual({ nbytes: 3, address: null });
    expect(pair.server.recvFromInto(buffer, MSG_TRUNC)).toEqual({ nbytes: 3, address: null, size: 3 });
    expect(buffer.toString()).toBe('abc'); // TCP discards the bytes
    pair.client.close();
    expect(pair.server.recvFromInto(buffer)).toEqual({ nbytes: 0, address: null });
  });
});

describe('recvMsgInto', () => {
  it('fills the buffers one after the other', () => {
    const [a, b] = socketpair();
    using first = a;
    using second = b;
    first.send(Buffer.from('abcdefg'));
    const memory = Buffer.alloc(8, '.');
    const buffers = [memory.subarray(0, 2), memory.subarray(2, 2), memory.subarray(3, 6)];
    expect(second.recvMsgInto(buffers)).toEqual({ nbytes: 5, address: { path: '' }, fds: [], flags: 0 });
    expect(memory.toString()).toBe('ab.cde..');
    expect(second.recvMsgInto(buffers)).toMatchObject({ nbytes: 2 });
    expect(memory.toString()).toBe('fg.cde..');
  });

  it('returns descriptors and control messages as recvMsg does', () => {
    const [a, b] = socketpair();
    using first = a;
    using second = b;
    second.setsockopt(SOL_SOCKET, SO_PASSCRED, true);
    const ends = pipe();
    const before = openDescriptors();
    first.sendMsg([Buffer.from('x')], { fds: [ends.read, ends.write, ends.read] });
    const message = second.recvMsgInto([Buffer.alloc(1)], { maxFds: 2, ancBufSize: 100 });
    expect([message.nbytes, message.fds.length, message.flags]).toEqual([1, 2, MSG_CTRUNC]);
    expect(ancillary.credentials.get(message.ancData)).toMatchObject({ pid: process.pid });
    fd.write(message.fds[1]!, Buffer.from('through'));
    expect(fd.read(ends.read, 10).toString()).toBe('through');
    for (const each of message.fds) fd.close(each);
    expect(openDescriptors()).toBe(before);
    fd.close(ends.read);
    fd.close(ends.write);
  });

  it('takes 1024 buffers, the most of one system call', () => {
    const [a, b] = socketpair(AF_UNIX, SOCK_DGRAM);
    using first = a;
    using second = b;
    first.send(Buffer.alloc(1100, 'x'));
    const buffers = Array.from({ length: 1024 }, () => Buffer.alloc(1));
    expect(second.recvMsgInto(buffers)).toMatchObject({ nbytes: 1024, flags: MSG_TRUNC });
    expect(Buffer.concat(buffers).toString()).toBe('x'.repeat(1024));
  });

  it('returns what was received ahead', () => {
    const [a, b] = socketpair();
    using _first = a;
    using second = b;
    second._keepAhead(Buffer.from('abcde'));
    const memory = Buffer.alloc(3);
    const buffers = [memory.subarray(0, 1), memory.subarray(1)];
    expect(second.recvMsgInto(buffers, { ancBufSize: 1 })).toEqual({
      nbytes: 3,
      address: null,
      fds: [],
      flags: 0,
      ancData: [],
    });
    expect(memory.toString()).toBe('abc');
    expect(second.recvFromInto(memory)).toEqual({ nbytes: 2, address: null });
    expect(memory.toString()).toBe('dec');
  });
});

it('what was received ahead is not taken for the error queue', () => {
  using pair = tcpPair();
  pair.server._keepAhead(Buffer.from('ahead'));
  const eagain: unknown = expect.objectContaining({ code: 'EAGAIN' });
  expect(() => pair.server.recv(10, MSG_ERRQUEUE)).toThrow(eagain);
  expect(() => pair.server.recvInto(Buffer.alloc(1), MSG_ERRQUEUE)).toThrow(eagain);
  expect(() => pair.server.recvMsg(10, { flags: MSG_ERRQUEUE })).toThrow(eagain);
  expect(pair.server.recv(10).toString()).toBe('ahead');
});

describe('descriptors that no caller gets', () => {
  it('are closed if the result of a receive cannot be made', () => {
    const [a, b] = socketpair();
    using first = a;
    using second = b;
    first.send(Buffer.from('x'));
    const before = openDescriptors();
    const receive = vi.spyOn(native, 'recvMsg').mockImplementation((...[, , , , , , message]) => {
      message.fds = [native.dup(1), native.dup(1)];
      message.control = Buffer.from([1]); // a record that is too short
      return 1;
    });
    expect(() => second.recvMsg(1, { ancBufSize: 100 })).toThrow(RangeError);
    receive.mockRestore();
    expect(openDescriptors()).toBe(before);
  });

  it('are closed if the addon cannot hand them over', () => {
    const [a, b] = socketpair();
    using first = a;
    using second = b;
    second.setsockopt(SOL_SOCKET, SO_PASSCRED, true);
    const before = openDescriptors();
    for (const field of ['family', 'flags', 'control', 'fds']) {
      first.sendMsg([Buffer.from('x')], { fds: [1] });
      const message = { [field]: 0 };
      Object.defineProperty(message, field, {
        set: () => {
          throw new Error(field);
        },
      });
      const receive = native.recvMsgInto as (...values: unknown[]) => number;
      expect(() => receive(second.fileno(), [Buffer.alloc(1)], 5, 0, message, 100)).toThrow(field);
      expect(openDescriptors()).toBe(before);
    }
  });

  it('are closed if the address of an accepted connection is unknown', () => {
    using listener = new Socket(AF_UNIX);
    listener.bind({ path: '' });
    listener.listen();
    using client = new Socket(AF_UNIX);
    client.connect(listener.getsockname());
    using unknown = new (class extends Socket {
      override readonly family = 9999;
    })();
    const before = openDescriptors();
    const accept = vi.spyOn(native, 'accept').mockImplementation((...[, , address]) => {
      address!.family = 0;
      return native.dup(1);
    });
    expect(() => unknown.accept()).toThrow(expect.objectContaining({ code: 'EAFNOSUPPORT', syscall: 'accept' }));
    accept.mockRestore();
    expect(openDescriptors()).toBe(before);
  });
});

it('the addon refuses control messages that are incomplete', () => {
  using socket = udpSocket();
  const send = (control: Uint8Array): number => native.sendMsg(socket.fileno(), [], [], 0, null, control);
  expect(send(Buffer.alloc(11))).toBe(-22);
  expect(send(Buffer.from(new Int32Array([0, 2, 5]).buffer))).toBe(-22);
  expect(send(Buffer.from(new Int32Array([0, 2, -1]).buffer))).toBe(-22);
  expect(() => native.sendMsg(socket.fileno(), [], [], 0, null, 'x' as never)).toThrow(
    'expected a Uint8Array for control',
  );
  const { recvMsg } = native;
  expect(() => recvMsg(socket.fileno(), Buffer.alloc(1), 0, 1, 0, 0, {} as never, 2 ** 21)).toThrow(RangeError);
});
