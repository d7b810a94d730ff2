/** Bad arguments: typed errors with codes that name the expected and the actual value. Nothing is sent, nothing waits. */

import { afterAll, describe, expect, it } from 'vitest';

import {
  type Coroutine,
  getaddrinfo,
  getnameinfo,
  runSync,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvFrom,
  sockRecvFromInto,
  sockRecvInto,
  sockRecvMany,
  sockSendAll,
  sockSendFile,
  sockSendMany,
  sockSendTo,
} from 'selectloop';
import { AF_INET, AF_UNIX, DatagramBatch, SOCK_DGRAM, Socket } from 'selectloop/sockets';

import { Opened } from '../support/sockets.js';

const opened = new Opened();
afterAll(() => opened[Symbol.dispose]());

const bytes = Buffer.from('x');
const target = { host: '127.0.0.1', port: 1 };

const operations: Record<string, (socket: Socket) => Coroutine<unknown>> = {
  sockRecv: (socket) => sockRecv(socket, 1),
  sockRecvInto: (socket) => sockRecvInto(socket, Buffer.alloc(1)),
  sockRecvFrom: (socket) => sockRecvFrom(socket, 1),
  sockRecvFromInto: (socket) => sockRecvFromInto(socket, Buffer.alloc(1)),
  sockRecvMany: (socket) => sockRecvMany(socket, new DatagramBatch()),
  sockSendMany: (socket) => sockSendMany(socket, new DatagramBatch()),
  sockSendAll: (socket) => sockSendAll(socket, bytes),
  sockSendTo: (socket) => sockSendTo(socket, bytes, target),
  sockAccept: (socket) => sockAccept(socket),
  sockConnect: (socket) => sockConnect(socket, target),
  sockSendFile: (socket) => sockSendFile(socket, 0),
};

/** The error of a call, or of the coroutine that it returns. */
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
  it.each([[5], [null], [undefined], ['socket'], [{ fileno: () => 3 }]])('rejects %o as its socket', (bad) => {
    const pattern = new RegExp(`^${name}: socket: expected a Socket, got `);
    expect(failureOf(() => operation(bad as never))).toEqual(typeError(pattern));
  });

  it('refuses a blocking socket, with and without a timeout', () => {
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

  it.each([[true], [false]])('on a closed socket fails with EBADF (blocking before: %s)', (blocking) => {
    const socket = new Socket(AF_INET, SOCK_DGRAM);
    socket.setBlocking(blocking);
    socket.close();
    expect(failureOf(() => operation(socket))).toMatchObject({ name: 'OSError', code: 'EBADF' });
  });
});

describe('sizes and bytes of socket operations', () => {
  const [a] = opened.pair();

  it.each([[0], [-1], [1.5], [NaN], [Infinity], [2 ** 31]])('reject %d as a number of bytes', (n) => {
    const pattern = /^n: expected an integer from 1 to 2147483647, got /;
    expect(failureOf(() => sockRecv(a, n))).toEqual(rangeError(pattern));
    expect(failureOf(() => sockRecvFrom(a, n))).toEqual(rangeError(pattern));
  });

  it.each([['10'], [null], [undefined], [{}], [10n]])('reject %o as a number of bytes', (n) => {
    const pattern = /^n: expected an integer from 1 to 2147483647, got /;
    expect(failureOf(() => sockRecv(a, n as never))).toEqual(typeError(pattern));
    expect(failureOf(() => sockRecvFrom(a, n as never))).toEqual(typeError(pattern));
  });

  it('reject text, and the error says how to convert it to bytes', () => {
    const pattern = /^data: expected a Buffer or Uint8Array \(for text: Buffer\.from\(text\)\), got "hello"$/;
    expect(failureOf(() => sockSendAll(a, 'hello' as never))).toEqual(typeError(pattern));
    expect(failureOf(() => sockSendTo(a, 'hello' as never, target))).toEqual(typeError(pattern));
  });

  it.each([[null], [undefined], [5], [[1, 2]], [new ArrayBuffer(4)], [new Uint16Array(2)]])(
    'reject %o as bytes',
    (data) => {
      const pattern = /expected a Buffer or Uint8Array, got /;
      expect(failureOf(() => sockSendAll(a, data as never))).toEqual(typeError(pattern));
      expect(failureOf(() => sockRecvInto(a, data as never))).toEqual(typeError(pattern));
      expect(failureOf(() => sockRecvFromInto(a, data as never))).toEqual(typeError(pattern));
    },
  );

  it('accept a plain Uint8Array as well as a Buffer', () =>
    runSync(function* () {
      using pair = new Opened();
      const [from, to] = pair.pair();
      const room = new Uint8Array(8);
      yield* sockSendAll(from, new Uint8Array([1, 2, 3]).subarray(1));
      expect(yield* sockRecvInto(to, room)).toBe(2);
      expect([...room.subarray(0, 2)]).toEqual([2, 3]);
    }));
});

