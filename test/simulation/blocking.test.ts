/** Calls that wait: the clock jumps to what they wait for. */

import { describe, expect, it } from 'vitest';

import { EAGAIN, EBADF, EMFILE } from '../../lib/simulation/kernel/errno.js';
import { AF_INET, SOCK_DGRAM, SOCK_STREAM, inet, recv, send, simulated, socketpair } from './machine.js';

const MS = 1_000_000;

describe('a blocking call', () => {
  it('lets time pass until there is something to receive', () => {
    const { kernel, calls } = simulated();
    const [a, b] = socketpair(calls);
    kernel.clock.after(7 * MS, () => send(calls, a, 'late'));
    expect(recv(calls, b)).toBe('late');
    expect(kernel.clock.now).toBe(7 * MS);
  });

  it('with MSG_WAITALL receives until the buffer is full', () => {
    const { kernel, calls } = simulated();
    const [a, b] = socketpair(calls);
    for (const [i, text] of ['one', 'two', 'six'].entries())
      kernel.clock.after((i + 1) * MS, () => send(calls, a, text));
    const data = new Uint8Array(8);
    expect(calls.recv(b, data, 0, 8, calls.constants.MSG_WAITALL!)).toBe(8);
    expect(Buffer.from(data).toString()).toBe('onetwosi');
    expect(kernel.clock.now).toBe(3 * MS);
  });

  it('sends all of its bytes, however small the buffer', () => {
    const { kernel, calls } = simulated();
    const [a, b] = socketpair(calls);
    const read = (): void => {
      const room = new Uint8Array(60_000);
      received += Math.max(0, calls.recv(b, room, 0, room.length, calls.constants.MSG_DONTWAIT!));
      kernel.clock.after(MS, read);
    };
    let received = 0;
    kernel.clock.after(MS, read);
    expect(calls.send(a, new Uint8Array(500_000), 0, 500_000, 0)).toBe(500_000);
    expect(received).toBeGreaterThan(200_000);
  });

  it('ends with SO_RCVTIMEO', () => {
    const { kernel, calls } = simulated();
    const [a] = socketpair(calls);
    const { SOL_SOCKET, SO_RCVTIMEO } = calls.constants;
    calls.setsockopt(a, SOL_SOCKET!, SO_RCVTIMEO!, new Uint8Array(BigInt64Array.of(1n, 500_000n).buffer));
    expect(recv(calls, a)).toBe(-EAGAIN);
    expect(kernel.clock.now).toBe(1500 * MS);
  });

  it('that nothing can end is an error, not a hang', () => {
    const { calls } = simulated();
    const [a] = socketpair(calls);
    expect(() => recv(calls, a)).toThrow('a call waits without a limit, and nothing will happen that could end it');
  });

  it('on a datagram socket that was shut down returns 0', () => {
    const { calls } = simulated();
    const [a] = socketpair(calls, SOCK_DGRAM);
    calls.shutdown(a, 0);
    expect(recv(calls, a)).toBe('');
  });

  it('connects and accepts', () => {
    const { kernel, calls } = simulated();
    const server = calls.socket(AF_INET, SOCK_STREAM, 0);
    calls.bind(server, inet('127.0.0.1', 7000));
    calls.listen(server, 5);
    const client = calls.socket(AF_INET, SOCK_STREAM, 0);
    expect(calls.connect(client, inet('127.0.0.1', 7001))).toBe(-calls.constants.ECONNREFUSED!);
    kernel.clock.after(MS, () => calls.connect(client, inet('127.0.0.1', 7000)));
    const peer = calls.accept(server, false, null);
    send(calls, client, 'hello');
    expect(recv(calls, peer)).toBe('hello');
  });
});

