/** Bad arguments: typed errors, with codes, that say what was expected and what came. Nothing is sent, nothing waits. */

import { afterAll, describe, expect, it } from 'vitest';

import {
  type Coroutine,
  getaddrinfo,
  runSync,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvFrom,
  sockRecvInto,
  sockSendAll,
  sockSendFile,
  sockSendTo,
} from 'selectloop';
import { AF_UNIX, Socket } from 'selectloop/sockets';

import { Opened } from '../support/sockets.js';

const opened = new Opened();
afterAll(() => opened[Symbol.dispose]());

const bytes = Buffer.from('x');
const target = { host: '127.0.0.1', port: 1 };

const operations: Record<string, (socket: Socket) => Coroutine<unknown>> = {
  sockRecv: (socket) => sockRecv(socket, 1),
  sockRecvInto: (socket) => sockRecvInto(socket, Buffer.alloc(1)),
  sockRecvFrom: (socket) => sockRecvFrom(socket, 1),
  sockSendAll: (socket) => sockSendAll(socket, bytes),
  sockSendTo: (socket) => sockSendTo(socket, bytes, target),
  sockAccept: (socket) => sockAccept(socket),
  sockConnect: (socket) => sockConnect(socket, target),
  sockSendFile: (socket) => sockSendFile(socket, 0),
};

