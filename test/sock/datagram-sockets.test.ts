/** Datagrams: UDP, UNIX datagrams, and a full receiver. */

import { describe, expect, it } from 'vitest';

import {
  createTask,
  getRunningLoop,
  sleep,
  sockConnect,
  sockRecv,
  sockRecvFrom,
  sockRecvFromInto,
  sockSendAll,
  sockSendTo,
} from 'selectloop';
import { AF_INET, AF_INET6, AF_UNIX, type Address, SOCK_DGRAM, type Socket } from 'selectloop/sockets';

import { cancelled, errorOf, expectQuiet, everyLoop, turns, waiting } from '../support/every-loop.js';
import { Opened, patterned } from '../support/sockets.js';

function bound(opened: Opened, family: number): Socket {
  const socket = opened.socket(family, SOCK_DGRAM);
  if (family === AF_UNIX) socket.bind({ path: '' });
  else socket.bind({ host: family === AF_INET6 ? '::1' : '127.0.0.1', port: 0 });
  return socket;
}

/** Sends to `receiver`, which does not read, until its queue is full. */
function fillQueue(sender: Socket, receiver: Address): number {
  for (let count = 0; ; count += 1) if (sender.sendToEx(Buffer.from(`${count}`), receiver) < 0) return count;
}

describe.each(everyLoop)('datagrams ($name)', ({ run }) => {
  it.each([
    ['IPv4', AF_INET],
    ['IPv6', AF_INET6],
    ['UNIX', AF_UNIX],
  ])('arrive whole, with their sender, at a waiting receiver (%s)', (_, family) =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = [bound(opened, family), bound(opened, family)];
      const receiving = createTask(() => sockRecvFrom(b, 65_536));
      yield* turns(2);
      expect(waiting().readers).toBe(1);
      const data = patterned(20_000);
      expect(yield* sockSendTo(a, data, b.getsockname())).toBe(data.length);
      const received = yield* receiving;
      expect(received.data.equals(data)).toBe(true);
      expect(received.address).toEqual(a.getsockname());
      expect(yield* sockSendTo(b, Buffer.from('back'), received.address ?? expect.fail('no sender'))).toBe(4);
      expect((yield* sockRecvFrom(a, 2)).data.toString()).toBe('ba'); // the rest of the datagram is lost
      expect(yield* sockSendTo(b, Buffer.alloc(0), a.getsockname())).toBe(0);
      expect((yield* sockRecvFrom(a, 10)).data.length).toBe(0); // an empty datagram is delivered as well
    }),
  );

  it('a connected UDP socket sends and receives without addresses, and reports that a datagram was refused', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = [bound(opened, AF_INET), bound(opened, AF_INET)];
      yield* sockConnect(a, b.getsockname());
      yield* sockConnect(b, a.getsockname());
      const receiving = createTask(() => sockRecv(b, 100));
      yield* turns(1);
      yield* sockSendAll(a, Buffer.from('hi'));
      expect((yield* receiving).toString()).toBe('hi');
      b.close();
      const refused = createTask(() => sockRecv(a, 100));
      yield* turns(1);
      yield* sockSendAll(a, Buffer.from('gone?'));
      expect(yield* errorOf(refused)).toMatchObject({ code: 'ECONNREFUSED', syscall: 'recv' });
    }));

  it('one that is too long fails with EMSGSIZE and the address', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = [bound(opened, AF_INET), bound(opened, AF_INET)];
      const address = b.getsockname() as { host: string; port: number };
      expect(yield* errorOf(createTask(() => sockSendTo(a, Buffer.alloc(70_000), address)))).toMatchObject({
        code: 'EMSGSIZE',
        syscall: 'sendto',
        port: address.port,
      });
    }));

  it('are received into the buffer of the caller', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = [bound(opened, AF_INET), bound(opened, AF_INET)];
      const buffer = Buffer.alloc(8, '.');
      const first = createTask(() => sockRecvFromInto(b, buffer));
      yield* turns(2);
      yield* sockSendTo(a, Buffer.from('hello'), b.getsockname());
      expect(yield* first).toEqual({ nbytes: 5, address: a.getsockname() });
      expect(buffer.toString()).toBe('hello...');
      const second = createTask(getRunningLoop().sockRecvFromInto(b, buffer));
      yield* turns(2);
      yield* cancelled(second);
      yield* sockSendTo(a, Buffer.from('kept, and cut'), b.getsockname());
      expect(yield* sockRecvFromInto(b, buffer)).toEqual({ nbytes: 8, address: a.getsockname() });
      expect(buffer.toString()).toBe('kept, an');
      expect(waiting().readers).toBe(0);
    }));

  it('a cancelled receive loses none', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = [bound(opened, AF_INET), bound(opened, AF_INET)];
      const first = createTask(() => sockRecvFrom(b, 100));
      yield* turns(2);
      yield* sockSendTo(a, Buffer.from('kept'), b.getsockname());
      yield* cancelled(first);
      expect((yield* sockRecvFrom(b, 100)).data.toString()).toBe('kept');
      expect(waiting().readers).toBe(0);
    }));

  it('senders to a full UNIX receiver wait in order, without spinning', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = [bound(opened, AF_UNIX), bound(opened, AF_UNIX)];
      const queued = fillQueue(a, b.getsockname());
      const sending = createTask(() => sockSendTo(a, Buffer.from('last'), b.getsockname()));
      yield* sleep(10);
      // `poll` reports `a` as writable, because the full queue is b's.
      yield* expectQuiet(60, 20);
      expect(sending.done()).toBe(false);
      for (let i = 0; i < queued; i += 1) expect((yield* sockRecvFrom(b, 100)).data.toString()).toBe(`${i}`);
      expect((yield* sockRecvFrom(b, 100)).data.toString()).toBe('last');
      expect(yield* sending).toBe(4);
    }));

  it('a cancelled send to a full UNIX receiver has not sent anything', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = [bound(opened, AF_UNIX), bound(opened, AF_UNIX)];
      const queued = fillQueue(a, b.getsockname());
      const sending = createTask(() => sockSendTo(a, Buffer.from('last'), b.getsockname()));
      yield* sleep(5);
      yield* cancelled(sending);
      for (let i = 0; i < queued; i += 1) yield* sockRecvFrom(b, 100);
      expect(b.recvFromEx(100)).toBeLessThan(0);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('a connected UNIX sender waits for its full peer by readiness', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair(SOCK_DGRAM);
      let queued = 0;
      while (a.sendEx(Buffer.from('x'), 0, 1) > 0) queued += 1;
      const sending = createTask(() => sockSendAll(a, Buffer.from('last')));
      yield* sleep(5);
      yield* expectQuiet();
      for (let i = 0; i < queued; i += 1) yield* sockRecv(b, 10);
      expect((yield* sockRecv(b, 10)).toString()).toBe('last');
      yield* sending;
    }));
});
