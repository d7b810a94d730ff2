/** Many datagrams in one system call, on blocking sockets, and the batches that hold them. */

import { createTask, getRunningLoop, sockRecvMany, sockSendMany } from 'selectloop';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  DatagramBatch,
  SOCK_DGRAM,
  type Socket,
  type SocketAddress,
} from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { native } from '../../lib/native/binding.js';
import { ADDRESS_SLOT, readAddress, writeAddress } from '../../lib/sockets/address-bytes.js';
import { fromNativeAddress, toNativeAddress } from '../../lib/sockets/address.js';
import { errorOf, everyLoop, turns } from '../support/every-loop.js';
import { Opened, patterned } from '../support/sockets.js';

function bound(opened: Opened, family: number): Socket {
  const socket = opened.socket(family, SOCK_DGRAM);
  if (family === AF_UNIX) socket.bind({ path: '' });
  else socket.bind({ host: family === AF_INET6 ? '::1' : '127.0.0.1', port: 0 });
  return socket;
}

const contents = (batch: DatagramBatch): string[] =>
  Array.from({ length: batch.length }, (_, i) => String(batch.data(i)));

const families = [
  ['IPv4', AF_INET],
  ['IPv6', AF_INET6],
  ['UNIX', AF_UNIX],
] as const;

describe.each(families)('recvMany and sendMany (%s)', (_, family) => {
  it('exchange what is ready, with addresses, truncation and empty datagrams', () => {
    using opened = new Opened();
    const [server, client] = [bound(opened, family), bound(opened, family)];
    for (const socket of [server, client]) socket.setTimeout(5000);
    const requests = new DatagramBatch({ capacity: 4, size: 100, family });
    for (const text of ['one', '', 'x'.repeat(100)]) requests.add(Buffer.from(text), server.getsockname());
    expect(requests.address(2)).toEqual(server.getsockname());
    expect(client.sendMany(requests)).toBe(3);
    const batch = new DatagramBatch({ capacity: 8, size: 4, family });
    expect(server.recvMany(batch)).toBe(3); // does not wait for more
    expect(contents(batch)).toEqual(['one', '', 'xxxx']);
    expect([0, 1, 2].map((i) => batch.isTruncated(i))).toEqual([false, false, true]);
    expect([0, 1, 2].map((i) => batch.address(i))).toEqual(Array(3).fill(client.getsockname()));
    expect(server.sendMany(batch, 1)).toBe(2); // as an echo server does, but without the first
    expect(batch.sent).toBe(3);
    expect(client.recvMany(requests)).toBe(2);
    expect(contents(requests)).toEqual(['', 'xxxx']);
    client.setBlocking(false);
    expect(() => client.recvMany(requests)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'recvmmsg' }));
    expect(requests.length).toBe(0);
  });
});

