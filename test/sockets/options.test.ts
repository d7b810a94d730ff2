import { describe, expect, it } from 'vitest';

import * as sockets from '../../lib/sockets/index.js';
import {
  AF_INET6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  IP_MULTICAST_TTL,
  SOCK_DGRAM,
  SOL_SOCKET,
  SO_ACCEPTCONN,
  SO_LINGER,
  SO_PEERCRED,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_TYPE,
  Socket,
  TCP_INFO,
  TCP_NODELAY,
  socketpair,
} from '../../lib/sockets/index.js';
import { tcpListener, tcpPair, udpSocket } from './connected-pairs.js';

describe('socket options', () => {
  it('take numbers and booleans and are returned as numbers', () => {
    using socket = new Socket();
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
    expect(socket.getsockopt(SOL_SOCKET, SO_REUSEADDR)).toBe(1);
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, false);
    expect(socket.getsockopt(SOL_SOCKET, SO_REUSEADDR)).toBe(0);
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
    expect(socket.getsockopt(IPPROTO_TCP, TCP_NODELAY)).not.toBe(0);
    socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 8192);
    expect(socket.getsockopt(SOL_SOCKET, SO_RCVBUF)).toBeGreaterThanOrEqual(8192);
    expect(socket.getsockopt(SOL_SOCKET, SO_TYPE)).toBe(socket.type);
    using datagrams = udpSocket();
    datagrams.setsockopt(IPPROTO_IP, IP_MULTICAST_TTL, 7);
    expect(datagrams.getsockopt(IPPROTO_IP, IP_MULTICAST_TTL)).toBe(7);
  });

  it('take and return structs as bytes', () => {
    using socket = new Socket();
    const linger = Buffer.from(new Int32Array([1, 30]).buffer);
    socket.setsockopt(SOL_SOCKET, SO_LINGER, linger);
    expect(socket.getsockopt(SOL_SOCKET, SO_LINGER, 8)).toEqual(linger);
    expect(socket.getsockopt(SOL_SOCKET, SO_LINGER, 100)).toHaveLength(8);
    expect(socket.getsockopt(SOL_SOCKET, SO_LINGER, 4)).toHaveLength(4);
  });

  it('report on the peer and the connection', () => {
    const [a, b] = socketpair();
    expect(a.getsockopt(SOL_SOCKET, SO_PEERCRED, 12).readInt32LE(0)).toBe(process.pid);
    a.close();
    b.close();
    using pair = tcpPair();
    expect(pair.client.getsockopt(IPPROTO_TCP, TCP_INFO, 1024).length).toBeGreaterThan(100);
    using listening = tcpListener();
    expect(listening.listener.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)).toBe(1);
  });

  it('a kernel receive timeout ends a blocking recv with EAGAIN', () => {
    const [a, b] = socketpair();
    a.setsockopt(SOL_SOCKET, SO_RCVTIMEO, Buffer.from(new BigInt64Array([0n, 5000n]).buffer));
    expect(() => a.recv(1)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    a.close();
    b.close();
  });

  it('a refusal of the kernel is an OSError', () => {
    using socket = new Socket();
    expect(() => {
      socket.setsockopt(SOL_SOCKET, 9999, 1);
    }).toThrow(expect.objectContaining({ code: 'ENOPROTOOPT', syscall: 'setsockopt' }));
    expect(() => socket.getsockopt(SOL_SOCKET, 9999)).toThrow(
      expect.objectContaining({ code: 'ENOPROTOOPT', syscall: 'getsockopt' }),
    );
    expect(() => {
      socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, Buffer.alloc(1));
    }).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('IPV6_V6ONLY lets both families use one port', () => {
    using listening = tcpListener();
    using socket = new Socket(AF_INET6, SOCK_DGRAM);
    socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, true);
    socket.bind({ host: '::', port: listening.address.port });
    expect(socket.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY)).toBe(1);
  });
});

it('every exported constant is a number', () => {
  const constants = Object.entries(sockets).filter(([name]) => /^[A-Z\d_]+$/.test(name));
  expect(constants.length).toBeGreaterThan(50);
  for (const [name, value] of constants) expect([name, typeof value]).toEqual([name, 'number']);
});

it('a constant that the addon lacks is an error that names it', async () => {
  const { nativeConstant } = await import('../../lib/sockets/native-constant.js');
  expect(() => nativeConstant('AF_NOTHING')).toThrow('AF_NOTHING');
  expect(() => nativeConstant('toString')).toThrow('toString');
});

it('the address families that are written out have the values of the system', async () => {
  const { nativeConstant } = await import('../../lib/sockets/native-constant.js');
  for (const name of ['AF_UNIX', 'AF_INET', 'AF_INET6'] as const) expect(nativeConstant(name)).toBe(sockets[name]);
});
