/** Everything that makes a file ready. */

import type { NativeBinding } from '../../lib/native/contract.js';
import { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM, inet, recv, send, socketpair } from './machine.js';

const READ = 1;
const WRITE = 2;
const SHUT_RD = 0;
const SHUT_WR = 1;

/** Prepares a file that is not ready. Returns it, the events to wait for, and what makes it ready. */
export type Scene = (calls: NativeBinding) => [fd: number, events: number, happens: () => unknown];

function listener(calls: NativeBinding): number {
  const fd = calls.socket(AF_INET, SOCK_STREAM, 0);
  calls.bind(fd, inet('127.0.0.1', 80));
  calls.listen(fd, 0);
  return fd;
}

function client(calls: NativeBinding): number {
  const fd = calls.socket(AF_INET, SOCK_STREAM, 0);
  calls.setNonBlocking(fd, true);
  calls.connect(fd, inet('127.0.0.1', 80));
  return fd;
}

function tcp(calls: NativeBinding): [number, number] {
  const server = listener(calls);
  return [client(calls), calls.accept(server, true, null)];
}

function pipe(calls: NativeBinding): [number, number] {
  const pair = new Int32Array(2);
  calls.pipe(pair);
  return [pair[0]!, pair[1]!];
}

function unixListener(calls: NativeBinding): number {
  const fd = calls.socket(AF_UNIX, SOCK_STREAM, 0);
  calls.bind(fd, unixName('server'));
  calls.listen(fd, 0);
  return fd;
}

function unixName(name: string): ReturnType<typeof inet> {
  return { ...inet('', 0), family: AF_UNIX, path: `\0${name}` };
}

function unixDatagram(calls: NativeBinding, name: string): number {
  const fd = calls.socket(AF_UNIX, SOCK_DGRAM, 0);
  calls.bind(fd, unixName(name));
  calls.setNonBlocking(fd, true);
  return fd;
}

/** Writes until nothing more is taken. */
function fill(calls: NativeBinding, fd: number): void {
  calls.setNonBlocking(fd, true);
  const block = new Uint8Array(65_536);
  while (calls.write(fd, block, 0, block.length) > 0);
}

/** Reads until nothing is left. */
function empty(calls: NativeBinding, fd: number): void {
  calls.setNonBlocking(fd, true);
  const block = new Uint8Array(65_536);
  while (calls.read(fd, block, 0, block.length) > 0);
}

/** Lets time pass. */
function pass(calls: NativeBinding, ms: number): number {
  return calls.wait(calls.eventfd(), READ, ms);
}

function option(calls: NativeBinding, fd: number, name: string, value: number): number {
  const { constants } = calls;
  return calls.setsockopt(fd, constants.SOL_SOCKET!, constants[name]!, new Uint8Array(Int32Array.of(value).buffer));
}

/** A socket that cannot send, because the queue of its peer is full, and that peer. */
function blockedSender(calls: NativeBinding): [sender: number, receiver: number] {
  const receiver = unixDatagram(calls, 'receiver');
  const sender = unixDatagram(calls, 'sender');
  calls.connect(sender, unixName('receiver'));
  while (send(calls, sender, 'x') > 0);
  return [sender, receiver];
}

/** A socket that cannot send, because another one has filled the queue of its peer, and that peer. */
function blockedByOther(calls: NativeBinding): [sender: number, receiver: number] {
  const [, receiver] = blockedSender(calls);
  const other = unixDatagram(calls, 'other sender');
  calls.connect(other, unixName('receiver'));
  return [other, receiver];
}

