import { describe, expect, it } from 'vitest';

import { AF_INET, AF_INET6, SOCK_DGRAM, Socket } from '../../lib/sockets/index.js';
import { deadAddress, udpSocket } from './connected-pairs.js';

describe.each([
  ['IPv4', AF_INET],
  ['IPv6', AF_INET6],
])('datagrams over %s', (_, family) => {
  it('arrive whole, with the address of the sender', () => {
    using a = udpSocket(family);
    using b = udpSocket(family);
    expect(a.sendTo(Buffer.from('one'), b.getsockname())).toBe(3);
    expect(a.sendTo(Buffer.alloc(0), b.getsockname())).toBe(0);
    a.sendTo(Buffer.from('three'), b.getsockname());
    expect(b.recvFrom(100)).toEqual({ data: Buffer.from('one'), address: a.getsockname() });
    expect(b.recvFrom(100)).toEqual({ data: Buffer.alloc(0), address: a.getsockname() });
    expect(b.recvFrom(2)).toEqual({ data: Buffer.from('th'), address: a.getsockname() });
    b.setBlocking(false);
    expect(() => b.recvFrom(100)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'recvfrom' }));
    expect(b.recvFromEx(100)).toBe(-11);
    expect(a.sendToEx(Buffer.from('x'), b.getsockname())).toBe(1);
    expect(b.recvFromEx(100)).toEqual({ data: Buffer.from('x'), address: a.getsockname() });
  });
});

it('a connected UDP socket sends and receives without addresses', () => {
  using a = udpSocket();
  using b = udpSocket();
  a.connect(b.getsockname());
  a.send(Buffer.from('hello'));
  expect(b.recvFrom(10).address).toEqual(a.getsockname());
  b.sendTo(Buffer.from('back'), a.getsockname());
  expect(a.recv(10).toString()).toBe('back');
  a.sendAll(Buffer.alloc(0));
  expect(b.recv(10)).toHaveLength(0);
});

it('after a datagram to a port without a receiver, datagrams from live peers still arrive', () => {
  using a = udpSocket();
  using b = udpSocket();
  a.sendTo(Buffer.from('lost'), deadAddress());
  b.sendTo(Buffer.from('alive'), a.getsockname());
  expect(a.recvFrom(10).data.toString()).toBe('alive');
});

it('a connected socket gets ECONNREFUSED for a refused datagram', () => {
  using a = new Socket(AF_INET, SOCK_DGRAM);
  a.connect(deadAddress());
  a.send(Buffer.from('x'));
  a.setTimeout(5000);
  expect(() => a.recv(10)).toThrow(expect.objectContaining({ code: 'ECONNREFUSED', syscall: 'recv' }));
});

it('a datagram that is too long fails with EMSGSIZE and the address', () => {
  using a = udpSocket();
  expect(() => a.sendTo(Buffer.alloc(70_000), { host: '127.0.0.1', port: 9 })).toThrow('sendto EMSGSIZE 127.0.0.1:9');
});
