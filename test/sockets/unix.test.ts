import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  AF_INET,
  AF_UNIX,
  type ControlMessage,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_TRUNC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_PASSPIDFD,
  Socket,
  ancillary,
  cmsgLen,
  cmsgSpace,
  fd,
  pipe,
  socketpair,
} from '../../lib/sockets/index.js';
import { tcpPair, udpSocket } from './connected-pairs.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'selectloop-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe.each([
  ['a path', () => join(directory, 'socket')],
  ['an abstract name', () => `\0selectloop-test-${process.pid}`],
])('a UNIX stream on %s', (_, name) => {
  it('connects, and its client has no name', () => {
    const path = name();
    using listener = new Socket(AF_UNIX, SOCK_STREAM);
    listener.bind({ path });
    listener.listen();
    expect(listener.getsockname()).toEqual({ path });
    using client = new Socket(AF_UNIX, SOCK_STREAM);
    client.connect({ path });
    const { socket, address } = listener.accept();
    using server = socket;
    expect(address).toEqual({ path: '' });
    expect(client.getpeername()).toEqual({ path });
    client.send(Buffer.from('x'));
    expect(server.recvFrom(10)).toEqual({ data: Buffer.from('x'), address: { path: '' } });
  });
});

it('connecting to a missing path fails with ENOENT and the path', () => {
  using client = new Socket(AF_UNIX, SOCK_STREAM);
  const path = join(directory, 'missing');
  expect(() => {
    client.connect({ path });
  }).toThrow(expect.objectContaining({ code: 'ENOENT', path, message: `connect ENOENT ${path}` }));
});

it('UNIX datagrams arrive with the name of their sender, if it has one', () => {
  using receiver = new Socket(AF_UNIX, SOCK_DGRAM);
  receiver.bind({ path: '' });
  using named = new Socket(AF_UNIX, SOCK_DGRAM);
  named.bind({ path: join(directory, 'named') });
  using unnamed = new Socket(AF_UNIX, SOCK_DGRAM);
  named.sendTo(Buffer.from('1'), receiver.getsockname());
  unnamed.sendTo(Buffer.from('2'), receiver.getsockname());
  expect(receiver.recvFrom(10).address).toEqual({ path: join(directory, 'named') });
  expect(receiver.recvFrom(10).address).toEqual({ path: '' });
});

describe('socketpair', () => {
  it('makes a stream by default', () => {
    const [a, b] = socketpair();
    using first = a;
    using second = b;
    expect([first.family, first.type, second.getBlocking()]).toEqual([AF_UNIX, SOCK_STREAM, true]);
    first.send(Buffer.from('ab'));
    first.send(Buffer.from('cd'));
    expect(second.recv(10).toString()).toBe('abcd');
  });

  it.each([
    ['SOCK_DGRAM', SOCK_DGRAM],
    ['SOCK_SEQPACKET', SOCK_SEQPACKET],
  ])('of %s preserves message boundaries', (_, type) => {
    const [a, b] = socketpair(AF_UNIX, type);
    using first = a;
    using second = b;
    first.send(Buffer.from('ab'));
    first.send(Buffer.from('cdef'));
    expect(second.type).toBe(type);
    expect(second.recv(10).toString()).toBe('ab');
    expect(second.recvMsg(2)).toMatchObject({ data: Buffer.from('cd'), flags: expect.any(Number) as number });
    first.send(Buffer.from('xyz'));
    expect(second.recvMsg(2).flags & MSG_TRUNC).toBe(MSG_TRUNC);
    first.send(Buffer.from('xyz'));
    expect(second.recv(2, MSG_TRUNC).toString()).toBe('xy');
    first.send(Buffer.from('xyz'));
    const room = Buffer.alloc(2);
    expect(second.recvInto(room, MSG_TRUNC)).toBe(2); // what was written to the buffer, not what was sent
    expect(room.toString()).toBe('xy');
  });

  it('delivers a datagram larger than the shared buffer whole', () => {
    const [a, b] = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK);
    using first = a;
    using second = b;
    expect([first.type, first.getTimeout()]).toEqual([SOCK_SEQPACKET, 0]);
    const largest = [600_000, 300_000, 150_000].find(
      (size) => first.sendEx(Buffer.alloc(size, 'x'), 0, size) === size,
    )!;
    expect(second.recv(1_000_000)).toHaveLength(largest);
  });

  it('of SOCK_STREAM ignores MSG_TRUNC: the bytes arrive', () => {
    const [a, b] = socketpair();
    using first = a;
    using second = b;
    first.send(Buffer.from('abcdef'));
    expect(second.recv(2, MSG_TRUNC).toString()).toBe('ab');
    expect(second.recvFrom(2, MSG_TRUNC).data.toString()).toBe('cd');
    expect(second.recvMsg(2, { flags: MSG_TRUNC }).data.toString()).toBe('ef');
  });

  it('of AF_INET is refused by the kernel', () => {
    expect(() => socketpair(AF_INET)).toThrow(expect.objectContaining({ code: 'ENOTSUP', syscall: 'socketpair' }));
  });
});