describe('a DatagramBatch', () => {
  it('keeps to its capacity, and names what it refuses', () => {
    const batch = new DatagramBatch({ capacity: 1, size: 3 });
    const address = { host: '127.0.0.1', port: 1 };
    expect(() => batch.add(Buffer.from('four'), address)).toThrow('add: data: expected at most 3 bytes, got 4');
    expect(() => batch.add(Buffer.from('one'), { path: '/x' })).toThrow(
      'expected { host, port } for an AF_INET socket',
    );
    expect(() => batch.add('one' as never)).toThrow('expected a Buffer or Uint8Array');
    expect(batch.length).toBe(0);
    batch.add(Buffer.from('one'), address);
    expect(() => batch.add(Buffer.from('two'), address)).toThrow('add: data: expected at most 1 datagrams, got 2');
    expect(() => batch.data(1)).toThrow('data: index: expected an integer from 0 to 0, got 1');
    batch.clear();
    expect(batch.length).toBe(0);
    for (const options of [{ capacity: 0 }, { capacity: 1025 }, { size: 0 }, { size: 65_536 }, { family: -1 }])
      expect(() => new DatagramBatch(options)).toThrow(RangeError);
  });

  it('belongs to datagram sockets of its family', () => {
    using opened = new Opened();
    const batch = new DatagramBatch();
    const [stream] = opened.tcpPair();
    expect(() => stream.recvMany(batch)).toThrow('recvMany: socket: expected a socket of type SOCK_DGRAM, got 1');
    const unix = opened.socket(AF_UNIX, SOCK_DGRAM);
    expect(() => unix.sendMany(batch)).toThrow("sendMany: batch: expected a batch of the socket's family, 1, got 2");
    expect(() => unix.recvMany({} as never)).toThrow('recvMany: batch: expected a DatagramBatch, got');
    const udp = opened.socket(AF_INET, SOCK_DGRAM);
    expect(() => udp.sendMany(batch, 1)).toThrow('sendMany: first: expected at most 0, the length of the batch, got 1');
    udp.close();
    for (const call of [() => udp.recvMany(batch), () => udp.sendMany(batch)])
      expect(call).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});

describe('addresses in the form of the kernel', () => {
  const addresses: Array<[number, SocketAddress]> = [
    [AF_INET, { host: '127.0.0.1', port: 0 }],
    [AF_INET, { host: '127.0.0.1', port: 65_535 }],
    [AF_INET, { host: '', port: 7 }],
    [AF_INET6, { host: '', port: 7 }],
    [AF_INET6, { host: '::1', port: 258 }],
    [AF_INET6, { host: '::1', port: 258, flowInfo: 3, scopeId: 1 }],
    [AF_INET6, { host: '::1', port: 9 }],
    [AF_INET6, { host: 'fe80::1%lo', port: 9 }],
    [AF_UNIX, { path: '/tmp/x' }],
    [AF_UNIX, { path: '\0name' }],
    [AF_UNIX, { path: '' }],
  ];

  it('are the same from memory as from the addon', () => {
    for (const [family, address] of [...addresses, ...addresses]) {
      const [slot, expected] = [Buffer.alloc(ADDRESS_SLOT), Buffer.alloc(ADDRESS_SLOT)];
      const size = writeAddress(address, family, slot);
      expect(size).toBe(native.encodeAddress(toNativeAddress(address, family), expected));
      expect(slot.equals(expected)).toBe(true);
      const native_ = { family: 0, host: '', port: 0, flowInfo: 0, scopeId: 0, path: '' };
      native.decodeAddress(expected.subarray(0, size), native_);
      const read = readAddress(slot, 0, size, family);
      expect(read).toEqual(fromNativeAddress(native_, family));
      (read as { port?: number }).port = 12_345; // a program may change what it has received
    }
  });

  it('are refused when they are wrong, also if the host is known', () => {
    const slot = Buffer.alloc(ADDRESS_SLOT);
    writeAddress({ host: '10.1.2.3', port: 1 }, AF_INET, slot);
    expect(() => writeAddress({ host: '10.1.2.3', port: 65_536 }, AF_INET, slot)).toThrow('address.port');
    expect(() => writeAddress({ host: '10.1.2.3', port: 1 }, AF_INET6, slot)).toThrow('address.host');
    expect(() => writeAddress({ host: '10.1.2.3', port: 1 }, AF_UNIX, slot)).toThrow('expected { path }');
    expect(() => writeAddress(null as never, AF_INET, slot)).toThrow('expected { host, port }');
  });
});

describe.each(everyLoop)('sockRecvMany and sockSendMany ($name)', ({ run }) => {
  it('wait for the first datagram, and for room, which is tried again soon while the receiver reads', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const pauses: number[] = [];
      using _instrument = loop.addInstrument({ timerScheduled: (_, whenMs) => pauses.push(whenMs - loop.time()) });
      const [a, b] = [bound(opened, AF_UNIX), bound(opened, AF_UNIX)]; // a UNIX receiver that is full stops its sender
      const batch = new DatagramBatch({ capacity: 16, size: 100, family: AF_UNIX });
      const receiving = createTask(() => sockRecvMany(b, batch));
      yield* turns(2);
      const messages = new DatagramBatch({ capacity: 1024, size: 100, family: AF_UNIX });
      for (let i = 0; i < 1024; i += 1) messages.add(patterned(100, i), b.getsockname());
      const sending = createTask(() => sockSendMany(a, messages, { first: 24 }));
      let count = yield* receiving;
      expect(batch.data(0).equals(patterned(100, 24))).toBe(true);
      while (count < 1000) count += yield* sockRecvMany(b, batch);
      expect(batch.data(batch.length - 1).equals(patterned(100, 1023))).toBe(true);
      yield* sending;
      expect(messages.sent).toBe(1024);
      expect(Math.max(...pauses)).toBeLessThan(10); // longer ones are for a receiver that does not read
    }));

  it('report which datagram was refused, and continue after it', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = [bound(opened, AF_INET), bound(opened, AF_INET)];
      const batch = new DatagramBatch();
      const port = (b.getsockname() as { port: number }).port;
      for (const host of ['127.0.0.1', '255.255.255.255', '127.0.0.1']) batch.add(Buffer.from(host), { host, port });
      const refused = yield* errorOf(createTask(() => sockSendMany(a, batch)));
      expect(refused).toMatchObject({ code: 'EACCES', syscall: 'sendmmsg', address: '255.255.255.255', port });
      expect(batch.sent).toBe(1);
      yield* sockSendMany(a, batch, { first: batch.sent + 1 });
      yield* sockRecvMany(b, batch);
      expect(contents(batch)).toEqual(['127.0.0.1', '127.0.0.1']);
      const waits = createTask(() => sockRecvMany(b, batch));
      yield* turns(2);
      b.close();
      expect(yield* errorOf(waits)).toMatchObject({ code: 'EBADF' });
    }));
});