describe('addresses of socket operations', () => {
  const tcp = opened.socket();
  const unix = opened.socket(AF_UNIX);

  it.each([[null], [undefined], ['127.0.0.1:80'], [5], [{}], [{ path: '/x' }], [{ host: 5, port: 1 }]])(
    'reject %o for an AF_INET socket',
    (address) => {
      const pattern = /^address: expected \{ host, port \} for an AF_INET socket, got /;
      expect(failureOf(() => sockConnect(tcp, address as never))).toEqual(typeError(pattern));
      expect(failureOf(() => sockSendTo(tcp, bytes, address as never))).toEqual(typeError(pattern));
    },
  );

  it.each([[null], ['/path'], [{}], [target], [{ path: 5 }]])('reject %o for an AF_UNIX socket', (address) => {
    const pattern = /^address: expected \{ path \} for an AF_UNIX socket, a string or a Buffer, got /;
    expect(failureOf(() => sockConnect(unix, address as never))).toEqual(typeError(pattern));
  });

  it.each([[70_000], [-1], [1.5], [NaN]])('reject the port %d, even for a host that is to be resolved', (port) => {
    const pattern = /port: expected an integer from 0 to 65535, got /;
    expect(failureOf(() => sockConnect(tcp, { host: '127.0.0.1', port }))).toEqual(rangeError(pattern));
    expect(failureOf(() => sockConnect(tcp, { host: 'localhost', port }))).toEqual(rangeError(pattern));
    expect(failureOf(() => getaddrinfo('localhost', port))).toEqual(rangeError(pattern));
  });

  it.each([['80'], [null], [undefined]])('reject %o as a port', (port) => {
    const pattern = /port: expected an integer from 0 to 65535, got /;
    expect(failureOf(() => sockConnect(tcp, { host: 'localhost', port: port as never }))).toEqual(typeError(pattern));
    expect(failureOf(() => getaddrinfo('localhost', port as never))).toEqual(typeError(pattern));
  });

  it('reject a host name for a datagram, which would be resolved for each one', () => {
    const error = failureOf(() => sockSendTo(tcp, bytes, { host: 'localhost', port: 1 }));
    expect(error).toEqual(typeError(/^address\.host: expected a numeric IPv4 address .*getaddrinfo/));
  });

  it('getaddrinfo rejects a host that is not a string, and zero bytes in it', () => {
    expect(failureOf(() => getaddrinfo(5 as never, 1))).toEqual(
      typeError(/^getaddrinfo: host: expected a string, got 5$/),
    );
    expect(failureOf(() => getaddrinfo('localhost\0.example', 1))).toEqual(rangeError(/no zero byte inside/));
    expect(failureOf(() => getaddrinfo('localhost', 1, { family: 'inet' as never }))).toEqual(
      typeError(/^getaddrinfo: family: expected an integer/),
    );
    expect(failureOf(() => getaddrinfo('localhost', 1, { flags: -1 }))).toEqual(rangeError(/^getaddrinfo: flags: /));
    expect(failureOf(() => getnameinfo(target, { flags: 'all' as never }))).toEqual(typeError(/^getnameinfo: flags: /));
  });
});

it('an operation that has to wait outside a loop throws ERR_NO_RUNNING_LOOP', () => {
  const [a] = opened.pair();
  const steps = sockRecv(a, 1)[Symbol.iterator]();
  expect(() => steps.next()).toThrow(expect.objectContaining({ code: 'ERR_NO_RUNNING_LOOP' }));
});
