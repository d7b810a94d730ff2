/** Addresses of the families that are neither IP nor UNIX. */

import { readdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { emptyNativeAddress, fromNativeAddress, sameAddress, toNativeAddress } from '../../lib/sockets/address.js';
import {
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AF_VSOCK,
  NETLINK_ROUTE,
  type NetlinkAddress,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  Socket,
  type SocketAddress,
  VMADDR_CID_ANY,
  VMADDR_CID_LOCAL,
  VMADDR_PORT_ANY,
  type VsockAddress,
  ifNameToIndex,
} from '../../lib/sockets/index.js';

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

/** Runs with a new socket; returns the result, or the code of the error if the kernel or the rights do not allow such a socket. */
function withSocket(family: number, type: number, use: (socket: Socket) => unknown): unknown {
  let socket: Socket;
  try {
    socket = new Socket(family, type);
  } catch (error) {
    return (error as { code: string }).code;
  }
  try {
    return use(socket);
  } finally {
    socket.close();
  }
}

describe('a netlink socket', () => {
  it('has the address { pid, groups }, and talks to the kernel', () => {
    using socket = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    socket.bind({ pid: 0, groups: 0 });
    const own = socket.getsockname<NetlinkAddress>();
    expect(own.pid).toBeGreaterThan(0);
    expect(own.groups).toBe(0);
    // RTM_GETLINK of loopback: a header (length, type and flags, sequence, pid) and an ifinfomsg.
    const request = Buffer.alloc(32);
    new Uint32Array(request.buffer, request.byteOffset, 2).set([32, 18 | (1 << 16)]);
    new Uint32Array(request.buffer, request.byteOffset + 20, 1).set([ifNameToIndex('lo')]);
    expect(socket.sendTo(request, { pid: 0, groups: 0 })).toBe(32);
    const { data, address } = socket.recvFrom(65_536);
    expect(address).toEqual({ pid: 0, groups: 0 });
    expect(data.includes('lo\0')).toBe(true);
  });

  it('keeps the number that it was bound to', () => {
    using socket = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    const pid = 0xffff_0000 + (process.pid & 0xffff);
    socket.bind({ pid, groups: 1 });
    expect(socket.getsockname()).toEqual({ pid, groups: 1 });
  });
});

it('a vsock socket has the address { cid, port }, if the kernel has such sockets', () => {
  const name = withSocket(AF_VSOCK, SOCK_STREAM, (socket) => {
    socket.bind({ cid: VMADDR_CID_ANY, port: VMADDR_PORT_ANY });
    return socket.getsockname();
  });
  if (typeof name === 'string') expect(name).toBe('EAFNOSUPPORT');
  else {
    expect(name).toEqual({ cid: VMADDR_CID_ANY, port: expect.any(Number) as number });
    expect((name as { port: number }).port).toBeLessThan(VMADDR_PORT_ANY);
  }
});

it('a vsock connection within this machine transports bytes, or fails with a clear error: the kernel may lack vsock_loopback', () => {
  const before = openDescriptors();
  const outcome = withSocket(AF_VSOCK, SOCK_STREAM, (listener) => {
    listener.bind({ cid: VMADDR_CID_ANY, port: VMADDR_PORT_ANY });
    listener.listen();
    const { port } = listener.getsockname<VsockAddress>();
    using client = new Socket(AF_VSOCK, SOCK_STREAM);
    client.setTimeout(100);
    try {
      client.connect({ cid: VMADDR_CID_LOCAL, port });
    } catch (error) {
      return error;
    }
    const accepted = listener.accept();
    using served = accepted.socket;
    expect(accepted.address).toEqual(client.getsockname());
    expect(client.getpeername()).toEqual({ cid: VMADDR_CID_LOCAL, port });
    client.sendAll(Buffer.from('ping'));
    return String(served.recv(10));
  });
  if (outcome instanceof Error) {
    const codes = 'ENODEV|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|EADDRNOTAVAIL|ENETUNREACH';
    expect(outcome.message).toMatch(new RegExp(`^connect (timed out after 100 ms|(${codes}) 1:\\d+)$`));
  } else expect(['ping', 'EAFNOSUPPORT']).toContain(outcome);
  expect(openDescriptors()).toBe(before);
});

it('a packet socket has the address { family, data }, or needs privileges', () => {
  const index = ifNameToIndex('lo');
  const data = Buffer.alloc(18); // protocol, index, and no link-layer address
  new Int32Array(data.buffer, data.byteOffset + (data.byteOffset % 4 === 0 ? 0 : 2), 1);
  data.set(new Uint8Array(new Int32Array([index]).buffer), 2);
  const name = withSocket(AF_PACKET, SOCK_DGRAM, (socket) => {
    socket.bind({ family: AF_PACKET, data });
    return socket.getsockname();
  });
  if (typeof name === 'string') expect(name).toBe('EPERM');
  else {
    const bound = name as { family: number; data: Buffer };
    expect(bound.family).toBe(AF_PACKET);
    expect(bound.data.subarray(2, 6)).toEqual(data.subarray(2, 6));
  }
});

describe('addresses', () => {
  const kinds: Array<[number, SocketAddress]> = [
    [AF_VSOCK, { cid: 3, port: 0xffff_fffe }],
    [AF_NETLINK, { pid: 0xffff_ffff, groups: 0x8000_0001 }],
    [AF_PACKET, { family: AF_PACKET, data: Buffer.from([0, 1, 0xff, 0x80, 0]) }],
    [AF_UNIX, { path: '/tmp/x' }],
    [AF_INET6, { host: '::1', port: 5, flowInfo: 0, scopeId: 0 }],
  ];

  it('survive the conversion to the form of the addon and back', () => {
    for (const [family, address] of kinds) {
      expect(fromNativeAddress({ ...toNativeAddress(address, family) }, family)).toEqual(address);
    }
  });

  it('are equal to themselves only', () => {
    for (const [, a] of kinds) {
      for (const [, b] of kinds) expect(sameAddress(a, { ...b })).toBe(a === b);
    }
    expect(sameAddress({ cid: 1, port: 2 }, { cid: 1, port: 3 })).toBe(false);
    expect(sameAddress({ host: '::1', port: 2 }, { host: '::1', port: 2, scopeId: 1 })).toBe(true);
  });

  it('that the kernel has cut are returned as bytes', () => {
    const cut = { ...emptyNativeAddress(), family: AF_VSOCK, path: '\x01\xff' };
    expect(fromNativeAddress(cut, AF_VSOCK)).toEqual({ family: AF_VSOCK, data: Buffer.from([1, 0xff]) });
    expect(fromNativeAddress(emptyNativeAddress(), AF_VSOCK)).toBeNull();
  });

  it.each<[string, number, unknown, typeof TypeError | typeof RangeError, string]>([
    ['a host for vsock', AF_VSOCK, { host: '', port: 1 }, TypeError, 'address: expected { cid, port }'],
    ['nothing for vsock', AF_VSOCK, undefined, TypeError, 'address: expected { cid, port }'],
    ['a named cid', AF_VSOCK, { cid: 'host', port: 1 }, TypeError, 'address.cid: expected an integer from 0'],
    ['a port of 33 bits', AF_VSOCK, { cid: 1, port: 2 ** 32 }, RangeError, 'address.port: '],
    ['null for netlink', AF_NETLINK, null, TypeError, 'address: expected { pid, groups } for an AF_NETLINK socket'],
    ['a negative pid', AF_NETLINK, { pid: -1 }, RangeError, 'address.pid: '],
    ['a fraction for groups', AF_NETLINK, { pid: 1, groups: 0.5 }, RangeError, 'address.groups: '],
    ['a path for a packet socket', AF_PACKET, { path: '/' }, TypeError, 'address: expected { family, data }'],
    ['another family', AF_PACKET, { family: 1, data: Buffer.alloc(1) }, RangeError, 'address.family: expected 17'],
    ['no bytes', AF_PACKET, { family: AF_PACKET, data: Buffer.alloc(0) }, RangeError, 'address.data: '],
    ['too many bytes', AF_PACKET, { family: AF_PACKET, data: Buffer.alloc(127) }, RangeError, 'address.data: '],
  ])('are rejected if they are %s', (_, family, address, errorClass, message) => {
    const convert = (): unknown => toNativeAddress(address as SocketAddress, family);
    expect(convert).toThrow(errorClass);
    expect(convert).toThrow(message);
  });
});

it('a wrong address leaves no descriptor open', () => {
  const before = openDescriptors();
  for (let i = 0; i < 3; i += 1) {
    using socket = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    expect(() => {
      socket.connect({ host: '127.0.0.1', port: 1 });
    }).toThrow(TypeError);
    expect(() => socket.accept()).toThrow('accept ENOTSUP');
    expect(() => socket.getpeername()).not.toThrow();
  }
  expect(openDescriptors()).toBe(before);
});
