/** Stream sockets whose peer is slow, silent, gone or half-closed. */

import { describe, expect, it } from 'vitest';

import {
  createTask,
  gather,
  getRunningLoop,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvInto,
  sockSendAll,
} from 'selectloop';
import { AF_UNIX, SOCK_SEQPACKET, SOCK_STREAM } from 'selectloop/sockets';

import { cancelled, errorOf, expectQuiet, everyLoop, iterations, turns, waiting } from '../support/every-loop.js';
import { Opened, fill, patterned, resetOnClose } from '../support/sockets.js';

const codes = (...expected: string[]): unknown => ({
  code: expect.stringMatching(new RegExp(`^(${expected.join('|')})$`)) as string,
});

describe.each(everyLoop)('stream sockets ($name)', ({ run }) => {
  it('a receiver gets ECONNRESET when the peer resets the connection', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.tcpPair();
      const receiving = createTask(() => sockRecv(a, 10));
      yield* turns(2);
      resetOnClose(b);
      b.close();
      expect(yield* errorOf(receiving)).toMatchObject({ code: 'ECONNRESET', syscall: 'recv', name: 'OSError' });
      expect((yield* sockRecv(a, 10)).length).toBe(0); // the error is reported once
      expect(yield* errorOf(createTask(() => sockSendAll(a, Buffer.of(1))))).toMatchObject({ code: 'EPIPE' });
    }));

  it('a waiting sender fails without SIGPIPE when the peer closes', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.tcpPair();
      fill(a);
      const sending = createTask(() => sockSendAll(a, Buffer.alloc(1 << 20)));
      yield* turns(2);
      expect(waiting().writers).toBe(1);
      b.close(); // unread bytes make TCP send a reset
      expect(yield* errorOf(sending)).toMatchObject({ syscall: 'send', ...(codes('EPIPE', 'ECONNRESET') as object) });
      expect(yield* errorOf(createTask(() => sockSendAll(a, Buffer.of(1))))).toMatchObject({ code: 'EPIPE' });
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('300 KB pass through buffers of 4 KB by partial writes', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.narrowPair();
      const data = patterned(300_000);
      expect(a.sendEx(data, 0, data.length)).toBeLessThan(data.length); // otherwise the test would show nothing
      const sending = createTask(() => sockSendAll(a, data));
      const received = Buffer.alloc(2 * data.length);
      let length = 0;
      while (!sending.done()) length += yield* sockRecvInto(b, received.subarray(length));
      a.shutdown('write');
      for (let n = -1; n !== 0; length += n) n = yield* sockRecvInto(b, received.subarray(length));
      expect(received.subarray(length - data.length, length).equals(data)).toBe(true);
    }));

  it('a peer that stops reading parks the sender, and the loop is idle meanwhile', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.tcpPair();
      const data = patterned(8 << 20);
      const sending = createTask(function* () {
        yield* sockSendAll(a, data);
        a.shutdown('write');
      });
      yield* sleep(20); // until the buffers of both sides are full
      expect(sending.done()).toBe(false);
      yield* expectQuiet(100);
      let at = 0;
      for (let chunk = yield* sockRecv(b, 1 << 18); chunk.length > 0; chunk = yield* sockRecv(b, 1 << 18)) {
        if (!chunk.equals(data.subarray(at, at + chunk.length))) expect.fail(`wrong bytes at ${at}`);
        at += chunk.length;
      }
      expect(at).toBe(data.length);
      yield* sending;
    }));

  it('a sender cancelled while its peer does not read leaves no writer', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.narrowPair();
      const sending = createTask(() => sockSendAll(a, Buffer.alloc(1 << 20)));
      yield* turns(3);
      expect(waiting().writers).toBe(1);
      yield* cancelled(sending);
      expect(waiting().writers).toBe(0);
      while (b.recvEx(65_536) instanceof Buffer);
      yield* sockSendAll(a, Buffer.from('again'));
      expect((yield* sockRecv(b, 10)).toString()).toBe('again');
    }));

  it('bytes sent one at a time are received as they arrive', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.tcpPair();
      const text = 'one byte at a time';
      const sending = createTask(function* () {
        for (const byte of Buffer.from(text)) {
          yield* sockSendAll(a, Buffer.of(byte));
          yield* turns(2);
        }
        a.shutdown('write');
      });
      let received = '';
      for (let chunk = yield* sockRecv(b, 100); chunk.length > 0; chunk = yield* sockRecv(b, 100)) {
        received += chunk.toString();
      }
      yield* sending;
      expect(received).toBe(text);
    }));

  it('after a half-close EOF is received, and the other direction still works', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.tcpPair();
      const request = createTask(function* () {
        yield* sockSendAll(a, Buffer.from('question'));
        a.shutdown('write');
        return (yield* sockRecv(a, 100)).toString();
      });
      expect((yield* sockRecv(b, 100)).toString()).toBe('question');
      expect((yield* sockRecv(b, 100)).length).toBe(0);
      expect((yield* sockRecv(b, 100)).length).toBe(0); // and remains
      yield* expectQuiet(); // EOF stays readable, and nothing waits for it
      yield* sockSendAll(b, Buffer.from('answer'));
      expect(yield* request).toBe('answer');
      expect(yield* errorOf(createTask(() => sockSendAll(a, Buffer.of(1))))).toMatchObject({ code: 'EPIPE' });
    }));

  it('sockRecvInto fills only the given part, and only as far as bytes have arrived', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const buffer = Buffer.from('..........');
      getRunningLoop().callSoon(() => b.send(Buffer.from('abc')));
      expect(yield* sockRecvInto(a, buffer.subarray(2, 6))).toBe(3);
      expect(buffer.toString()).toBe('..abc.....');
      b.close();
      expect(yield* sockRecvInto(a, buffer)).toBe(0);
    }));

  it('a peer that always has data does not keep the loop from polling', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      b.send(Buffer.alloc(1000));
      const before = iterations();
      for (let i = 0; i < 1000; i += 1) yield* sockRecv(a, 1);
      expect(iterations() - before).toBeGreaterThanOrEqual(3); // 256 operations an iteration
      expect(a.recvEx(1)).toBeLessThan(0);
    }));

  it('an empty send returns immediately', () =>
    run(function* () {
      using opened = new Opened();
      const [a] = opened.pair();
      yield* sockSendAll(a, Buffer.alloc(0));
      expect(waiting().writers).toBe(0);
    }));

  it.each([
    ['stream', SOCK_STREAM],
    ['seqpacket', SOCK_SEQPACKET],
  ])('UNIX %s sockets listen, accept and connect by an abstract name', (_, type) =>
    run(function* () {
      using opened = new Opened();
      const listener = opened.socket(AF_UNIX, type);
      listener.bind({ path: '' });
      listener.listen();
      const client = opened.socket(AF_UNIX, type);
      const [{ socket }] = yield* gather([sockAccept(listener), sockConnect(client, listener.getsockname())]);
      opened.add(socket);
      const receiving = createTask(() => sockRecv(socket, 100));
      yield* turns(1);
      yield* sockSendAll(client, Buffer.from('first'));
      yield* sockSendAll(client, Buffer.from('second'));
      const [first, second] = [yield* receiving, socket.recvEx(100)];
      // Packets keep their boundaries; a stream has none.
      if (type === SOCK_SEQPACKET) expect([first.toString(), String(second)]).toEqual(['first', 'second']);
      else expect(`${first.toString()}${second instanceof Buffer ? second.toString() : ''}`).toBe('firstsecond');
      client.close();
      expect((yield* sockRecv(socket, 100)).length).toBe(0);
    }),
  );
});
