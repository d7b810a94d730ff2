/** One suite for every kernel selector: what CPython's selectors guarantee, as far as it applies to this API. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
  EpollSelector,
  PollSelector,
  SelectSelector,
  type Selector,
  type SelectorKey,
} from '../../lib/selectors/index.js';
import { AF_UNIX, SOCK_STREAM, Socket, fd, pipe, socketpair } from '../../lib/sockets/index.js';
import { native } from '../../lib/native/binding.js';

const BOTH = EVENT_READ | EVENT_WRITE;
const openFileLimit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);

const selectorClasses = { SelectSelector, PollSelector, EpollSelector, DefaultSelector };

describe.each(Object.entries(selectorClasses))('%s', (name, SelectorClass) => {
  let selector: Selector<string>;
  const sockets: Socket[] = [];
  const descriptors = new Set<number>();

  beforeEach(() => {
    selector = new SelectorClass<string>();
  });
  afterEach(() => {
    selector.close();
    for (const socket of sockets.splice(0)) socket.close();
    for (const each of descriptors) fd.close(each);
    descriptors.clear();
  });

  const pair = (): [Socket, Socket] => {
    const both = socketpair();
    sockets.push(...both);
    return both;
  };
  const newPipe = (): { read: number; write: number } => {
    const ends = pipe();
    descriptors.add(ends.read).add(ends.write);
    return ends;
  };
  const closeEnd = (end: number): void => {
    descriptors.delete(end);
    fd.close(end);
  };
  const ready = (timeoutMs: number | null = 0): Array<[number, number]> =>
    selector.select(timeoutMs).map(([key, events]) => [key.fd, events]);
  const fill = (socket: Socket | number): void => {
    const end = typeof socket === 'number' ? socket : socket.fileno();
    native.setNonBlocking(end, true);
    const chunk = Buffer.alloc(65_536);
    while (native.write(end, chunk, 0, chunk.length) > 0);
  };
  const elapsedOf = (action: () => void): number => {
    const start = performance.now();
    action();
    return performance.now() - start;
  };

  it('unregistering twice, or an object that was never registered, fails with ENOENT', () => {
    const [a, b] = pair();
    selector.register(a, EVENT_READ);
    selector.unregister(a);
    expect(() => selector.unregister(a)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => selector.unregister(b.fileno())).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('a closed socket is found by identity and unregistered', () => {
    const [a, b] = pair();
    const number = a.fileno();
    selector.register(a, EVENT_READ);
    selector.register(b, EVENT_READ);
    a.close();
    expect(selector.unregister(a).fd).toBe(number);
    expect([...selector.getMap().keys()]).toEqual([b.fileno()]);
    expect(selector.unregister(b).fd).toBe(b.fileno());
  });

  it('a descriptor number that was closed, and one that was reused, can be unregistered', () => {
    const first = newPipe();
    selector.register(first.read, EVENT_READ);
    closeEnd(first.read);
    selector.unregister(first.read);

    const second = newPipe();
    selector.register(second.read, EVENT_READ);
    closeEnd(second.read);
    const third = newPipe();
    expect(third.read).toBe(second.read);
    selector.unregister(third.read);
    selector.register(third.read, EVENT_READ);
    fd.write(third.write, Buffer.from('x'));
    expect(ready()).toEqual([[third.read, EVENT_READ]]);
  });

  it('modify returns a new key, which is the one in effect', () => {
    const [a] = pair();
    const key = selector.register(a, EVENT_READ, 'one');
    expect(ready()).toEqual([]);
    const changed = selector.modify(a, EVENT_WRITE, 'two');
    expect(changed).not.toBe(key);
    expect(selector.getKey(a)).toBe(changed);
    expect(selector.select(0)).toEqual([[changed, EVENT_WRITE]]);
    selector.modify(a, BOTH);
    expect(ready()).toEqual([[a.fileno(), EVENT_WRITE]]);
    selector.modify(a, EVENT_READ);
    expect(ready()).toEqual([]);
  });

  it('a closed selector has no keys and cannot be used; its sockets stay open, and closing it twice is harmless', () => {
    const [a] = pair();
    selector.register(a, EVENT_READ);
    selector.close();
    selector.close();
    expect(selector.getMap().size).toBe(0);
    expect(() => selector.getKey(a)).toThrow(expect.objectContaining({ code: 'ERR_SELECTOR_CLOSED' }));
    expect(() => selector.select(0)).toThrow(expect.objectContaining({ code: 'ERR_SELECTOR_CLOSED' }));
    expect(a.send(Buffer.from('x'))).toBe(1);
  });

  it('in a fresh socket pair only the end registered for writing is ready', () => {
    const [reader, writer] = pair();
    selector.register(reader, EVENT_READ);
    const key = selector.register(writer, EVENT_WRITE, 'writer');
    expect(selector.select(0)).toEqual([[key, EVENT_WRITE]]);
    writer.send(Buffer.from('x'));
    expect(ready()).toHaveLength(2);
  });

  it('of 12 pairs, exactly the one that was written to is ready, round after round', () => {
    const pairs = Array.from({ length: 12 }, pair);
    for (const [reader] of pairs) selector.register(reader, EVENT_READ);
    for (let round = 0; round < 24; round++) {
      const [reader, writer] = pairs[(round * 7) % 12]!;
      writer.send(Buffer.from(`round ${round}`));
      expect(ready()).toEqual([[reader.fileno(), EVENT_READ]]);
      expect(reader.recv(100).toString()).toBe(`round ${round}`);
    }
    for (const [reader, writer] of pairs) {
      selector.unregister(reader);
      writer.send(Buffer.from('x'));
    }
    expect(ready()).toEqual([]);
  });

  it('an empty selector waits for the given time', () => {
    expect(ready()).toEqual([]);
    expect(elapsedOf(() => expect(ready(15)).toEqual([]))).toBeGreaterThanOrEqual(15);
  });

  it('zero and negative timeouts poll; a positive timeout with nothing ready is waited out', () => {
    const [a] = pair();
    selector.register(a, EVENT_READ);
    for (const timeoutMs of [0, -0, -1, -1000, -0.1, -1e-100, -Infinity]) expect(ready(timeoutMs)).toEqual([]);
    expect(elapsedOf(() => expect(ready(15)).toEqual([]))).toBeGreaterThanOrEqual(15);
  });

  it('a wait with a long timeout or none ends immediately when a descriptor is ready', () => {
    const [a, b] = pair();
    selector.register(a, EVENT_READ);
    b.send(Buffer.from('x'));
    for (const timeoutMs of [null, Infinity, 60_000, 1e12]) expect(ready(timeoutMs)).toHaveLength(1);
    expect(selector.select()).toHaveLength(1);
  });

  it('a signal does not shorten the wait', async () => {
    let signals = 0;
    const count = (): number => (signals += 1);
    process.on('SIGUSR2', count);
    const killer = spawn('sh', ['-c', `sleep 0.03; kill -USR2 ${process.pid}; sleep 0.03; kill -USR2 ${process.pid}`]);
    const ended = new Promise((resolve) => killer.once('close', resolve));
    try {
      expect(elapsedOf(() => expect(ready(150)).toEqual([]))).toBeGreaterThanOrEqual(150);
      await ended;
      expect(signals).toBeGreaterThan(0);
    } finally {
      process.removeListener('SIGUSR2', count);
    }
  });

  it.skipIf(openFileLimit < 4000)('one select reports thousands of descriptors, far above 1024', () => {
    const { read, write } = newPipe();
    for (let i = 0; i < 3000; i++) {
      const copy = native.dup(read);
      descriptors.add(copy);
      selector.register(copy, EVENT_READ);
    }
    expect(Math.max(...selector.getMap().keys())).toBeGreaterThan(3000);
    expect(ready()).toEqual([]);
    fd.write(write, Buffer.from('x'));
    const found = selector.select(0);
    expect(new Set(found.map(([key]) => key.fd)).size).toBe(3000);
    expect(found.every(([key, events]) => events === EVENT_READ && selector.getKey(key.fd) === key)).toBe(true);
    for (const key of [...selector.getMap().values()]) selector.unregister(key.fd);
    expect(ready()).toEqual([]);
  });

  it('descriptors that exceed the buffer of one select are reported by later calls', () => {
    const kernel = new {
      SelectSelector: native.SelectSelector,
      PollSelector: native.PollSelector,
      EpollSelector: native.EpollSelector,
      DefaultSelector: native.EpollSelector,
    }[name]!();
    kernel.open();
    const { read, write } = newPipe();
    fd.write(write, Buffer.from('x'));
    const copies = Array.from({ length: 10 }, () => native.dup(read));
    for (const copy of copies) {
      descriptors.add(copy);
      expect(kernel.register(copy, EVENT_READ)).toBe(0);
    }
    const seen = new Set<number>();
    const roomForThree = new Int32Array(6);
    for (let i = 0; i < 8; i++) {
      expect(kernel.select(0, roomForThree)).toBeLessThanOrEqual(3);
      for (let j = 0; j < 3; j++) seen.add(roomForThree[2 * j]!);
    }
    kernel.close();
    expect([...seen].sort((x, y) => x - y)).toEqual(copies);
  });

  it('a number that is not open is refused with EBADF and leaves no key', () => {
    const closed = newPipe();
    closeEnd(closed.read);
    expect(() => selector.register(closed.read, EVENT_READ)).toThrow(
      expect.objectContaining({ name: 'OSError', code: 'EBADF' }),
    );
    expect(() => selector.register(1_000_000_000, EVENT_READ)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(selector.getMap().size).toBe(0);
    expect(ready()).toEqual([]);
  });

  it.each([0.1, 0.5, 1.2, 3.7])('a wait of %d ms never ends early', (timeoutMs) => {
    const [a] = pair();
    selector.register(a, EVENT_READ);
    const least = timeoutMs - 1e-6; // the difference of two times is not exact
    for (let i = 0; i < 5; i++)
      expect(elapsedOf(() => expect(ready(timeoutMs)).toEqual([]))).toBeGreaterThanOrEqual(least);
  });

  it('a full pipe is not writable, but its writer is woken when the reader closes', () => {
    const { read, write } = newPipe();
    fill(write);
    selector.register(write, EVENT_WRITE);
    expect(ready()).toEqual([]);
    closeEnd(read);
    expect(ready()).toEqual([[write, EVENT_WRITE]]);
  });

  it('the reader of a pipe is woken when the writer closes, and reads EOF', () => {
    const { read, write } = newPipe();
    selector.register(read, EVENT_READ);
    expect(ready()).toEqual([]);
    closeEnd(write);
    expect(ready()).toEqual([[read, EVENT_READ]]);
    expect(fd.read(read, 10)).toHaveLength(0);
    expect(ready()).toEqual([[read, EVENT_READ]]);
  });

  it('when the peer closes, a socket registered for both events gets both in one entry', () => {
    const [a, b] = pair();
    selector.register(a, BOTH);
    expect(ready()).toEqual([[a.fileno(), EVENT_WRITE]]);
    b.close();
    expect(ready()).toEqual([[a.fileno(), BOTH]]);
  });

  it.each([EVENT_READ, EVENT_WRITE])('a hang-up never sets an event that was not registered (%d)', (events) => {
    const [a, b] = pair();
    selector.register(a, events);
    b.close();
    expect(ready()).toEqual([[a.fileno(), events]]);
  });

  it('the writer of a full socket is woken when the peer closes', () => {
    const [a, b] = pair();
    fill(a);
    selector.register(a, EVENT_WRITE);
    expect(ready()).toEqual([]);
    b.close();
    expect(ready()).toEqual([[a.fileno(), EVENT_WRITE]]);
  });

  it('a refused connection wakes its writer', () => {
    using probe = new Socket();
    probe.bind({ host: '127.0.0.1', port: 0 });
    const address = probe.getsockname();
    using client = new Socket();
    client.setBlocking(false);
    client.connectEx(address);
    selector.register(client, EVENT_WRITE);
    expect(ready(5000)).toEqual([[client.fileno(), EVENT_WRITE]]);
    selector.unregister(client);
  });

  it('a descriptor closed without the selector’s knowledge does not affect the other ones', () => {
    const lost = newPipe();
    const [a, b] = pair();
    selector.register(lost.read, EVENT_READ);
    selector.register(a, EVENT_READ);
    closeEnd(lost.read);
    b.send(Buffer.from('x'));
    const found = ready();
    expect(found).toContainEqual([a.fileno(), EVENT_READ]);
    // epoll has dropped it; select and poll report it, so that its owner gets EBADF.
    const reported = found.some(([number]) => number === lost.read);
    expect(reported).toBe(name === 'SelectSelector' || name === 'PollSelector');
    selector.unregister(lost.read);
    expect(ready()).toEqual([[a.fileno(), EVENT_READ]]);
  });

  it('registering a number twice fails with EEXIST, even through different file objects', () => {
    const [a] = pair();
    selector.register(a, EVENT_READ);
    expect(() => selector.register(a.fileno(), EVENT_WRITE)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(selector.getKey(a).events).toBe(EVENT_READ);
  });

  it('reports a listening socket with a pending connection, in one entry for each descriptor', () => {
    using listener = new Socket(AF_UNIX, SOCK_STREAM);
    listener.bind({ path: '' });
    listener.listen();
    selector.register(listener, EVENT_READ);
    expect(ready()).toEqual([]);
    using client = new Socket(AF_UNIX, SOCK_STREAM);
    client.connect(listener.getsockname());
    expect(ready()).toEqual([[listener.fileno(), EVENT_READ]]);
    listener.accept().socket.close();
    expect(ready()).toEqual([]);
    selector.unregister(listener);
  });

  it('selectEach does not visit the descriptors that an earlier callback has unregistered', () => {
    const pairs = Array.from({ length: 8 }, pair);
    for (const [reader, writer] of pairs) {
      selector.register(reader, EVENT_READ);
      writer.send(Buffer.from('x'));
    }
    const visited: Array<SelectorKey<string>> = [];
    const count = selector.selectEach(0, (key) => {
      visited.push(key);
      if (visited.length > 1) return;
      for (const [reader] of pairs) if (reader.fileno() !== key.fd) selector.unregister(reader);
    });
    expect(count).toBe(1);
    expect(visited).toHaveLength(1);
    expect(ready()).toEqual([[visited[0]!.fd, EVENT_READ]]);
  });

  it('selectEach visits at most the given number of descriptors, and the remaining ones next, so that none starves', () => {
    const pairs = Array.from({ length: 10 }, pair);
    for (const [reader, writer] of pairs) {
      selector.register(reader, EVENT_READ);
      writer.send(Buffer.from('x'));
    }
    const visits: number[] = []; // all are always ready: sixty visits are six for each
    for (let i = 0; i < 20; i++) expect(selector.selectEach(0, (key) => visits.push(key.fd), 3)).toBe(3);
    for (const [reader] of pairs) {
      expect(visits.filter((number) => number === reader.fileno()).length).toBeGreaterThanOrEqual(5);
    }
  });

  it('watches a descriptor number that is closed and reused many times', () => {
    for (let i = 0; i < 500; i++) {
      const ends = pipe();
      selector.register(ends.read, EVENT_READ);
      selector.register(ends.write, EVENT_WRITE);
      fd.write(ends.write, Buffer.from('x'));
      expect(ready()).toHaveLength(2);
      selector.unregister(ends.read);
      selector.unregister(ends.write);
      fd.close(ends.read);
      fd.close(ends.write);
    }
    expect(ready()).toEqual([]);
  });
});

// epoll drops a descriptor when it is closed, so there such a wait would not end.
it.each(Object.entries({ SelectSelector, PollSelector }))(
  '%s: a wait without a timeout ends when the only descriptor has been closed',
  (_, SelectorClass) => {
    const selector = new SelectorClass<string>();
    const lost = pipe();
    const key = selector.register(lost.read, EVENT_READ);
    for (const end of [lost.read, lost.write]) fd.close(end);
    expect(selector.select(null)).toEqual([[key, EVENT_READ]]);
    selector.close();
  },
);
