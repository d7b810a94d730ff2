/** Wrong arguments, as an untyped program would pass them: each is rejected by name and nothing happens. */

import { describe, expect, it } from 'vitest';

import {
  AF_INET,
  AF_UNIX,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  Socket,
  fd,
  socketpair,
} from '../../lib/sockets/index.js';
import { moveAway } from '../support/moved.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an untyped caller
type Untyped = any;

const data = Buffer.from('x');
const here = { host: '127.0.0.1', port: 1 };

/* eslint-disable @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access,
   @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-assignment -- what an untyped caller does */
describe('Socket rejects', () => {
  it.each<[string, (s: Untyped) => unknown, typeof TypeError | typeof RangeError, RegExp]>([
    ['send of text', (s) => s.send('text'), TypeError, /^data: expected .*Buffer\.from\(text\).*, got "text"$/],
    ['send of nothing', (s) => s.send(), TypeError, /^data: expected a Buffer or Uint8Array, got undefined$/],
    ['send of an ArrayBuffer', (s) => s.send(new ArrayBuffer(1)), TypeError, /^data: .*class ArrayBuffer$/],
    ['send of another view', (s) => s.send(new Uint16Array(1)), TypeError, /^data: .*class Uint16Array$/],
    ['send of an array', (s) => s.send([1, 2]), TypeError, /^data: /],
    ['send with text for flags', (s) => s.send(data, 'x'), TypeError, /^flags: expected an integer.*, got "x"$/],
    ['send with null for flags', (s) => s.send(data, null), TypeError, /^flags: .*got null$/],
    ['send with broken flags', (s) => s.send(data, 1.5), RangeError, /^flags: .*got 1\.5$/],
    ['send with negative flags', (s) => s.send(data, -1), RangeError, /^flags: /],
    ['sendAll of text', (s) => s.sendAll('text'), TypeError, /^data: /],
    ['sendTo of null', (s) => s.sendTo(null, here), TypeError, /^data: .*got null$/],
    ['sendTo nowhere', (s) => s.sendTo(data), TypeError, /^address: expected \{ host, port \}.*, got undefined$/],
    ['sendTo with flags first', (s) => s.sendTo(data, 0, here), TypeError, /^flags: .*class Object$/],
    ['sendMsg of one buffer', (s) => s.sendMsg(data), TypeError, /^buffers: expected an array of Buffers/],
    ['sendMsg of texts', (s) => s.sendMsg([data, 'x']), TypeError, /^buffers\[1\]: /],
    ['sendMsg with a number for fds', (s) => s.sendMsg([data], { fds: 3 }), TypeError, /^options\.fds: /],
    ['sendMsg with text for a fd', (s) => s.sendMsg([data], { fds: ['3'] }), TypeError, /^options\.fds\[0\]: /],
    ['sendMsg with a negative fd', (s) => s.sendMsg([data], { fds: [-1] }), RangeError, /^options\.fds\[0\]: /],
    ['sendMsg with bad flags', (s) => s.sendMsg([data], { flags: '1' }), TypeError, /^options\.flags: /],
    ['recv of nothing', (s) => s.recv(), TypeError, /^n: expected an integer from 0 to 2147483647, got undefined$/],
    ['recv of text', (s) => s.recv('5'), TypeError, /^n: /],
    ['recv of a negative number', (s) => s.recv(-1), RangeError, /^n: .*got -1$/],
    ['recv of NaN', (s) => s.recv(NaN), RangeError, /^n: .*got NaN$/],
    ['recv of too much', (s) => s.recv(2 ** 31), RangeError, /^n: /],
    ['recv of a bigint', (s) => s.recv(5n), TypeError, /^n: .*got the bigint 5n$/],
    ['recvInto text', (s) => s.recvInto('x'), TypeError, /^buffer: /],
    ['recvInto a number', (s) => s.recvInto(10), TypeError, /^buffer: /],
    ['recvFrom of text', (s) => s.recvFrom('1'), TypeError, /^n: /],
    ['recvMsg of text', (s) => s.recvMsg('1'), TypeError, /^n: /],
    ['recvMsg with bad maxFds', (s) => s.recvMsg(1, { maxFds: -1 }), RangeError, /^options\.maxFds: /],
    ['recvMsg with bad ancBufSize', (s) => s.recvMsg(1, { ancBufSize: 1.5 }), RangeError, /^options\.ancBufSize: /],
    ['recvMsg with too much room', (s) => s.recvMsg(1, { ancBufSize: 2 ** 21 }), RangeError, /^options\.ancBufSize: /],
    ['recvFromInto text', (s) => s.recvFromInto('x'), TypeError, /^buffer: /],
    ['recvMsgInto one buffer', (s) => s.recvMsgInto(data), TypeError, /^buffers: expected an array of Buffers/],
    ['recvMsgInto texts', (s) => s.recvMsgInto([data, 'x']), TypeError, /^buffers\[1\]: /],
    ['recvMsgInto 1025', (s) => s.recvMsgInto(Array(1025).fill(data)), RangeError, /^buffers: .*at most 1024/],
    ['sendMsg with text for ancData', (s) => s.sendMsg([data], { ancData: 'x' }), TypeError, /^options\.ancData: /],
    [
      'sendMsg of null',
      (s) => s.sendMsg([data], { ancData: [null] }),
      TypeError,
      /^options\.ancData\[0\]: .*got null$/,
    ],
    [
      'sendMsg of a message without data',
      (s) => s.sendMsg([data], { ancData: [{ level: 1, type: 1 }] }),
      TypeError,
      /^options\.ancData\[0\]\.data: /,
    ],
    [
      'sendMsg of a named level',
      (s) => s.sendMsg([data], { ancData: [{ level: 'SOL_SOCKET', type: 1, data }] }),
      TypeError,
      /^options\.ancData\[0\]\.level: /,
    ],
    ['sendFile of a path', (s) => s.sendFile('/etc/passwd'), TypeError, /^sendFile: file: expected a descriptor/],
    ['sendFile with a negative offset', (s) => s.sendFile(0, { offset: -1 }), RangeError, /^sendFile: offset: /],
    [
      'joinGroup of a name',
      (s) => s.joinGroup('all'),
      TypeError,
      /^group: expected a numeric IPv4 address, got "all"$/,
    ],
    ['joinGroup of another family', (s) => s.joinGroup('ff02::1'), TypeError, /^group: /],
    ['joinGroup with no options', (s) => s.joinGroup('239.1.2.3', null), TypeError, /^options: /],
    [
      'joinGroup on a bad interface',
      (s) => s.joinGroup('239.1.2.3', { interface: true }),
      TypeError,
      /^options\.interface: expected the name or the index/,
    ],
    ['joinGroup with a bad source', (s) => s.joinGroup('239.1.2.3', { source: 5 }), TypeError, /^options\.source: /],
    ['bind to nothing', (s) => s.bind(), TypeError, /^address: /],
    ['connect to text', (s) => s.connect('127.0.0.1:80'), TypeError, /^address: .*got "127\.0\.0\.1:80"$/],
    ['connect to a name', (s) => s.connect({ host: 'localhost', port: 80 }), TypeError, /resolve a name first/],
    ['connectEx to a bad port', (s) => s.connectEx({ host: '', port: -1 }), RangeError, /^address\.port: /],
    ['listen with text', (s) => s.listen('5'), TypeError, /^backlog: /],
    ['listen with a negative number', (s) => s.listen(-1), RangeError, /^backlog: /],
    ['shutdown of nothing', (s) => s.shutdown(), TypeError, /^how: expected 'read', 'write' or 'both', got undefined$/],
    ['shutdown of a number', (s) => s.shutdown(2), TypeError, /^how: /],
    ['shutdown of another word', (s) => s.shutdown('all'), RangeError, /^how: .*got "all"$/],
    [
      'setsockopt of text',
      (s) => s.setsockopt(1, 2, 'x'),
      TypeError,
      /^value: expected a number, boolean, Buffer or Uint8Array/,
    ],
    ['setsockopt of null', (s) => s.setsockopt(1, 2, null), TypeError, /^value: /],
    ['setsockopt of an object', (s) => s.setsockopt(1, 2, {}), TypeError, /^value: /],
    ['setsockopt of a fraction', (s) => s.setsockopt(1, 2, 0.5), RangeError, /^value: expected a 32-bit integer/],
    ['setsockopt of too much', (s) => s.setsockopt(1, 2, 2 ** 32), RangeError, /^value: /],
    ['setsockopt of a named level', (s) => s.setsockopt('SOL_SOCKET', 2, 1), TypeError, /^level: /],
    ['setsockopt of a named option', (s) => s.setsockopt(1, 'SO_REUSEADDR', 1), TypeError, /^option: /],
    ['getsockopt of nothing', (s) => s.getsockopt(), TypeError, /^level: /],
    ['getsockopt of no bytes', (s) => s.getsockopt(1, 2, 0), RangeError, /^length: /],
    ['getsockopt of too many bytes', (s) => s.getsockopt(1, 2, 1025), RangeError, /^length: .*1 to 1024, got 1025$/],
  ])('%s', (_, use, errorClass, message) => {
    using socket = new Socket();
    let error: unknown;
    try {
      use(socket);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(errorClass);
    expect((error as Error).message).toMatch(message);
  });
});

describe('making sockets rejects', () => {
  const make = Socket as Untyped;
  const pair = socketpair as Untyped;
  it.each<[string, () => unknown, typeof TypeError | typeof RangeError, RegExp]>([
    ['a named family', () => new make('AF_INET'), TypeError, /^family: expected an integer.*, got "AF_INET"$/],
    ['null', () => new make(null), TypeError, /^family: .*got null$/],
    ['an object', () => new make({}), TypeError, /^family: /],
    ['a negative family', () => new make(-1), RangeError, /^family: /],
    ['a named type', () => new make(AF_INET, 'SOCK_STREAM'), TypeError, /^type: /],
    ['a named protocol', () => new make(AF_INET, SOCK_STREAM, 'tcp'), TypeError, /^protocol: /],
    ['a pair of a named type', () => pair(AF_UNIX, 'SOCK_STREAM'), TypeError, /^type: /],
    ['a pair of a named family', () => pair('AF_UNIX'), TypeError, /^family: /],
  ])('%s', (_, use, errorClass, message) => {
    let error: unknown;
    try {
      use();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(errorClass);
    expect((error as Error).message).toMatch(message);
  });

  it("a family or type that the kernel does not have, with the kernel's error", () => {
    expect(() => new Socket(9999)).toThrow(expect.objectContaining({ code: 'EAFNOSUPPORT', syscall: 'socket' }));
    expect(() => new Socket(AF_INET, 9)).toThrow(expect.objectContaining({ syscall: 'socket' }));
  });
});

describe('fd rejects', () => {
  const untyped = fd as Untyped;
  it.each<[string, () => unknown, typeof TypeError | typeof RangeError, RegExp]>([
    ['a read of no number', () => untyped.read('0', 1), TypeError, /^fd: /],
    ['a read of -1', () => untyped.read(-1, 1), RangeError, /^fd: /],
    ['a read of no length', () => untyped.read(0), TypeError, /^n: /],
    ['a write of text', () => untyped.write(1, 'text'), TypeError, /^data: .*Buffer\.from\(text\)/],
    ['a close of a socket object', () => untyped.close({ fileno: () => 1 }), TypeError, /^fd: /],
    ['a close of nothing', () => untyped.close(), TypeError, /^fd: /],
    ['a mode of no number', () => untyped.setBlocking(null, true), TypeError, /^fd: /],
  ])('%s', (_, use, errorClass, message) => {
    expect(use).toThrow(errorClass);
    expect(use).toThrow(message);
  });
});

describe('bytes whose memory was moved away', () => {
  const refused = (name: string): unknown =>
    expect.objectContaining({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(new RegExp(`^${name}: .*keeps its memory`)) as string,
    });

  it('are rejected in every call, not treated as empty', () => {
    const [a, b] = socketpair();
    using first = a;
    using second = b;
    second.setBlocking(false);
    const bytes = transferred();
    expect(bytes).toHaveLength(0);
    expect(() => first.send(bytes)).toThrow(refused('data'));
    expect(() => {
      first.sendAll(bytes);
    }).toThrow(refused('data'));
    expect(() => first.sendTo(bytes, { path: '' })).toThrow(refused('data'));
    expect(() => first.sendMsg([data, bytes])).toThrow(refused('buffers\\[1\\]'));
    expect(() => fd.write(first.fileno(), bytes)).toThrow(refused('data'));
    expect(() => second.recv(10)).toThrow(expect.objectContaining({ code: 'EAGAIN' })); // nothing was sent
    first.send(data);
    expect(() => second.recvInto(bytes)).toThrow(refused('buffer'));
    expect(second.recv(10)).toEqual(data);
  });

  it('are distinguished from an empty view, which is accepted', () => {
    const [a, b] = socketpair();
    using first = a;
    using second = b;
    for (const none of [
      Buffer.alloc(0),
      new Uint8Array(0),
      data.subarray(1),
      new Uint8Array(new SharedArrayBuffer(0)),
    ]) {
      expect(first.send(none)).toBe(0);
      expect(second.recvInto(none)).toBe(0);
    }
  });
});

function transferred(): Uint8Array {
  const bytes = new Uint8Array(8);
  moveAway(bytes);
  return bytes;
}

it('a rejected argument leaves the socket unchanged', () => {
  using socket = new Socket();
  expect(() => {
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 'yes' as unknown as number);
  }).toThrow(TypeError);
  expect(socket.getsockopt(SOL_SOCKET, SO_REUSEADDR)).toBe(0);
});
