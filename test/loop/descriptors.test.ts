/** Readers and writers, on a selector in memory that records what the kernel would be asked. */

import { Handle, Socket } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
beforeEach(() => {
  virtual = virtualLoop();
});
afterEach(() => virtual[Symbol.dispose]());

const sides = [
  { side: 'reader', bit: 1, other: 2 },
  { side: 'writer', bit: 2, other: 1 },
] as const;

describe.each(sides)('a $side', ({ side, bit, other }) => {
  const add = (fd: never, callback: (...args: never[]) => unknown, ...args: never[]): void =>
    side === 'reader' ? virtual.loop.addReader(fd, callback, ...args) : virtual.loop.addWriter(fd, callback, ...args);
  const remove = (fd: number): boolean =>
    side === 'reader' ? virtual.loop.removeReader(fd) : virtual.loop.removeWriter(fd);
  const addOther = (fd: number, callback: () => unknown): void =>
    side === 'reader' ? virtual.loop.addWriter(fd, callback) : virtual.loop.addReader(fd, callback);
  const removeOther = (fd: number): boolean =>
    side === 'reader' ? virtual.loop.removeWriter(fd) : virtual.loop.removeReader(fd);
  const fd = 7 as never;

  it('is registered with the selector, and called with its arguments whenever the descriptor is ready', () => {
    const { loop, selector } = virtual;
    const callback = vi.fn();
    add(fd, callback, 'a' as never, 2 as never);
    expect(selector.calls).toEqual([`register 7 ${bit}`]);
    loop.runOnce(0);
    expect(callback).not.toHaveBeenCalled();
    selector.setReady(7, bit);
    loop.runOnce();
    loop.runOnce();
    expect(callback.mock.calls).toEqual([
      ['a', 2],
      ['a', 2],
    ]);
  });

  it('replaces the previous one without a second registration', () => {
    const { loop, selector } = virtual;
    const [first, second] = [vi.fn(), vi.fn()];
    add(fd, first);
    add(fd, second);
    expect(selector.calls).toEqual([`register 7 ${bit}`]);
    expect(loop.statistics()[`${side}s`]).toBe(1);
    selector.setReady(7, bit);
    loop.runOnce();
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledOnce();
  });

  it('replaces the previous one even if its event has been fetched', () => {
    const { loop, selector } = virtual;
    const [first, second] = [vi.fn(), vi.fn()];
    selector.setReady(6, 1);
    selector.setReady(7, bit);
    loop.addReader(6, () => {
      loop.removeReader(6);
      add(fd, second);
    }); // registered first, so it runs first
    add(fd, first);
    loop.runOnce();
    expect(first).not.toHaveBeenCalled();
    loop.runOnce();
    expect(second).toHaveBeenCalledOnce();
  });

  it('is unregistered when it is removed; a second removal returns false', () => {
    const { loop, selector } = virtual;
    add(fd, () => {});
    expect(remove(7)).toBe(true);
    expect(remove(7)).toBe(false);
    expect(remove(99)).toBe(false);
    expect(selector.calls).toEqual([`register 7 ${bit}`, 'unregister 7']);
    expect(loop.statistics()).toMatchObject({ readers: 0, writers: 0 });
  });

  it('leaves the other side registered when it is removed', () => {
    const { loop, selector } = virtual;
    const otherCallback = vi.fn();
    add(fd, () => {});
    addOther(7, otherCallback);
    expect(remove(7)).toBe(true);
    expect(selector.calls).toEqual([`register 7 ${bit}`, 'modify 7 3', `modify 7 ${other}`]);
    selector.setReady(7, 3);
    loop.runOnce();
    expect(otherCallback).toHaveBeenCalledOnce();
    expect(removeOther(7)).toBe(true);
    expect(removeOther(7)).toBe(false);
    expect(selector.calls.at(-1)).toBe('unregister 7');
  });

  it('is not called when an earlier callback of the same iteration removed it', () => {
    const { loop, selector } = virtual;
    const callback = vi.fn();
    selector.setReady(6, 1);
    selector.setReady(7, bit);
    loop.addReader(6, () => remove(7));
    add(fd, callback);
    loop.runOnce();
    loop.runOnce();
    expect(callback).not.toHaveBeenCalled();
  });

  it('whose handle was cancelled is removed when the descriptor becomes ready', () => {
    const { loop, selector } = virtual;
    const handle = new Handle(() => {}, []);
    loop._descriptors.add(7, side, handle);
    handle.cancel();
    selector.setReady(7, bit);
    loop.runOnce();
    expect(selector.calls).toEqual([`register 7 ${bit}`, 'unregister 7']);
    expect(loop.statistics()[`${side}s`]).toBe(0);
    expect(remove(7)).toBe(false);
  });

  it('rejects a value that is not a file object', () => {
    const { selector } = virtual;
    for (const bad of [-1, 1.5, NaN, 'fd', null, undefined, {}, { fileno: () => 'x' }, { fileno: () => -1 }]) {
      expect(() => add(bad as never, () => {})).toThrow(TypeError);
    }
    expect(() => remove('fd' as never)).toThrow(TypeError);
    expect(selector.calls).toEqual([]);
  });

  it('accepts any object with a descriptor', () => {
    const { selector } = virtual;
    add({ fileno: () => 7 } as never, () => {});
    expect(selector.calls).toEqual([`register 7 ${bit}`]);
    expect(remove(7)).toBe(true);
  });

  it('is removed when the loop closes; removing it then returns false', () => {
    const { loop } = virtual;
    add(fd, () => {});
    loop.close();
    expect(loop.statistics()).toMatchObject({ readers: 0, writers: 0 });
    expect(remove(7)).toBe(false);
    expect(removeOther(7)).toBe(false);
  });

  it('cannot be set on a descriptor of the loop itself', () => {
    const { loop } = virtual;
    expect(() => add(loop.wakeupFd() as never, () => {})).toThrow(/belongs to the event loop/);
    expect(remove(loop.wakeupFd())).toBe(false);
  });

  it('rejects a callback that is not a function, and registers nothing', () => {
    const { selector } = virtual;
    expect(() => add(fd, 5 as never)).toThrow(/expected a function/);
    expect(selector.calls).toEqual([]);
  });
});

