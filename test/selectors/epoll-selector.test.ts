/** Specific to epoll: an entry belongs to the open file, not to the descriptor number. */

import { closeSync, fstatSync, openSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { EVENT_READ, EpollSelector } from '../../lib/selectors/index.js';
import { fd, pipe, socketpair } from '../../lib/sockets/index.js';

describe('EpollSelector', () => {
  it('has a descriptor until it is closed', () => {
    const selector = new EpollSelector();
    const epoll = selector.fileno();
    expect(epoll).toBeGreaterThanOrEqual(0);
    fstatSync(epoll);
    selector.close();
    expect(selector.fileno()).toBe(-1);
    expect(() => fstatSync(epoll)).toThrow('EBADF');
  });

  it('can itself be watched by another selector', () => {
    using inner = new EpollSelector();
    using outer = new EpollSelector();
    const [a, b] = socketpair();
    inner.register(a, EVENT_READ);
    const key = outer.register(inner, EVENT_READ);
    expect(outer.select(0)).toEqual([]);
    b.send(Buffer.from('x'));
    expect(outer.select(0)).toEqual([[key, EVENT_READ]]);
    a.close();
    b.close();
  });

  it('stays in the other selector when it has to drop a stale entry', () => {
    using inner = new EpollSelector();
    using outer = new EpollSelector();
    const [a, b] = socketpair();
    const [c, d] = socketpair();
    const copy = a.dup();
    inner.register(a, EVENT_READ);
    inner.register(c, EVENT_READ);
    const key = outer.register(inner, EVENT_READ);
    const epoll = inner.fileno();
    a.close();
    inner.unregister(a);
    b.send(Buffer.from('x'));
    expect(inner.select(0)).toEqual([]); // rebuilds the list
    expect(inner.fileno()).toBe(epoll);
    expect(outer.select(0)).toEqual([]);
    d.send(Buffer.from('x'));
    expect(outer.select(0)).toEqual([[key, EVENT_READ]]);
    for (const socket of [copy, b, c, d]) socket.close();
  });

  it('refuses a regular file with EPERM and leaves no key', () => {
    using selector = new EpollSelector();
    const file = openSync(process.execPath, 'r');
    try {
      expect(() => selector.register(file, EVENT_READ)).toThrow(
        expect.objectContaining({ name: 'OSError', code: 'EPERM', syscall: 'epoll_ctl' }),
      );
      expect(selector.getMap().size).toBe(0);
    } finally {
      closeSync(file);
    }
  });

  it('reports nothing for a duplicated file that was unregistered before it was closed', () => {
    using selector = new EpollSelector();
    const [a, b] = socketpair();
    const copy = a.dup();
    selector.register(a, EVENT_READ);
    selector.unregister(a);
    a.close();
    b.send(Buffer.from('x'));
    expect(selector.select(0)).toEqual([]);
    copy.close();
    b.close();
  });

  it('drops the events of an entry that cannot be removed because the file was closed before it was unregistered', () => {
    using selector = new EpollSelector();
    const [a, b] = socketpair();
    const copy = a.dup();
    selector.register(a, EVENT_READ);
    a.close();
    selector.unregister(a);
    b.send(Buffer.from('x'));
    expect(selector.select(0)).toEqual([]);
    copy.close();
    b.close();
  });

  it('watches a descriptor and its duplicate separately', () => {
    using selector = new EpollSelector();
    const [a, b] = socketpair();
    const copy = a.dup();
    selector.register(a, EVENT_READ, 'original');
    selector.register(copy, EVENT_READ, 'copy');
    b.send(Buffer.from('x'));
    expect(selector.select(0).map(([key]) => key.data).sort()).toEqual(['copy', 'original']); // prettier-ignore
    for (const socket of [a, b, copy]) socket.close();
  });

  it('the kernel drops a closed descriptor, so that its number can be registered for another file', () => {
    using selector = new EpollSelector();
    const first = pipe();
    selector.register(first.read, EVENT_READ);
    fd.close(first.read);
    fd.close(first.write);
    selector.unregister(first.read);
    const second = pipe();
    expect(second.read).toBe(first.read);
    selector.register(second.read, EVENT_READ);
    fd.write(second.write, Buffer.from('x'));
    expect(selector.select(0)).toHaveLength(1);
    fd.close(second.read);
    fd.close(second.write);
  });
});