describe('sendMsg and recvMsg', () => {
  it('gather buffers into one message and report its end', () => {
    const [a, b] = socketpair(AF_UNIX, SOCK_SEQPACKET);
    using first = a;
    using second = b;
    expect(first.sendMsg([Buffer.from('ab'), new Uint8Array(0), Buffer.from('cd')])).toBe(4);
    const message = second.recvMsg(100);
    expect(message.data.toString()).toBe('abcd');
    expect(message.fds).toEqual([]);
    expect(message.flags & ~MSG_EOR).toBe(0);
  });

  it('pass descriptors, which the receiver then owns', () => {
    const [a, b] = socketpair();
    using sender = a;
    using receiver = b;
    const ends = pipe();
    expect(sender.sendMsg([Buffer.from('x')], { fds: [ends.read, ends.write] })).toBe(1);
    fd.close(ends.read);
    fd.close(ends.write);
    const { data, fds, flags } = receiver.recvMsg(10);
    expect([data.toString(), fds.length, flags & MSG_CTRUNC]).toEqual(['x', 2, 0]);
    fd.write(fds[1]!, Buffer.from('through'));
    expect(fd.read(fds[0]!, 100).toString()).toBe('through');
    for (const each of fds) fd.close(each);
    sender.send(Buffer.from('y'));
    expect(receiver.recvMsg(10).fds).toEqual([]);
  });

  it('receive at most the requested number of descriptors', () => {
    const [a, b] = socketpair();
    using sender = a;
    using receiver = b;
    const own = [a.fileno(), b.fileno(), a.fileno()];
    sender.sendMsg([Buffer.from('x')], { fds: own });
    const one = receiver.recvMsg(10, { maxFds: 1 });
    expect([one.fds.length, one.flags & MSG_CTRUNC]).toEqual([1, MSG_CTRUNC]);
    one.fds.forEach((each) => {
      fd.close(each);
    });
    sender.sendMsg([Buffer.from('x')], { fds: own });
    expect(receiver.recvMsg(10, { maxFds: 0 }).fds).toEqual([]);
  });

  it('pass 253 descriptors, and refuse 254', () => {
    const [a, b] = socketpair();
    using sender = a;
    using receiver = b;
    sender.sendMsg([Buffer.from('x')], { fds: Array<number>(253).fill(a.fileno()) });
    const { fds } = receiver.recvMsg(1);
    for (const each of fds) fd.close(each);
    expect(fds).toHaveLength(253);
    expect(() => sender.sendMsg([Buffer.from('x')], { fds: Array<number>(254).fill(0) })).toThrow(RangeError);
    expect(() => receiver.recvMsg(1, { maxFds: 254 })).toThrow(RangeError);
  });

  it('fail with EBADF for a descriptor that is not open', () => {
    const [a, b] = socketpair();
    using sender = a;
    using _receiver = b;
    expect(() => sender.sendMsg([Buffer.from('x')], { fds: [1_000_000] })).toThrow(
      expect.objectContaining({ code: 'EBADF', syscall: 'sendmsg' }),
    );
  });

  it.each([
    ['SOCK_DGRAM', SOCK_DGRAM],
    ['SOCK_SEQPACKET', SOCK_SEQPACKET],
  ])('send more buffers than one system call takes as one message (%s)', (_, type) => {
    const [a, b] = socketpair(AF_UNIX, type);
    using sender = a;
    using receiver = b;
    const buffers = Array.from({ length: 1500 }, (__, i) => Buffer.from([i & 0xff]));
    expect(sender.sendMsg(buffers, { fds: [a.fileno()] })).toBe(1500);
    const { data, fds } = receiver.recvMsg(9999);
    for (const each of fds) fd.close(each);
    expect([data.equals(Buffer.concat(buffers)), fds.length]).toEqual([true, 1]);
  });

  it('send as many buffers as one system call takes on a stream', () => {
    const [a, b] = socketpair();
    using sender = a;
    using _receiver = b;
    expect(sender.sendMsg(Array<Buffer>(1500).fill(Buffer.from('x')))).toBe(1024);
  });

  it('fail with EINVAL for descriptors on a socket that cannot pass them, and send nothing', () => {
    using pair = tcpPair();
    const einval: unknown = expect.objectContaining({ name: 'OSError', code: 'EINVAL', syscall: 'sendmsg' });
    expect(() => pair.client.sendMsg([Buffer.from('x')], { fds: [0] })).toThrow(einval);
    pair.client.close();
    expect(pair.server.recv(10)).toHaveLength(0);
    using udp = udpSocket();
    const address = udp.getsockname();
    expect(() => udp.sendMsg([Buffer.from('x')], { fds: [0], address })).toThrow(einval);
    expect(udp.sendMsg([Buffer.from('x')], { fds: [], address })).toBe(1);
  });

  it('work over TCP, without an address', () => {
    using pair = tcpPair();
    pair.client.sendMsg([Buffer.from('a'), Buffer.from('b')]);
    expect(pair.server.recvMsg(10)).toEqual({ data: Buffer.from('ab'), address: null, fds: [], flags: 0 });
  });

  it('send to an address', () => {
    using receiver = new Socket(AF_UNIX, SOCK_DGRAM);
    receiver.bind({ path: '' });
    using sender = new Socket(AF_UNIX, SOCK_DGRAM);
    sender.sendMsg([Buffer.from('x')], { address: receiver.getsockname() });
    expect(receiver.recvMsg(10).data.toString()).toBe('x');
    expect(() => sender.sendMsg([Buffer.from('x')], { address: { path: '/nowhere' } })).toThrow(
      'sendmsg ENOENT /nowhere',
    );
  });
});