describe('readers and writers', () => {
  it('of one descriptor are called in this order', () => {
    const { loop, selector } = virtual;
    const order: string[] = [];
    loop.addWriter(7, () => order.push('writer'));
    loop.addReader(7, () => order.push('reader'));
    selector.setReady(7, 3);
    loop.runOnce();
    expect(order).toEqual(['reader', 'writer']);
  });

  it('are not called twice for one event over two runs', () => {
    const { loop, selector } = virtual;
    selector.setReady(7, 1);
    const callback = vi.fn(() => selector.setReady(7, 0)); // as reading would do
    loop.addReader(7, callback);
    for (let run = 0; run < 2; run += 1) {
      loop.callSoon(() => loop.stop());
      loop.runForever();
    }
    expect(callback).toHaveBeenCalledOnce();
  });

  it('run beside a callback that keeps rescheduling itself', () => {
    const { loop, selector } = virtual;
    let turns = 0;
    const again = (): void => {
      turns += 1;
      if (turns > 100) throw new Error('the reader was starved');
      loop.callSoon(again);
    };
    loop.callSoon(again);
    selector.setReady(7, 1);
    loop.addReader(7, () => loop.stop());
    loop.runForever();
    expect(turns).toBe(1);
    expect(selector.waits).toEqual([0]);
  });

  it('keep the loop waiting as long as they are registered', () => {
    const { loop, selector } = virtual;
    loop.addReader(7, () => {});
    expect(() => loop.runForever()).toThrow(/block indefinitely/); // the selector's error, not a DeadlockError
    loop.removeReader(7);
    expect(() => loop.runForever()).toThrow(expect.objectContaining({ code: 'ERR_DEADLOCK' }));
    expect(selector.waits).toEqual([null]);
  });

  it('are removed before their socket is closed', () => {
    const { loop, selector } = virtual;
    const socket = new Socket();
    const fd = socket.fileno();
    loop.addReader(socket, () => {});
    loop.addWriter(socket, () => {});
    socket.close();
    expect(selector.calls.at(-1)).toBe(`unregister ${fd}`);
    expect(loop.statistics()).toMatchObject({ readers: 0, writers: 0 });
    expect(loop.removeReader(fd)).toBe(false);
  });
});
