/** Readers and writers on real descriptors, on every selector. */

import { type EventLoop, EventLoop as Loop, type Socket, socketpair } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { selectorNames } from '../support/loops.js';

describe.each(selectorNames)('readers and writers on %s', (selector) => {
  let loop: EventLoop;
  let here: Socket;
  let there: Socket;
  beforeEach(() => {
    loop = new Loop({ selector });
    [here, there] = socketpair();
    here.setBlocking(false);
    there.setBlocking(false);
  });
  afterEach(() => {
    loop.close();
    here.close();
    there.close();
  });

  it('a reader is called when data arrives, and again while some is left', () => {
    const received: string[] = [];
    loop.addReader(here, () => received.push(here.recv(2).toString()));
    loop.runOnce(0);
    expect(received).toEqual([]);
    there.send(Buffer.from('abcde'));
    for (let i = 0; i < 4; i += 1) loop.runOnce(0);
    expect(received).toEqual(['ab', 'cd', 'e']);
  });

  it('a reader runs beside a callback that keeps rescheduling itself', () => {
    let turns = 0;
    const again = (): void => {
      turns += 1;
      if (turns > 1000) throw new Error('the reader was starved');
      loop.callSoon(again);
    };
    loop.callSoon(again);
    loop.addReader(here, () => loop.stop());
    there.send(Buffer.from('x'));
    loop.runForever();
    expect(turns).toBeLessThanOrEqual(65); // a busy loop polls every 64 handles
  });

  it('of two readers that are ready together, the first may remove the second', () => {
    const calls: string[] = [];
    loop.addReader(here, () => {
      calls.push('here');
      loop.removeReader(there);
    });
    loop.addReader(there, () => {
      calls.push('there');
      loop.removeReader(here);
    });
    here.send(Buffer.from('x'));
    there.send(Buffer.from('x'));
    loop.runOnce(0);
    expect(calls).toHaveLength(1); // which one is the kernel's choice
  });

  it('the end of a stream is readable, and the loop is quiet once the reader is removed', () => {
    const data: number[] = [];
    loop.addReader(here, () => {
      data.push(here.recv(10).length);
      expect(loop.removeReader(here)).toBe(true);
    });
    there.close();
    loop.runOnce(0);
    expect(data).toEqual([0]);
    const afterSelect = vi.fn();
    loop.addInstrument({ afterSelect });
    loop.runOnce(0);
    expect(afterSelect.mock.calls).toEqual([[0]]);
  });

  it('a writer is called immediately on an idle socket, and can be removed once', () => {
    const writer = vi.fn();
    loop.addWriter(here, writer);
    loop.runOnce(0);
    expect(writer).toHaveBeenCalledOnce();
    expect(loop.removeWriter(here)).toBe(true);
    expect(loop.removeWriter(here)).toBe(false);
    loop.runOnce(0);
    expect(writer).toHaveBeenCalledOnce();
  });

  it('a writer stays when the reader is removed, and vice versa', () => {
    const [reader, writer] = [vi.fn(), vi.fn()];
    there.send(Buffer.from('x'));
    loop.addReader(here, reader);
    loop.addWriter(here, writer);
    loop.runOnce(0);
    loop.removeReader(here);
    loop.runOnce(0);
    loop.addReader(here, reader);
    loop.removeWriter(here);
    loop.runOnce(0);
    expect([reader.mock.calls.length, writer.mock.calls.length]).toEqual([2, 2]);
  });

  it('are removed when the loop is closed', () => {
    loop.addReader(here, () => {});
    loop.addWriter(here, () => {});
    loop.close();
    expect([loop.removeReader(here), loop.removeWriter(here)]).toEqual([false, false]);
    here.close(); // the loop must no longer be notified
  });

  it('a reader may close its own socket', () => {
    const read = vi.fn(() => here.close());
    loop.addReader(here, read);
    there.send(Buffer.from('x'));
    loop.runOnce(0);
    loop.runOnce(0);
    expect(read).toHaveBeenCalledOnce();
    expect(loop.statistics().readers).toBe(0);
  });

  it('a descriptor that is not open is refused with EBADF, and nothing is registered', () => {
    expect(() => loop.addReader(900, () => {})).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(() => loop.addWriter(900, () => {})).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(loop.statistics()).toMatchObject({ readers: 0, writers: 0 });
    expect(loop.removeReader(900)).toBe(false);
  });

  it('a timer is never early, however short', () => {
    const late: number[] = [];
    const next = (delayMs: number): void => {
      const when = loop.time() + delayMs;
      loop.callAt(when, () => {
        late.push(loop.time() - when);
        if (late.length === 60) loop.stop();
        else next([0.01, 0.3, 1, 2.5][late.length % 4] ?? 1);
      });
    };
    next(1);
    loop.runForever();
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  });

  it('sleeps of 10 ms down to a ten-millionth take about one iteration each', () => {
    for (const ms of [10, 0.1, 0.001, 0.00001, 0.0000001]) {
      loop.callLater(ms, () => loop.stop());
      loop.runForever();
    }
    expect(loop.statistics().iterations).toBeLessThanOrEqual(12);
  });
});