describe('TCP', () => {
  it.each(['MSG_MORE', 'TCP_CORK'])('holds bytes back with %s, until there are more or 200 ms have passed', (name) => {
    const { kernel, calls } = simulated();
    const { IPPROTO_TCP, MSG_MORE, TCP_CORK } = calls.constants;
    const server = calls.socket(AF_INET, SOCK_STREAM, 0);
    calls.bind(server, inet('127.0.0.1', 7000));
    calls.listen(server, 5);
    const client = calls.socket(AF_INET, SOCK_STREAM, 0);
    calls.connect(client, inet('127.0.0.1', 7000));
    const peer = calls.accept(server, false, null);
    const cork = (on: number): number =>
      calls.setsockopt(client, IPPROTO_TCP!, TCP_CORK!, new Uint8Array(Int32Array.of(on).buffer));
    const flag = name === 'MSG_MORE' ? MSG_MORE! : 0;
    if (flag === 0) cork(1);
    send(calls, client, 'one', flag);
    expect(calls.wait(peer, 1, 0)).toBe(0);
    if (flag === 0) cork(0);
    else send(calls, client, 'two');
    expect(recv(calls, peer)).toBe(flag === 0 ? 'one' : 'onetwo');
    if (flag === 0) cork(1);
    send(calls, client, 'late', flag);
    const start = kernel.clock.now;
    expect(recv(calls, peer)).toBe('late');
    expect(kernel.clock.now - start).toBe(200 * MS);
  });
});

describe('a selector', () => {
  it.each(['SelectSelector', 'PollSelector', 'EpollSelector'] as const)('%s waits in virtual time', (name) => {
    const { kernel, calls } = simulated();
    const [a, b] = socketpair(calls);
    const selector = new calls[name]();
    const ready = new Int32Array(8);
    expect(selector.open()).toBe(0);
    expect(selector.register(b, 1)).toBe(0);
    expect(selector.select(2.5, ready)).toBe(0);
    expect(kernel.clock.now).toBe(2.5 * MS);
    kernel.clock.after(MS, () => send(calls, a, 'x'));
    expect(selector.select(-1, ready)).toBe(1);
    expect([...ready.subarray(0, 2)]).toEqual([b, 1]);
    expect(kernel.clock.now).toBe(3.5 * MS);
    selector.close();
    expect(selector.select(0, ready)).toBe(-EBADF);
  });

  it('reports every ready descriptor in turn, however short its list', () => {
    for (const name of ['SelectSelector', 'PollSelector', 'EpollSelector'] as const) {
      const { calls } = simulated();
      const selector = new calls[name]();
      selector.open();
      const fds = Array.from({ length: 5 }, () => socketpair(calls)[0]);
      for (const fd of fds) selector.register(fd, 2);
      const seen = fds.map(() => {
        const ready = new Int32Array(2);
        expect(selector.select(0, ready)).toBe(1);
        return ready[0]!;
      });
      expect(seen).toEqual(fds);
    }
  });

  it('of epoll can be watched by another one, also after its list was rebuilt', () => {
    const { calls } = simulated();
    const [inner, outer] = [new calls.EpollSelector(), new calls.EpollSelector()];
    inner.open();
    outer.open();
    const [a, b] = socketpair(calls);
    inner.register(b, 1);
    expect(outer.register(inner.fileno(), 1)).toBe(0);
    const ready = new Int32Array(8);
    expect(outer.select(0, ready)).toBe(0);
    send(calls, a, 'x');
    expect(outer.select(0, ready)).toBe(1);
    expect(ready[0]).toBe(inner.fileno());
    // The number goes to another file, while a duplicate keeps the old one: an orphan, which only a new list can leave behind.
    calls.dup(b);
    calls.close(b);
    inner.unregister(b);
    const [c] = socketpair(calls);
    expect(c).toBe(b);
    expect(inner.register(c, 1)).toBe(0);
    expect(inner.select(0, ready)).toBe(0);
    expect(outer.select(0, ready)).toBe(0);
  });
});

describe('descriptors', () => {
  it('get the lowest free number, and no more than the limit', () => {
    const { calls } = simulated({ limits: { openFiles: 6 } });
    const [a, b] = socketpair(calls);
    expect([a, b]).toEqual([3, 4]);
    expect(calls.eventfd()).toBe(5);
    expect(calls.eventfd()).toBe(-EMFILE);
    calls.close(a);
    expect(calls.socketpair(1, SOCK_STREAM, 0, new Int32Array(2))).toBe(-EMFILE);
    expect(calls.dup(b)).toBe(a);
  });

  it('0, 1 and 2 are never free', () => {
    const { calls } = simulated();
    expect(calls.close(1)).toBe(0);
    expect(calls.eventfd()).toBe(3);
    expect(calls.write(1, new Uint8Array(5), 0, 5)).toBe(5);
    const epoll = new calls.EpollSelector();
    epoll.open();
    expect(epoll.register(1, 1)).toBe(-calls.constants.EPERM!);
  });
});