/** What a call, or the coroutine that it makes, throws. */
function failureOf(call: () => Coroutine<unknown>): unknown {
  try {
    runSync(function* () {
      yield* call();
    });
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}

const typeError = (pattern: RegExp): unknown =>
  expect.objectContaining({
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
    message: expect.stringMatching(pattern) as string,
  });
const rangeError = (pattern: RegExp): unknown =>
  expect.objectContaining({
    name: 'RangeError',
    code: 'ERR_OUT_OF_RANGE',
    message: expect.stringMatching(pattern) as string,
  });

describe.each(Object.entries(operations))('%s', (name, operation) => {
  it.each([[5], [null], [undefined], ['socket'], [{ fileno: () => 3 }]])('refuses %o as its socket', (bad) => {
    const pattern = new RegExp(`^${name}: socket: expected a Socket, got `);
    expect(failureOf(() => operation(bad as never))).toEqual(typeError(pattern));
  });

  it('refuses a socket that blocks, with and without a timeout', () => {
    using socket = new Socket();
    const refused: unknown = expect.objectContaining({
      name: 'InvalidStateError',
      code: 'ERR_INVALID_STATE',
      message: expect.stringMatching(new RegExp(`^${name}: the socket must be non-blocking`)) as string,
    });
    expect(failureOf(() => operation(socket))).toEqual(refused);
    socket.setTimeout(10);
    expect(failureOf(() => operation(socket))).toEqual(refused);
  });

  it.each([[true], [false]])('on a closed socket is EBADF (blocking before: %s)', (blocking) => {
    const socket = new Socket();
    socket.setBlocking(blocking);
    socket.close();
    expect(failureOf(() => operation(socket))).toMatchObject({ name: 'OSError', code: 'EBADF' });
  });
});

describe('sizes and bytes', () => {
  const [a] = opened.pair();

  it.each([[0], [-1], [1.5], [NaN], [Infinity], [2 ** 31]])('refuse %d as a number of bytes', (n) => {
    const pattern = /^n: expected an integer from 1 to 2147483647, got /;
    expect(failureOf(() => sockRecv(a, n))).toEqual(rangeError(pattern));
    expect(failureOf(() => sockRecvFrom(a, n))).toEqual(rangeError(pattern));
  });

  it.each([['10'], [null], [undefined], [{}], [10n]])('refuse %o as a number of bytes', (n) => {
    const pattern = /^n: expected an integer from 1 to 2147483647, got /;
    expect(failureOf(() => sockRecv(a, n as never))).toEqual(typeError(pattern));
    expect(failureOf(() => sockRecvFrom(a, n as never))).toEqual(typeError(pattern));
  });

  it('refuse text, and say how it becomes bytes', () => {
    const pattern = /^data: expected a Buffer or Uint8Array \(for text: Buffer\.from\(text\)\), got "hello"$/;
    expect(failureOf(() => sockSendAll(a, 'hello' as never))).toEqual(typeError(pattern));
    expect(failureOf(() => sockSendTo(a, 'hello' as never, target))).toEqual(typeError(pattern));
  });

  it.each([[null], [undefined], [5], [[1, 2]], [new ArrayBuffer(4)], [new Uint16Array(2)]])(
    'refuse %o as bytes',
    (data) => {
      const pattern = /expected a Buffer or Uint8Array, got /;
      expect(failureOf(() => sockSendAll(a, data as never))).toEqual(typeError(pattern));
      expect(failureOf(() => sockRecvInto(a, data as never))).toEqual(typeError(pattern));
    },
  );

  it('a plain Uint8Array is as good as a Buffer', () =>
    runSync(function* () {
      using pair = new Opened();
      const [from, to] = pair.pair();
      const room = new Uint8Array(8);
      yield* sockSendAll(from, new Uint8Array([1, 2, 3]).subarray(1));
      expect(yield* sockRecvInto(to, room)).toBe(2);
      expect([...room.subarray(0, 2)]).toEqual([2, 3]);
    }));
});

describe('addresses', () => {
  const tcp = opened.socket();
  const unix = opened.socket(AF_UNIX);

  it.each([[null], [undefined], ['127.0.0.1:80'], [5], [{}], [{ path: '/x' }], [{ host: 5, port: 1 }]])(
    'refuse %o for an AF_INET socket',
    (address) => {
      const pattern = /^address: expected \{ host, port \} for an AF_INET socket, got /;
      expect(failureOf(() => sockConnect(tcp, address as never))).toEqual(typeError(pattern));
      expect(failureOf(() => sockSendTo(tcp, bytes, address as never))).toEqual(typeError(pattern));
    },
  );

  it.each([[null], ['/path'], [{}], [target], [{ path: 5 }]])('refuse %o for an AF_UNIX socket', (address) => {
    const pattern = /^address: expected \{ path \} for an AF_UNIX socket, got /;
    expect(failureOf(() => sockConnect(unix, address as never))).toEqual(typeError(pattern));
  });

  it.each([[70_000], [-1], [1.5], [NaN]])('refuse the port %d, also with a host to look up', (port) => {
    const pattern = /port: expected an integer from 0 to 65535, got /;
    expect(failureOf(() => sockConnect(tcp, { host: '127.0.0.1', port }))).toEqual(rangeError(pattern));
    expect(failureOf(() => sockConnect(tcp, { host: 'localhost', port }))).toEqual(rangeError(pattern));
    expect(failureOf(() => getaddrinfo('localhost', port))).toEqual(rangeError(pattern));
  });

  it.each([['80'], [null], [undefined]])('refuse %o as a port', (port) => {
    const pattern = /port: expected an integer from 0 to 65535, got /;
    expect(failureOf(() => sockConnect(tcp, { host: 'localhost', port: port as never }))).toEqual(typeError(pattern));
    expect(failureOf(() => getaddrinfo('localhost', port as never))).toEqual(typeError(pattern));
  });

  it('a datagram is not sent to a name: it would have to be resolved for each', () => {
    const error = failureOf(() => sockSendTo(tcp, bytes, { host: 'localhost', port: 1 }));
    expect(error).toEqual(typeError(/^address\.host: expected a numeric IPv4 address .*getaddrinfo/));
  });

  it('getaddrinfo refuses what is no name, and zero bytes in it', () => {
    expect(failureOf(() => getaddrinfo(5 as never, 1))).toEqual(
      typeError(/^getaddrinfo: host: expected a string, got 5$/),
    );
    expect(failureOf(() => getaddrinfo('localhost\0.example', 1))).toEqual(rangeError(/no zero byte inside/));
    expect(failureOf(() => getaddrinfo('localhost', 1, { family: 'inet' as never }))).toEqual(
      typeError(/^getaddrinfo: family: expected an integer/),
    );
  });
});

it('outside of a loop an operation that has to wait says that there is none', () => {
  const [a] = opened.pair();
  const steps = sockRecv(a, 1)[Symbol.iterator]();
  expect(() => steps.next()).toThrow(expect.objectContaining({ code: 'ERR_NO_RUNNING_LOOP' }));
});
