/** Control messages beside descriptors, sent to the kernel and received from it. */

import { describe, expect, it } from 'vitest';

import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  type ControlMessage,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_UDP,
  IPV6_HOPLIMIT,
  IPV6_RECVERR,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVPKTINFO,
  IPV6_RECVTCLASS,
  IP_PKTINFO,
  IP_RECVERR,
  IP_RECVORIGDSTADDR,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TTL,
  type InetAddress,
  MSG_CTRUNC,
  MSG_ERRQUEUE,
  SCM_CREDENTIALS,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOL_SOCKET,
  SO_EE_ORIGIN_ICMP,
  SO_EE_ORIGIN_ICMP6,
  SO_EE_ORIGIN_LOCAL,
  SO_PASSCRED,
  SO_RCVBUF,
  SO_RXQ_OVFL,
  SO_TIMESTAMP,
  SO_TIMESTAMPNS,
  Socket,
  UDP_GRO,
  ancillary,
  cmsgLen,
  cmsgSpace,
  fd,
  ifNameToIndex,
  socketpair,
} from '../../lib/sockets/index.js';
import { udpSocket } from './connected-pairs.js';

const data = Buffer.from('hello');
const room = { ancBufSize: 512 };
const loopback = ifNameToIndex('lo');

/** Sends one datagram with these messages to a socket with these options; returns what it receives. */
function passed(
  family: number,
  options: Array<[level: number, option: number]>,
  ancData: ControlMessage[] = [],
): ControlMessage[] {
  using receiver = udpSocket(family);
  for (const [level, option] of options) receiver.setsockopt(level, option, true);
  using sender = new Socket(family, SOCK_DGRAM);
  expect(sender.sendMsg([data], { address: receiver.getsockname(), ancData })).toBe(5);
  const message = receiver.recvMsg(100, room);
  expect([message.data.toString(), message.flags]).toEqual(['hello', 0]);
  return message.ancData!;
}

/** The present time in nanoseconds since 1970. */
const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
const second = 1_000_000_000n;

describe('credentials', () => {
  it('of the sender come with every message on a socket that asks for them', () => {
    const [a, b] = socketpair(AF_UNIX, SOCK_SEQPACKET);
    using first = a;
    using secondEnd = b;
    secondEnd.setsockopt(SOL_SOCKET, SO_PASSCRED, true);
    const own = { pid: process.pid, uid: process.getuid!(), gid: process.getgid!() };
    first.send(data);
    expect(ancillary.credentials.get(secondEnd.recvMsg(10, room).ancData)).toEqual(own);
    first.sendMsg([data], { ancData: [ancillary.credentials.make(own)], fds: [first.fileno()] });
    const both = secondEnd.recvMsg(10, room);
    for (const each of both.fds) fd.close(each);
    expect([ancillary.credentials.get(both.ancData), both.fds.length]).toEqual([own, 1]);
  });

  it('of another process arrive as given, or are refused with EPERM', () => {
    const [a, b] = socketpair(AF_UNIX, SOCK_SEQPACKET);
    using first = a;
    using secondEnd = b;
    secondEnd.setsockopt(SOL_SOCKET, SO_PASSCRED, true);
    secondEnd.setBlocking(false);
    const other = { pid: process.ppid, uid: process.getuid!() + 1, gid: process.getgid!() };
    let error: unknown;
    try {
      first.sendMsg([data], { ancData: [ancillary.credentials.make(other)] });
    } catch (caught) {
      error = caught;
    }
    if (error === undefined) expect(ancillary.credentials.get(secondEnd.recvMsg(10, room).ancData)).toEqual(other);
    else {
      expect(error).toMatchObject({ name: 'OSError', code: 'EPERM', syscall: 'sendmsg' });
      expect(() => secondEnd.recvMsg(10)).toThrow('EAGAIN');
    }
  });

  it('reject values that are no ids', () => {
    const make = ancillary.credentials.make as (value: unknown) => unknown;
    expect(() => make({ pid: '1', uid: 0, gid: 0 })).toThrow(TypeError);
    expect(() => make({ pid: 1, uid: -1, gid: 0 })).toThrow(RangeError);
    expect(() => make({ pid: 1, uid: 2 ** 32, gid: 0 })).toThrow('value.uid: expected an integer from 0 to 4294967295');
  });
});

