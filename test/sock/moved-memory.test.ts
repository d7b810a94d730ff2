/** Empty buffers, and buffers whose memory is moved away during an operation, as `postMessage(data, [data.buffer])` does. */

import { describe, expect, it } from 'vitest';

import {
  type Coroutine,
  createTask,
  sockRecv,
  sockRecvFromInto,
  sockRecvInto,
  sockSendAll,
  sockSendTo,
} from 'selectloop';
import { AF_UNIX, SOCK_DGRAM, type Socket } from 'selectloop/sockets';

import { errorOf, everyLoop, turns, waiting } from '../support/every-loop.js';
import { moveAway } from '../support/moved.js';
import { Opened, fill } from '../support/sockets.js';

const lost = (name: string): unknown =>
  expect.objectContaining({
    name: 'TypeError',
    message: expect.stringMatching(new RegExp(`^${name}: .*keeps its memory`)) as string,
  });

describe.each(everyLoop)('memory moved away from a buffer ($name)', ({ run }) => {
  it('while sockSendAll waits fails the operation instead of reporting that all was sent', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.narrowPair();
      const data = new Uint8Array(1_000_000);
      const sending = createTask(() => sockSendAll(a, data));
      yield* turns(2);
      expect(waiting().writers).toBe(1);
      moveAway(data);
      yield* sockRecv(b, 65_536);
      while (!sending.done()) {
        const more = b.recvEx(65_536); // until there is room again
        if (typeof more === 'number') yield;
      }
      expect(yield* errorOf(sending)).toEqual(lost('data'));
      expect(waiting().writers).toBe(0);
    }));

  it('while sockRecvInto waits fails the operation instead of reporting EOF, and loses no bytes', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const buffer = new Uint8Array(10);
      const receiving = createTask(() => sockRecvInto(b, buffer));
      yield* turns(2);
      moveAway(buffer);
      yield* sockSendAll(a, Buffer.from('kept'));
      expect(yield* errorOf(receiving)).toEqual(lost('buffer'));
      expect((yield* sockRecv(b, 10)).toString()).toBe('kept');
    }));

  it('before an operation begins fails it, and nothing is sent', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const receiver = opened.socket(AF_UNIX, SOCK_DGRAM);
      receiver.bind({ path: '' });
      const sender = opened.socket(AF_UNIX, SOCK_DGRAM);
      const operations: Array<[string, (bytes: Uint8Array) => Coroutine<unknown>]> = [
        ['data', (bytes) => sockSendAll(a, bytes)],
        ['data', (bytes) => sockSendTo(sender, bytes, receiver.getsockname())],
        ['buffer', (bytes) => sockRecvInto(b, bytes)],
        ['buffer', (bytes) => sockRecvFromInto(receiver, bytes)],
      ];
      for (const [name, operation] of operations) {
        const bytes = new Uint8Array(10);
        const made = operation(bytes);
        moveAway(bytes);
        expect(yield* errorOf(createTask(() => made))).toEqual(lost(name));
        expect(() => operation(bytes)).toThrow(lost(name));
      }
      expect([b.recvEx(10), receiver.recvFromEx(10)].every((result) => typeof result === 'number')).toBe(true);
    }));
});

describe.each(everyLoop)('empty buffers ($name)', ({ run }) => {
  it.each<[string, (opened: Opened) => [Socket, Socket]]>([
    ['UNIX', (opened) => opened.pair()],
    ['TCP', (opened) => opened.tcpPair()],
    ['datagrams', (opened) => opened.pair(SOCK_DGRAM)],
  ])('sockRecvInto returns immediately and receives nothing (%s)', (_, pair) =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = pair(opened);
      const receiving = createTask(() => sockRecvInto(b, Buffer.alloc(0)));
      yield* turns(3);
      expect(receiving.done()).toBe(true);
      expect(yield* receiving).toBe(0);
      yield* sockSendAll(a, Buffer.from('kept'));
      expect(yield* sockRecvInto(b, Buffer.alloc(0))).toBe(0);
      expect((yield* sockRecv(b, 10)).toString()).toBe('kept');
      expect(yield* sockRecvInto(b, Buffer.alloc(0))).toBe(0); // also after a receive that emptied the socket
      const closing = sockRecvInto(b, Buffer.alloc(0));
      b.close();
      expect(yield* errorOf(createTask(() => closing))).toMatchObject({ code: 'EBADF', syscall: 'recv' });
    }),
  );

  it('sockSendAll of no bytes returns immediately on a stream, even on a full one', () =>
    run(function* () {
      using opened = new Opened();
      for (const [a] of [opened.pair(), opened.tcpPair()]) {
        fill(a);
        const sending = createTask(() => sockSendAll(a, Buffer.alloc(0)));
        yield* turns(3);
        expect(sending.done()).toBe(true);
        yield* sending;
      }
    }));
});
