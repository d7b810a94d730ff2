import { describe, expect, it } from 'vitest';

import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
  type Address,
  ifNameToIndex,
  type InetAddress,
} from '../../lib/sockets/index.js';

const bindError = (family: number, address: unknown): unknown => {
  using socket = new Socket(family, SOCK_STREAM);
  try {
    socket.bind(address as Address);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('an address for an AF_INET socket', () => {
  it('with an empty host is 0.0.0.0, and port 0 selects a free port', () => {
    using socket = new Socket();
    socket.bind({ host: '', port: 0 });
    const address = socket.getsockname() as InetAddress;
    expect(address.host).toBe('0.0.0.0');
    expect(address.port).toBeGreaterThan(0);
  });

  it.each(['localhost', 'example.com', '::1', '127.1', '127.0.0.1 ', '127.0.0.1\0', '999.0.0.1'])(
    'rejects the host %j and says to resolve names',
    (host) => {
      const error = bindError(AF_INET, { host, port: 0 });
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(
        /address\.host: expected a numeric IPv4 address .*getaddrinfo.*sockConnect.*, got "/,
      );
    },
  );

  it('is checked again after another host was used', () => {
    expect(bindError(AF_INET, { host: '127.0.0.1', port: 0 })).toBeUndefined();
    expect(bindError(AF_INET, { host: 'localhost', port: 0 })).toBeInstanceOf(TypeError);
    expect(bindError(AF_INET, { host: 'localhost', port: 0 })).toBeInstanceOf(TypeError);
    expect(bindError(AF_INET6, { host: '127.0.0.1', port: 0 })).toBeInstanceOf(TypeError);
  });

  it.each([-1, 65_536, 1.5, NaN, Infinity])('rejects the port %d with a RangeError', (port) => {
    const error = bindError(AF_INET, { host: '127.0.0.1', port });
    expect(error).toBeInstanceOf(RangeError);
    expect(String(error)).toContain(`address.port: expected an integer from 0 to 65535, got ${port}`);
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['text', '127.0.0.1'],
    ['an array', ['127.0.0.1', 80]],
    ['a UNIX address', { path: '/tmp/x' }],
    ['an empty object', {}],
    ['a host that is a number', { host: 5, port: 1 }],
    ['a port that is text', { host: '127.0.0.1', port: '80' }],
    ['no port', { host: '127.0.0.1' }],
    ['a scope that is text', { host: '127.0.0.1', port: 0, scopeId: 'eth0' }],
  ])('rejects %s with a TypeError', (_, address) => {
    const error = bindError(AF_INET, address);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/^TypeError: address[.\w]*: expected .*, got /);
  });
});

describe('an address for an AF_INET6 socket', () => {
  it('is returned with its flow and scope', () => {
    using socket = new Socket(AF_INET6, SOCK_DGRAM);
    socket.bind({ host: '::1', port: 0 });
    expect(socket.getsockname()).toEqual({ host: '::1', port: expect.any(Number) as number, flowInfo: 0, scopeId: 0 });
  });

  it('with an empty host is ::', () => {
    using socket = new Socket(AF_INET6, SOCK_DGRAM);
    socket.bind({ host: '', port: 0 });
    expect(socket.getsockname()).toMatchObject({ host: '::' });
  });

  it('takes a zone in the host, by name or by number, as the scopeId', () => {
    const index = ifNameToIndex('lo');
    for (const host of ['ff02::1%lo', `ff02::1%${index}`]) {
      using socket = new Socket(AF_INET6, SOCK_DGRAM);
      socket.bind({ host, port: 0 });
      expect(socket.getsockname()).toMatchObject({ host: 'ff02::1', scopeId: index });
    }
    // No interface has these addresses. Without the zone, the kernel would refuse the call with EINVAL.
    expect(bindError(AF_INET6, { host: 'fe80::1', port: 0 })).toMatchObject({ code: 'EINVAL' });
    expect(bindError(AF_INET6, { host: 'fe80::1%lo', port: 0 })).toMatchObject({ code: 'EADDRNOTAVAIL' });
    using client = new Socket(AF_INET6, SOCK_DGRAM);
    expect(() => {
      client.connect({ host: 'fe80::1%lo', port: 9 });
    }).toThrow(expect.objectContaining({ code: 'ENETUNREACH', address: 'fe80::1%lo' }));
    expect(() => client.sendTo(Buffer.from('x'), { host: 'fe80::1%lo', port: 9 })).toThrow('ENETUNREACH');
  });

  it('accepts a zone beside the same scopeId, and rejects another one', () => {
    const scopeId = ifNameToIndex('lo');
    expect(bindError(AF_INET6, { host: 'fe80::1%lo', port: 0, scopeId })).toMatchObject({ code: 'EADDRNOTAVAIL' });
    const error = bindError(AF_INET6, { host: 'fe80::1%lo', port: 0, scopeId: scopeId + 1 });
    expect(error).toBeInstanceOf(RangeError);
    expect(String(error)).toContain(`address.scopeId: expected ${scopeId}, the zone of the host, or none`);
  });

  it.each(['fe80::1%no-such-if', 'fe80::1%', 'fe80::1%lo\0x', 'fe80::1%99999999999'])(
    'reports the zone of %j as ENODEV, and forgets it',
    (host) => {
      expect(bindError(AF_INET6, { host, port: 0 })).toMatchObject({
        name: 'OSError',
        code: 'ENODEV',
        syscall: 'if_nametoindex',
        address: host,
      });
      expect(bindError(AF_INET6, { host: '::1', port: 0 })).toBeUndefined();
    },
  );

  it('has no zone for IPv4, nor without a numeric address', () => {
    expect(bindError(AF_INET, { host: '127.0.0.1%lo', port: 0 })).toBeInstanceOf(TypeError);
    expect(bindError(AF_INET6, { host: 'localhost%lo', port: 0 })).toBeInstanceOf(TypeError);
    expect(bindError(AF_INET6, { host: '%lo', port: 0 })).toBeInstanceOf(TypeError);
  });

  it('rejects a scopeId that is not an integer >= 0', () => {
    expect(bindError(AF_INET6, { host: '::1', port: 0, scopeId: -1 })).toBeInstanceOf(RangeError);
    expect(bindError(AF_INET6, { host: '::1', port: 0, flowInfo: 1.5 })).toBeInstanceOf(RangeError);
  });
});

describe('an address for an AF_UNIX socket', () => {
  it('may be an abstract name of up to 107 arbitrary bytes after the zero', () => {
    for (const path of [`\0selectloop-${process.pid}`, `\0${`${process.pid}`.padEnd(107, 'x')}`]) {
      using socket = new Socket(AF_UNIX, SOCK_STREAM);
      socket.bind({ path });
      expect(socket.getsockname()).toEqual({ path });
    }
  });

  it('with an empty path gets an abstract name from the kernel', () => {
    using socket = new Socket(AF_UNIX, SOCK_STREAM);
    expect(socket.getsockname()).toEqual({ path: '' });
    socket.bind({ path: '' });
    expect(socket.getsockname()).toEqual({ path: expect.stringMatching(/^\0[\da-f]{5}$/) as string });
  });

  it('rejects a path that is too long or has a zero byte inside with a RangeError', () => {
    expect(bindError(AF_UNIX, { path: `/tmp/${'x'.repeat(103)}` })).toBeInstanceOf(RangeError);
    expect(bindError(AF_UNIX, { path: 'ä'.repeat(54) })).toBeInstanceOf(RangeError);
    expect(bindError(AF_UNIX, { path: `\0${'x'.repeat(108)}` })).toBeInstanceOf(RangeError);
    expect(bindError(AF_UNIX, { path: '/tmp/a\0b' })).toBeInstanceOf(RangeError);
  });

  it.each([[{ host: '127.0.0.1', port: 1 }], [{ path: 5 }], [null], ['/tmp/x']])('rejects %j', (address) => {
    expect(bindError(AF_UNIX, address)).toBeInstanceOf(TypeError);
  });
});