describe('packet information', () => {
  it('has the interface and the address at which a datagram arrived, and answers from there', () => {
    using server = new Socket(AF_INET, SOCK_DGRAM);
    server.bind({ host: '', port: 0 });
    server.setsockopt(IPPROTO_IP, IP_PKTINFO, true);
    const { port } = server.getsockname();
    using client = udpSocket();
    for (const host of ['127.0.0.1', '127.7.8.9']) {
      client.sendTo(data, { host, port });
      const { ancData, address } = server.recvMsg(10, room);
      const info = ancillary.packetInfo.get(ancData)!;
      expect(info).toEqual({ ifIndex: loopback, address: host, localAddress: host });
      server.sendMsg([data], { address: address!, ancData: [ancillary.packetInfo.make(info)] });
      expect(client.recvFrom(10).address).toEqual({ host, port });
    }
  });

  it('works for IPv6', () => {
    const source = ancillary.packetInfo.make({ localAddress: '::1', ifIndex: loopback });
    const ancData = passed(AF_INET6, [[IPPROTO_IPV6, IPV6_RECVPKTINFO]], [source]);
    expect(ancillary.packetInfo.get(ancData)).toEqual({ ifIndex: loopback, address: '::1', localAddress: '::1' });
  });

  it('of an IPv6 group leaves the source of the answer to the kernel', () => {
    const bytes = Buffer.alloc(20);
    bytes.set([0xff, 2, 1], 0);
    bytes[15] = 9;
    const ancData = [
      { level: IPPROTO_IPV6, type: ancillary.packetInfo.make({ localAddress: '::1' }).type, data: bytes },
    ];
    expect(ancillary.packetInfo.get(ancData)).toEqual({ ifIndex: 0, address: 'ff02:100::9', localAddress: '::' });
  });

  it('rejects a source that is no numeric address', () => {
    const make = ancillary.packetInfo.make as (value: unknown) => unknown;
    expect(() => make({ localAddress: 'localhost' })).toThrow(TypeError);
    expect(() => make({ localAddress: 5 })).toThrow('value.localAddress: expected a numeric address, got 5');
    expect(() => make({ localAddress: '::1', ifIndex: -1 })).toThrow(RangeError);
  });
});

it.each([
  ['SO_TIMESTAMP', SO_TIMESTAMP],
  ['SO_TIMESTAMPNS', SO_TIMESTAMPNS],
])('%s gives the time of arrival', (_, option) => {
  const earliest = now();
  const time = ancillary.timestamp.get(passed(AF_INET, [[SOL_SOCKET, option]]))!;
  expect(time).toBeGreaterThan(earliest - second);
  expect(time).toBeLessThan(now() + second);
  expect(time % 1000n).toBe(option === SO_TIMESTAMP ? 0n : time % 1000n);
});

describe('the header fields of one packet', () => {
  it('are set and received for IPv4', () => {
    const options: Array<[number, number]> = [
      [IPPROTO_IP, IP_RECVTOS],
      [IPPROTO_IP, IP_RECVTTL],
    ];
    const ancData = passed(AF_INET, options, [ancillary.tos.make(0xb8), ancillary.ttl.make(7)]);
    expect([ancillary.tos.get(ancData), ancillary.ttl.get(ancData)]).toEqual([0xb8, 7]);
    expect([ancillary.trafficClass.get(ancData), ancillary.hopLimit.get(ancData)]).toEqual([undefined, undefined]);
  });

  it('are set and received for IPv6', () => {
    const options: Array<[number, number]> = [
      [IPPROTO_IPV6, IPV6_RECVTCLASS],
      [IPPROTO_IPV6, IPV6_RECVHOPLIMIT],
    ];
    const ancData = passed(AF_INET6, options, [ancillary.trafficClass.make(0x20), ancillary.hopLimit.make(9)]);
    expect([ancillary.trafficClass.get(ancData), ancillary.hopLimit.get(ancData)]).toEqual([0x20, 9]);
    expect([ancillary.tos.get(ancData), ancillary.ttl.get(ancData)]).toEqual([undefined, undefined]);
  });

  it('have 8 bits', () => {
    for (const kind of [ancillary.tos, ancillary.ttl, ancillary.trafficClass, ancillary.hopLimit]) {
      expect(() => kind.make(256)).toThrow('value: expected an integer from 0 to 255, got 256');
      expect(() => kind.make('1' as never)).toThrow(TypeError);
    }
  });

  it('that the kernel refuses are EINVAL, and nothing is sent', () => {
    using receiver = udpSocket();
    receiver.setBlocking(false);
    using sender = new Socket(AF_INET, SOCK_DGRAM);
    const address = receiver.getsockname();
    const einval: unknown = expect.objectContaining({ name: 'OSError', code: 'EINVAL', syscall: 'sendmsg' });
    expect(() => sender.sendMsg([data], { address, ancData: [ancillary.ttl.make(0)] })).toThrow(einval);
    const unknown = { level: IPPROTO_IP, type: 9999, data };
    expect(() => sender.sendMsg([data], { address, ancData: [unknown] })).toThrow(einval);
    expect(() => receiver.recv(1)).toThrow('EAGAIN');
  });
});

