/** The simulated binding beside the addon: what does not depend on a program. */

import { describe, expect, it } from 'vitest';

import { native } from '../../lib/native/binding.js';
import type { NativeAddress, NativeBinding } from '../../lib/native/contract.js';
import { ENOSYS } from '../../lib/simulation/kernel/errno.js';
import { useChecks } from '../../lib/simulation/kernel/checks.js';
import type { UnixStream } from '../../lib/simulation/kernel/unix/stream.js';
import {
  AF_INET,
  AF_UNIX,
  SOCK_DGRAM,
  SOCK_STREAM,
  bytes,
  inet,
  recv,
  send,
  simulated,
  socketpair,
} from './machine.js';

const empty = inet('', 0);
const ADDRESSES: readonly NativeAddress[] = [
  inet('127.0.0.1', 80),
  inet('0.0.0.0', 0),
  inet('01.2.3.4', 1),
  inet('1.2.3', 1),
  inet('1.2.3.256', 1),
  ...[
    '::',
    '::1',
    '1::',
    'fe80::1:2',
    '1:0:0:2:0:0:0:3',
    '1:0:2:0:3:0:4:0',
    '::ffff:1.2.3.4',
    '::1.2.3.4',
    '::ffff:0',
  ].map((host) => ({ ...empty, family: 10, host, port: 65_535, flowInfo: 5, scopeId: 7 })),
  ...['1:2', ':::', '1::2::3', 'g::', '12345::', '::1.2.3', '1.2.3.4', ''].map((host) => ({
    ...empty,
    family: 10,
    host,
  })),
  ...['', '/tmp/a', '\0name', '\0', '/a\0b', 'x'.repeat(107), 'x'.repeat(108), `\0${'x'.repeat(107)}`].map((path) => ({
    ...empty,
    family: AF_UNIX,
    path,
  })),
  { ...empty, family: 16, path: 'abcdefghij' },
  { ...empty, family: 16, path: '' },
];

/** Functions that return a descriptor to write to and one to read from. */
const CONNECTIONS: Readonly<Record<string, (calls: NativeBinding) => [number, number]>> = {
  'UNIX stream': (calls) => socketpair(calls, SOCK_STREAM),
  'UNIX datagrams': (calls) => socketpair(calls, SOCK_DGRAM),
  'UNIX sequenced packets': (calls) => socketpair(calls, 5),
  pipe: (calls) => {
    const pair = new Int32Array(2);
    calls.pipe(pair);
    return [pair[1]!, pair[0]!];
  },
  TCP: (calls) => {
    const server = calls.socket(AF_INET, SOCK_STREAM, 0);
    calls.bind(server, inet('127.0.0.1', 80));
    calls.listen(server, 1);
    const client = calls.socket(AF_INET, SOCK_STREAM, 0);
    calls.connect(client, inet('127.0.0.1', 80));
    return [client, calls.accept(server, false, null)];
  },
  UDP: (calls) => {
    const [a, b] = [calls.socket(AF_INET, SOCK_DGRAM, 0), calls.socket(AF_INET, SOCK_DGRAM, 0)];
    calls.bind(a, inet('127.0.0.1', 53));
    calls.connect(b, inet('127.0.0.1', 53));
    return [b, a];
  },
};

describe('the simulated binding', () => {
  it('has every function and class of the addon', () => {
    const { calls } = simulated();
    const kindOf = (binding: object): string[] =>
      Object.entries(binding)
        .map(([name, value]) => `${name}: ${typeof value}`)
        .sort();
    expect(kindOf(calls)).toEqual(expect.arrayContaining(kindOf(native)));
  });

  it('has the constants of the addon', () => {
    expect(simulated().calls.constants).toMatchObject(native.constants);
  });

  it('writes and reads addresses as the addon does', () => {
    const { calls } = simulated();
    for (const address of ADDRESSES) {
      const forms = [native, calls].map((binding) => {
        const form = new Uint8Array(128);
        const size = binding.encodeAddress(address, form);
        const decoded = { ...empty };
        if (size >= 0) binding.decodeAddress(form.subarray(0, size), decoded);
        return { address, size, form, decoded };
      });
      expect(forms[1]).toEqual(forms[0]);
    }
  });

  it('returns ENOSYS for what it does not have', () => {
    const { calls } = simulated();
    expect(calls.sendfile(1, 2, 0, 10)).toBe(-ENOSYS);
    expect(calls.socket(2, 3, 1)).toBe(-ENOSYS);
    expect(new calls.LibuvEdges().open()).toBe(-ENOSYS);
  });

  it('refuses ranges outside of an array', () => {
    const { calls } = simulated();
    const data = new Uint8Array(8);
    expect(() => calls.recv(3, data, 9, 0, 0)).toThrow(
      new RangeError('expected a position within the array for offset, got 9'),
    );
    expect(() => calls.send(3, data, 4, 5, 0)).toThrow(
      new RangeError('expected a range within the array for length, got 5'),
    );
    expect(() => calls.recvEach(new Int32Array(1), 2, data, 0, 8, 1)).toThrow(RangeError);
    expect(() => new calls.PollSelector().select(0, new Int32Array(1))).not.toThrow();
    expect(() => calls.bind(3, inet('127.0.0.1', 65_536))).toThrow('expected a port from 0 to 65535, got 65536');
  });

  it.each(Object.entries(CONNECTIONS))('keeps no array of the caller, and gives none away: %s', (_name, connect) => {
    using _checks = useChecks(true);
    const { calls } = simulated();
    const [writer, reader] = connect(calls);
    const data = bytes('before');
    expect(calls.write(writer, data, 0, 6)).toBe(6);
    data.fill(0);
    const first = new Uint8Array(3);
    expect(calls.read(reader, first, 0, 3)).toBe(3);
    expect(Buffer.from(first).toString()).toBe('bef');
    first.fill(0);
    expect(calls.write(writer, bytes('after'), 0, 5)).toBe(5);
    const rest = new Uint8Array(100);
    expect(Buffer.from(rest.subarray(0, calls.read(reader, rest, 0, 100))).toString()).toMatch(/^(ore)?after$/);
  });
});

describe('the checks of the kernel', () => {
  it('find a file that is ready, and whose epoll does not know', () => {
    using _checks = useChecks(true);
    const { kernel, calls } = simulated();
    const [a, b] = socketpair(calls);
    const selector = new calls.EpollSelector();
    selector.open();
    selector.register(b, 1);
    const file = kernel.descriptors.get(b)!;
    file.changed = () => undefined; // loses the wake-up
    expect(() => send(calls, a, 'x')).toThrow('descriptor 4 is ready, and its epoll does not know');
  });

  it('find bytes that are not those that were sent', () => {
    using _checks = useChecks(true);
    const { kernel, calls } = simulated();
    const [a, b] = socketpair(calls);
    send(calls, a, 'one');
    const socket = kernel.descriptors.get(b) as UnixStream;
    socket.queue[0]!.bytes[1] = 0;
    expect(() => recv(calls, b)).toThrow('the bytes received from a UNIX stream are not those that were sent next');
  });
});