describe('a UNIX name that is not UTF-8', () => {
  const name = (bytes: number[]): Buffer =>
    Buffer.concat([Buffer.from(`\0selectloop-${process.pid}-`), Buffer.from(bytes)]);

  it('is a Buffer, which reaches the same socket again', () => {
    const path = name([0xff, 0xfe, 0, 0xc3]);
    using server = new Socket(AF_UNIX, SOCK_DGRAM);
    using client = new Socket(AF_UNIX, SOCK_DGRAM);
    server.bind({ path: `\0selectloop-server-${process.pid}` });
    client.bind({ path: new Uint8Array(path) });
    expect(client.getsockname()).toEqual({ path });
    client.sendTo(Buffer.from('question'), server.getsockname());
    const { address } = server.recvFrom(100);
    expect(address).toEqual({ path });
    server.sendTo(Buffer.from('answer'), address!);
    expect(String(client.recv(100))).toBe('answer');
    expect(server.recvMsg.bind(server, 1, { flags: MSG_DONTWAIT })).toThrow('EAGAIN');
  });

  it('can be a file', () => {
    const path = Buffer.concat([Buffer.from(join(directory, 'socket-')), Buffer.from([0xe9])]);
    using listener = new Socket(AF_UNIX, SOCK_STREAM);
    listener.bind({ path });
    listener.listen();
    using client = new Socket(AF_UNIX, SOCK_STREAM);
    client.connect({ path });
    expect(client.getpeername()).toEqual({ path });
  });

  it('is legible in an error', () => {
    using client = new Socket(AF_UNIX, SOCK_STREAM);
    const path = Buffer.from([0, 0x61, 0xff]);
    const error = expect.objectContaining({
      code: 'ECONNREFUSED',
      path,
      message: 'connect ECONNREFUSED @a\\xff',
    }) as Error;
    expect(() => {
      client.connect({ path });
    }).toThrow(error);
  });

  it('stays a string if it is UTF-8', () => {
    using socket = new Socket(AF_UNIX, SOCK_DGRAM);
    const path = `\0selectloop-${process.pid}-grüße-\u{1F600}`;
    socket.bind({ path: Buffer.from(path) });
    expect(socket.getsockname()).toEqual({ path });
  });

  it('is refused as a string with a lone surrogate, which has no bytes', () => {
    using socket = new Socket(AF_UNIX, SOCK_DGRAM);
    expect(() => {
      socket.bind({ path: '\0\ud800' });
    }).toThrow(RangeError);
  });
});