describe('the error queue', () => {
  it.each([
    ['IPv4', AF_INET, IPPROTO_IP, IP_RECVERR, '127.0.0.1', SO_EE_ORIGIN_ICMP, 3, 3],
    ['IPv6', AF_INET6, IPPROTO_IPV6, IPV6_RECVERR, '::1', SO_EE_ORIGIN_ICMP6, 1, 4],
  ])(
    'has the refused datagram, its destination and the ICMP error (%s)',
    (...[, family, level, option, host, origin, type, icmpCode]) => {
      using sender = udpSocket(family);
      sender.setsockopt(level, option, true);
      const dead = udpSocket(family);
      const address = dead.getsockname() as InetAddress;
      dead.close();
      sender.sendTo(data, address);
      const message = sender.recvMsg(100, { flags: MSG_ERRQUEUE, ...room });
      expect([message.data.toString(), message.flags & MSG_ERRQUEUE]).toEqual(['hello', MSG_ERRQUEUE]);
      expect(message.address).toMatchObject({ host, port: address.port });
      expect(ancillary.error.get(message.ancData)).toMatchObject({
        errno: -111,
        code: 'ECONNREFUSED',
        origin,
        type,
        icmpCode,
        offender: { host },
      });
      expect(() => sender.recvMsg(100, { flags: MSG_ERRQUEUE })).toThrow('EAGAIN');
    },
  );

  it('reports an error of this host without an offender', () => {
    using sender = udpSocket();
    sender.setsockopt(IPPROTO_IP, IP_RECVERR, true);
    using receiver = udpSocket();
    sender.connect(receiver.getsockname());
    expect(() => sender.send(Buffer.alloc(65_508))).toThrow('EMSGSIZE');
    const { ancData } = sender.recvMsg(100, { flags: MSG_ERRQUEUE, ...room });
    expect(ancillary.error.get(ancData)).toMatchObject({
      code: 'EMSGSIZE',
      origin: SO_EE_ORIGIN_LOCAL,
      offender: null,
    });
  });

  it('never makes a call wait, whatever the mode of the socket', () => {
    using socket = udpSocket();
    socket.sendTo(data, socket.getsockname()); // readable, but not from the error queue
    for (const timeoutMs of [null, 0, 60_000]) {
      socket.setTimeout(timeoutMs);
      for (const receive of [
        () => socket.recv(10, MSG_ERRQUEUE),
        () => socket.recvFrom(10, MSG_ERRQUEUE),
        () => socket.recvMsg(10, { flags: MSG_ERRQUEUE }),
        () => socket.recvMsgInto([Buffer.alloc(1)], { flags: MSG_ERRQUEUE }),
      ]) {
        expect(receive).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
      }
    }
    expect(socket.recv(10)).toEqual(data);
  });
});

it('SO_RXQ_OVFL counts dropped datagrams', () => {
  using receiver = udpSocket();
  receiver.setsockopt(SOL_SOCKET, SO_RXQ_OVFL, true);
  receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 0); // the kernel makes it the smallest
  using sender = new Socket(AF_INET, SOCK_DGRAM);
  const count = 50;
  for (let i = 0; i < count; i += 1) sender.sendTo(Buffer.alloc(500), receiver.getsockname());
  receiver.setBlocking(false);
  let received = 0;
  while (typeof receiver.recvFromEx(1) !== 'number') received += 1;
  sender.sendTo(data, receiver.getsockname());
  expect(received).toBeLessThan(count);
  expect(ancillary.dropped.get(receiver.recvMsg(10, room).ancData)).toBe(count - received);
});

it('IP_RECVORIGDSTADDR gives the destination with its port', () => {
  using receiver = udpSocket();
  receiver.setsockopt(IPPROTO_IP, IP_RECVORIGDSTADDR, true);
  receiver.sendTo(data, receiver.getsockname());
  const { ancData } = receiver.recvMsg(10, room);
  expect(ancillary.originalDestination.get(ancData)).toEqual(receiver.getsockname());
});

it('one send becomes several datagrams, which a receiver may take as one', () => {
  using receiver = udpSocket();
  using sender = new Socket(AF_INET, SOCK_DGRAM);
  const options = { address: receiver.getsockname(), ancData: [ancillary.udpSegment.make(1000)] };
  expect(sender.sendMsg([Buffer.alloc(2500)], options)).toBe(2500);
  expect([1, 2, 3].map(() => receiver.recv(5000).length)).toEqual([1000, 1000, 500]);
  receiver.setsockopt(IPPROTO_UDP, UDP_GRO, true);
  sender.sendMsg([Buffer.alloc(2500)], options);
  const joined = receiver.recvMsg(5000, room);
  expect([joined.data.length, ancillary.udpSegmentSize.get(joined.ancData)]).toEqual([2500, 1000]);
});