export const SCENES: Readonly<Record<string, Scene>> = {
  'an eventfd that is notified': (calls) => {
    const fd = calls.eventfd();
    return [fd, READ, () => calls.notify(fd)];
  },
  'an eventfd that was full and is drained': (calls) => {
    const fd = calls.eventfd();
    calls.write(fd, new Uint8Array(BigUint64Array.of(0xffff_ffff_ffff_fffen).buffer), 0, 8);
    return [fd, WRITE, () => calls.drain(fd)];
  },
  'a pipe that is written to': (calls) => {
    const [reader, writer] = pipe(calls);
    return [reader, READ, () => calls.write(writer, new Uint8Array(1), 0, 1)];
  },
  'a pipe that was full and is read': (calls) => {
    const [reader, writer] = pipe(calls);
    fill(calls, writer);
    return [writer, WRITE, () => empty(calls, reader)];
  },
  'a pipe whose writer is closed': (calls) => {
    const [reader, writer] = pipe(calls);
    return [reader, READ, () => calls.close(writer)];
  },
  'a full pipe whose reader is closed': (calls) => {
    const [reader, writer] = pipe(calls);
    fill(calls, writer);
    return [writer, WRITE, () => calls.close(reader)];
  },
  'a UNIX stream that receives': (calls) => {
    const [a, b] = socketpair(calls);
    return [b, READ, () => send(calls, a, 'x')];
  },
  'a UNIX stream that was full and is read': (calls) => {
    const [a, b] = socketpair(calls);
    fill(calls, a);
    return [a, WRITE, () => empty(calls, b)];
  },
  'a UNIX stream that was full and gets a larger buffer': (calls) => {
    const [a] = socketpair(calls);
    option(calls, a, 'SO_SNDBUF', 10_000);
    fill(calls, a);
    return [a, WRITE, () => option(calls, a, 'SO_SNDBUF', 200_000)];
  },
  'a UNIX stream whose peer ends': (calls) => {
    const [a, b] = socketpair(calls);
    return [b, READ, () => calls.shutdown(a, SHUT_WR)];
  },
  'a UNIX stream that is shut down': (calls) => {
    const [a] = socketpair(calls);
    return [a, READ, () => calls.shutdown(a, SHUT_RD)];
  },
  'a UNIX stream whose peer is closed': (calls) => {
    const [a, b] = socketpair(calls);
    return [b, READ, () => calls.close(a)];
  },
  'a UNIX listener with a connection': (calls) => {
    const fd = unixListener(calls);
    return [fd, READ, () => calls.connect(calls.socket(AF_UNIX, SOCK_STREAM, 0), unixName('server'))];
  },
  'a UNIX client whose listener is closed': (calls) => {
    const fd = unixListener(calls);
    const other = calls.socket(AF_UNIX, SOCK_STREAM, 0);
    calls.connect(other, unixName('server'));
    return [other, READ, () => calls.close(fd)];
  },
  'a UNIX datagram socket that receives': (calls) => {
    const [a, b] = socketpair(calls, SOCK_DGRAM);
    return [b, READ, () => send(calls, a, 'x')];
  },
  'a UNIX datagram socket that is shut down': (calls) => {
    const [a] = socketpair(calls, SOCK_DGRAM);
    return [a, READ, () => calls.shutdown(a, SHUT_RD)];
  },
  'a UNIX datagram socket whose peer has chosen another': (calls) => {
    const [a, b] = [unixDatagram(calls, 'a'), unixDatagram(calls, 'b')];
    calls.connect(a, unixName('b'));
    calls.connect(b, unixName('a'));
    send(calls, b, 'unread');
    unixDatagram(calls, 'c');
    return [b, READ, () => calls.connect(a, unixName('c'))];
  },
  'a UNIX datagram socket whose receiver has room again': (calls) => {
    const [sender, receiver] = blockedSender(calls);
    return [sender, WRITE, () => recv(calls, receiver)];
  },
  'a UNIX datagram socket whose full receiver is closed': (calls) => {
    const [sender, receiver] = blockedSender(calls);
    return [sender, WRITE, () => calls.close(receiver)];
  },
  'a UNIX datagram socket whose receiver has room again after messages of another one': (calls) => {
    const [sender, receiver] = blockedByOther(calls);
    return [sender, WRITE, () => recv(calls, receiver)];
  },
  'a UNIX datagram socket whose receiver, which another one has filled, is closed': (calls) => {
    const [sender, receiver] = blockedByOther(calls);
    return [sender, WRITE, () => calls.close(receiver)];
  },
  'a UNIX datagram socket whose full receiver connects back': (calls) => {
    const [sender, receiver] = blockedSender(calls);
    return [sender, WRITE, () => calls.connect(receiver, unixName('sender'))];
  },
  'a UNIX datagram socket that leaves its full receiver': (calls) => {
    const [sender] = blockedSender(calls);
    unixDatagram(calls, 'other');
    return [sender, WRITE, () => calls.connect(sender, unixName('other'))];
  },
  'a TCP listener with a connection': (calls) => {
    const fd = listener(calls);
    return [fd, READ, () => client(calls)];
  },
  'a TCP listener that is shut down': (calls) => {
    const fd = listener(calls);
    return [fd, READ, () => calls.shutdown(fd, SHUT_RD)];
  },
  'a TCP socket that receives': (calls) => {
    const [a, b] = tcp(calls);
    return [b, READ, () => send(calls, a, 'x')];
  },
  'a TCP socket that waits for fewer bytes': (calls) => {
    const [a, b] = tcp(calls);
    option(calls, b, 'SO_RCVLOWAT', 100);
    send(calls, a, 'x');
    return [b, READ, () => option(calls, b, 'SO_RCVLOWAT', 1)];
  },
  'a TCP socket that was full and whose peer reads': (calls) => {
    const [a, b] = tcp(calls);
    fill(calls, a);
    return [a, WRITE, () => empty(calls, b)];
  },
  'a TCP socket whose peer ends': (calls) => {
    const [a, b] = tcp(calls);
    return [b, READ, () => calls.shutdown(a, SHUT_WR)];
  },
  'a TCP socket that is shut down': (calls) => {
    const [a] = tcp(calls);
    return [a, READ, () => calls.shutdown(a, SHUT_RD)];
  },
  'a TCP socket that is reset': (calls) => {
    const [a, b] = tcp(calls);
    send(calls, b, 'unread');
    return [b, READ, () => calls.close(a)];
  },
  'a connect that is refused later': (calls) => {
    const fd = listener(calls);
    client(calls);
    const late = client(calls); // the queue is full: no answer yet
    return [late, WRITE, () => [calls.close(fd), pass(calls, 2000)]];
  },
  'a connect that succeeds later': (calls) => {
    const fd = listener(calls);
    client(calls);
    const late = client(calls);
    return [late, WRITE, () => [calls.accept(fd, true, null), pass(calls, 2000)]];
  },
  'a UDP socket that receives': (calls) => {
    const fd = calls.socket(AF_INET, SOCK_DGRAM, 0);
    calls.bind(fd, inet('127.0.0.1', 53));
    const other = calls.socket(AF_INET, SOCK_DGRAM, 0);
    return [fd, READ, () => calls.sendTo(other, new Uint8Array(1), 0, 1, 0, inet('127.0.0.1', 53))];
  },
  'a UDP socket whose datagram has no receiver': (calls) => {
    const fd = calls.socket(AF_INET, SOCK_DGRAM, 0);
    calls.connect(fd, inet('127.0.0.1', 53));
    return [fd, READ, () => send(calls, fd, 'x')];
  },
  'a UDP socket that is shut down': (calls) => {
    const fd = calls.socket(AF_INET, SOCK_DGRAM, 0);
    return [fd, READ, () => calls.shutdown(fd, SHUT_RD)];
  },
  'an epoll that watches one that becomes ready': (calls) => {
    const inner = new calls.EpollSelector();
    inner.open();
    const [a, b] = socketpair(calls);
    inner.register(b, READ);
    return [inner.fileno(), READ, () => send(calls, a, 'x')];
  },
};