describe('descriptors beside other control messages', () => {
  const SO_PASSCRED = 16;

  it.each([1, 3, 253])('%d arrive with credentials, and none is lost', (count) => {
    const [a, b] = socketpair();
    b.setsockopt(SOL_SOCKET, SO_PASSCRED, true);
    a.sendMsg([Buffer.from('x')], { fds: Array<number>(count).fill(a.fileno()) });
    const { fds, flags } = b.recvMsg(10, { maxFds: count });
    expect([fds.length, flags & MSG_CTRUNC]).toEqual([count, 0]);
    for (const received of fds) fd.close(received);
    a.close();
    b.close();
  });

  it('are closed beyond maxFds, which is reported', () => {
    const [a, b] = socketpair();
    b.setsockopt(SOL_SOCKET, SO_PASSCRED, true);
    const before = readdirSync('/proc/self/fd').length;
    a.sendMsg([Buffer.from('x')], { fds: Array<number>(20).fill(a.fileno()) });
    const { fds, flags } = b.recvMsg(10, { maxFds: 2 });
    expect([fds.length, flags & MSG_CTRUNC]).toEqual([2, MSG_CTRUNC]);
    for (const received of fds) fd.close(received);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    a.close();
    b.close();
  });
});

describe('a pidfd that comes with a message (SO_PASSPIDFD)', () => {
  const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

  /** A pair of which the second gets pidfds. `hasPidfds` is false before Linux 6.5. */
  function pair(): { a: Socket; b: Socket; hasPidfds: boolean } {
    const [a, b] = socketpair();
    let hasPidfds = true;
    try {
      b.setsockopt(SOL_SOCKET, SO_PASSPIDFD, true);
    } catch {
      hasPidfds = false;
    }
    return { a, b, hasPidfds };
  }

  it.each<[string, (socket: Socket) => { ancData?: ControlMessage[]; fds: number[] }]>([
    ['recvMsg', (socket) => socket.recvMsg(10, { ancBufSize: 512 })],
    ['recvMsgInto', (socket) => socket.recvMsgInto([Buffer.alloc(10)], { ancBufSize: cmsgSpace(4) })],
  ])('is open, and belongs to the caller of %s', (_, receive) => {
    const { a, b, hasPidfds } = pair();
    const before = openDescriptors();
    a.sendMsg([Buffer.from('x')], { fds: [a.fileno()] });
    const { ancData, fds } = receive(b);
    const pidfd = ancillary.pidfd.get(ancData);
    expect([ancData?.length, fds.length]).toEqual([hasPidfds ? 1 : 0, 1]);
    if (hasPidfds) {
      expect(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8')).toMatch(new RegExp(`^Pid:\\s+${process.pid}$`, 'm'));
      fd.close(pidfd!);
    }
    fd.close(fds[0]!);
    expect(openDescriptors()).toBe(before);
    a.close();
    b.close();
  });

  it.each([0, 1, cmsgLen(4) - 1])('does not stay open with room for %d bytes of control messages', (ancBufSize) => {
    const { a, b } = pair();
    const before = openDescriptors();
    a.sendMsg([Buffer.from('x')], { fds: [a.fileno()] });
    const { fds, ancData } = b.recvMsg(10, { ancBufSize });
    const pidfd = ancillary.pidfd.get(ancData);
    if (pidfd !== undefined) fd.close(pidfd); // the room for descriptors was enough
    for (const received of fds) fd.close(received);
    a.sendMsg([Buffer.from('x')]);
    const second = b.recvMsg(10, { ancBufSize, maxFds: 0 });
    expect(ancillary.pidfd.get(second.ancData)).toBeUndefined();
    expect(openDescriptors()).toBe(before);
    a.close();
    b.close();
  });
});