describe('control messages in general', () => {
  it('are those of the kernel, byte for byte, in its order', () => {
    const ancData = passed(AF_INET, [
      [IPPROTO_IP, IP_RECVTTL],
      [IPPROTO_IP, IP_PKTINFO],
    ]);
    expect(ancData.map(({ level, type, data: bytes }) => [level, type, bytes.length])).toEqual([
      [IPPROTO_IP, IP_PKTINFO, 12],
      [IPPROTO_IP, IP_TTL, 4],
    ]);
    expect(new Int32Array(new Uint8Array(ancData[1]!.data).buffer)).toEqual(new Int32Array([64]));
  });

  it('can be sent in any number', () => {
    using receiver = udpSocket();
    using sender = new Socket(AF_INET, SOCK_DGRAM);
    const ancData = Array.from({ length: 50 }, (_, i) => ancillary.ttl.make(1 + i));
    receiver.setsockopt(IPPROTO_IP, IP_RECVTTL, true);
    sender.sendMsg([data], { address: receiver.getsockname(), ancData });
    expect(ancillary.ttl.get(receiver.recvMsg(10, room).ancData)).toBe(50); // the last one counts
  });

  it('are absent without ancBufSize, and an empty list if there are none', () => {
    using socket = udpSocket();
    socket.sendTo(data, socket.getsockname());
    socket.sendTo(data, socket.getsockname());
    expect('ancData' in socket.recvMsg(10)).toBe(false);
    expect(socket.recvMsg(10, room).ancData).toEqual([]);
    expect(ancillary.ttl.get(undefined)).toBeUndefined();
  });

  it('without enough room are cut or dropped, which MSG_CTRUNC reports and get() does not mistake', () => {
    using socket = udpSocket();
    socket.setsockopt(IPPROTO_IP, IP_RECVTTL, true);
    socket.setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, true);
    for (let size = 1; size <= cmsgSpace(16) + cmsgSpace(4); size += 1) {
      socket.sendTo(data, socket.getsockname());
      const { ancData, flags } = socket.recvMsg(10, { ancBufSize: size });
      const whole = [size >= cmsgLen(16), size >= cmsgSpace(16) + cmsgLen(4)];
      expect([size, ancillary.timestamp.get(ancData) !== undefined, ancillary.ttl.get(ancData) === 64]).toEqual([
        size,
        ...whole,
      ]);
      expect((flags & MSG_CTRUNC) !== 0).toBe(!whole[1]);
    }
  });

  it('of a kind but with other lengths are not mistaken', () => {
    const all = Object.values(ancillary);
    const types = [
      [SOL_SOCKET, SCM_CREDENTIALS],
      [SOL_SOCKET, SO_TIMESTAMP],
      [IPPROTO_IP, IP_PKTINFO],
      [IPPROTO_IP, IP_RECVERR],
      [IPPROTO_IPV6, IPV6_RECVERR],
      [IPPROTO_IPV6, IPV6_HOPLIMIT],
    ] as const;
    for (const [level, type] of types) {
      for (let length = 0; length < 64; length += 1) {
        const unaligned = new Uint8Array(length + 1).fill(255).subarray(1);
        for (const kind of all) kind.get([{ level, type, data: unaligned }]); // none throws
      }
      for (const kind of all) expect(kind.get([{ level, type, data: new Uint8Array(0) }])).toBeUndefined();
    }
  });

  it('that are none are rejected', () => {
    const { get } = ancillary.ttl as { get: (value: unknown) => unknown };
    expect(() => get(null)).toThrow('ancData: expected an array of control messages, got null');
    expect(() => get([null])).toThrow('ancData[0]: expected { level, type, data }, got null');
    expect(() => get([{ level: IPPROTO_IP, type: IP_TTL, data: 'x' }])).toThrow('ancData[0].data: ');
    for (const { make } of [ancillary.credentials, ancillary.packetInfo, ancillary.tos]) {
      expect(() => (make as (value: unknown) => unknown)(null)).toThrow(/^value: expected .*, got null$/);
    }
  });

  it('need the room that the CMSG_ macros compute', () => {
    const header = cmsgLen(0);
    const word = header - 8; // the length, then two ints
    expect([0, 1, 8, 9].map(cmsgLen)).toEqual([0, 1, 8, 9].map((length) => header + length));
    expect([0, 1, 8].map(cmsgSpace)).toEqual([header, header + word, header + 8]);
    expect(() => cmsgSpace(-1)).toThrow(RangeError);
  });
});
