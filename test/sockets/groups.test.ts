/** Multicast groups, on the loopback interface. */

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_JOIN_GROUP,
  IPV6_LEAVE_GROUP,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_IF,
  type InetAddress,
  SOCK_DGRAM,
  Socket,
  ifIndexToName,
  ifNameIndex,
  ifNameToIndex,
} from '../../lib/sockets/index.js';

const group = '239.1.2.3';
const index = ifNameToIndex('lo');

function socketOf(family: number): Socket {
  const socket = new Socket(family, SOCK_DGRAM);
  socket.bind({ host: '', port: 0 });
  socket.setBlocking(false);
  return socket;
}

/** Sends a datagram to an IPv4 group over loopback. */
function sendTo(host: string, { port }: InetAddress): void {
  using sender = new Socket(AF_INET, SOCK_DGRAM);
  sender.bind({ host: '127.0.0.1', port: 0 });
  sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, ...indexBytes]));
  sender.sendTo(Buffer.from('x'), { host, port });
}
const indexBytes = new Uint8Array(new Int32Array([index]).buffer);

/** True if this host has joined an IPv6 group on loopback: the lines of this file have an index, a name and a group in hexadecimal. */
function isMember(hexadecimal: string): boolean {
  return readFileSync('/proc/net/igmp6', 'utf8')
    .split('\n')
    .some((line) => line.split(/\s+/).includes(hexadecimal) && line.split(/\s+/).includes('lo'));
}

describe('an IPv4 group', () => {
  it.each([
    ['the name of an interface', 'lo'],
    ['its index', index],
  ])('is joined with %s, and left', (_, on) => {
    using receiver = socketOf(AF_INET);
    const address = receiver.getsockname() as InetAddress;
    sendTo(group, address);
    expect(() => receiver.recv(10)).toThrow('EAGAIN');
    receiver.joinGroup(group, { interface: on });
    sendTo(group, address);
    expect(receiver.recv(10).toString()).toBe('x');
    receiver.leaveGroup(group, { interface: on });
    sendTo(group, address);
    expect(() => receiver.recv(10)).toThrow('EAGAIN');
  });

  it('is joined for one sender only, with a source', () => {
    const specific = '232.1.2.3';
    using receiver = socketOf(AF_INET);
    const address = receiver.getsockname() as InetAddress;
    receiver.joinGroup(specific, { interface: 'lo', source: '127.0.0.9' });
    sendTo(specific, address); // from 127.0.0.1
    expect(() => receiver.recv(10)).toThrow('EAGAIN');
    receiver.leaveGroup(specific, { interface: 'lo', source: '127.0.0.9' });
    receiver.joinGroup(specific, { interface: 'lo', source: '127.0.0.1' });
    sendTo(specific, address);
    expect(receiver.recv(10).toString()).toBe('x');
  });

  it('is the one of the option IP_ADD_MEMBERSHIP', () => {
    using receiver = socketOf(AF_INET);
    const request = Buffer.concat([Buffer.from(group.split('.').map(Number)), Buffer.alloc(4), indexBytes]);
    receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, request);
    expect(() => receiver.joinGroup(group, { interface: 'lo' })).toThrow('EADDRINUSE');
    receiver.leaveGroup(group, { interface: 'lo' });
    expect(() => receiver.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, request)).toThrow('EADDRNOTAVAIL');
  });
});

describe('an IPv6 group', () => {
  it('is joined with an interface or a zone, and left', () => {
    using receiver = socketOf(AF_INET6);
    const hexadecimal = 'ff020000000000000000000000005e1f';
    expect(isMember(hexadecimal)).toBe(false);
    receiver.joinGroup('ff02::5e1f', { interface: 'lo' });
    expect(isMember(hexadecimal)).toBe(true);
    receiver.leaveGroup('ff02::5e1f%lo');
    expect(isMember(hexadecimal)).toBe(false);
    receiver.joinGroup('ff02::5e1f%lo', { source: '::1' });
    expect(isMember(hexadecimal)).toBe(true);
    receiver.close();
    expect(isMember(hexadecimal)).toBe(false);
  });

  it('is the one of the option IPV6_JOIN_GROUP', () => {
    using receiver = socketOf(AF_INET6);
    const request = Buffer.concat([Buffer.from('ff020000000000000000000000005e2f', 'hex'), indexBytes]);
    receiver.setsockopt(IPPROTO_IPV6, IPV6_JOIN_GROUP, request);
    expect(() => receiver.joinGroup('ff02::5e2f%lo')).toThrow('EADDRINUSE');
    receiver.setsockopt(IPPROTO_IPV6, IPV6_LEAVE_GROUP, request);
    receiver.joinGroup('ff02::5e2f%lo');
  });
});

describe('joinGroup and leaveGroup', () => {
  const failure = (code: string, address?: string): unknown =>
    expect.objectContaining({
      name: 'OSError',
      code,
      syscall: 'setsockopt',
      ...(address === undefined ? {} : { address }),
    });

  it('report what the kernel refuses', () => {
    using socket = socketOf(AF_INET);
    expect(() => socket.joinGroup('127.0.0.1', { interface: 'lo' })).toThrow(failure('EINVAL', '127.0.0.1'));
    expect(() => socket.leaveGroup(group, { interface: 'lo' })).toThrow(failure('EADDRNOTAVAIL', group));
    expect(() => socket.joinGroup(group, { interface: 2 ** 31 - 1 })).toThrow(failure('ENODEV'));
    expect(() => socket.joinGroup(group, { interface: 'no-such-if' })).toThrow(
      expect.objectContaining({ code: 'ENODEV', syscall: 'if_nametoindex' }),
    );
  });

  it('are for IP sockets', () => {
    using socket = new Socket(AF_UNIX, SOCK_DGRAM);
    expect(() => socket.joinGroup(group)).toThrow(failure('ENOTSUP'));
  });
});

describe('network interfaces', () => {
  it('have names and indexes, which lead to each other', () => {
    const interfaces = ifNameIndex();
    expect(interfaces).toContainEqual({ index, name: 'lo' });
    for (const each of interfaces) {
      expect(ifNameToIndex(each.name)).toBe(each.index);
      expect(ifIndexToName(each.index)).toBe(each.name);
    }
  });

  it('that do not exist are an OSError', () => {
    for (const name of ['no-such-if', '', 'lo\0', 'x'.repeat(1000)]) {
      expect(() => ifNameToIndex(name)).toThrow(
        expect.objectContaining({ code: 'ENODEV', syscall: 'if_nametoindex', address: name }),
      );
    }
    for (const none of [0, 2 ** 31 - 1]) {
      expect(() => ifIndexToName(none)).toThrow(expect.objectContaining({ code: 'ENXIO', syscall: 'if_indextoname' }));
    }
    expect(() => ifNameToIndex(1 as never)).toThrow(TypeError);
    expect(() => ifIndexToName('1' as never)).toThrow(TypeError);
    expect(() => ifIndexToName(-1)).toThrow(RangeError);
  });
});
