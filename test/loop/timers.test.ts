/** callLater, callAt, and the timeout of the selector. */

import { TimedHandle, sleep } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
beforeEach(() => {
  virtual = virtualLoop({ startMs: 1000 });
});
afterEach(() => virtual[Symbol.dispose]());

describe('callLater and callAt', () => {
  it('return a TimedHandle that is in the timer heap and knows its deadline', () => {
    const { loop } = virtual;
    const handle = loop.callLater(250.5, () => {});
    expect(handle).toBeInstanceOf(TimedHandle);
    expect(handle.when()).toBe(1250.5);
    expect(loop.callAt(1234, () => {}).when()).toBe(1234);
    expect(loop.statistics()).toMatchObject({ ready: 0, scheduled: 2, nextDeadlineMs: 1234 });
  });

  it('reject a time that is not a number', () => {
    const { loop } = virtual;
    for (const bad of [null, undefined, '5', 5n]) {
      expect(() => loop.callLater(bad as never, () => {})).toThrow(TypeError);
      expect(() => loop.callLater(bad as never, () => {})).toThrow(
        /callLater: delayMs: expected a number of milliseconds/,
      );
      expect(() => loop.callAt(bad as never, () => {})).toThrow(/callAt: whenMs: expected a number of milliseconds/);
    }
    expect(() => loop.callLater(NaN, () => {})).toThrow(RangeError);
    expect(() => loop.callAt(NaN, () => {})).toThrow(RangeError);
    expect(loop.statistics().scheduled).toBe(0);
  });

  it('run overdue timers of negative delays in the next iteration, the most negative first', () => {
    const { loop, selector } = virtual;
    const order: string[] = [];
    loop.callLater(-1, () => order.push('a'));
    loop.callLater(-2, () => order.push('b'));
    loop.callLater(-Infinity, () => order.push('c'));
    loop.runOnce();
    expect(order).toEqual(['c', 'b', 'a']);
    expect(selector.waits).toEqual([0]);
  });

  it('run in the order of their deadlines; equal deadlines in the order of the calls', () => {
    const { loop } = virtual;
    const order: string[] = [];
    const at = (when: number, name: string): void => void loop.callAt(when, () => order.push(name));
    at(1002, '2 ms');
    at(1003, 'e0');
    at(1001, '1 ms');
    for (let i = 1; i < 50; i += 1) at(1003, `e${i}`);
    loop.callLater(2.9, () => order.push('2.9 ms'));
    loop.callLater(4, () => loop.stop());
    loop.runForever();
    const equals = Array.from({ length: 50 }, (_, i) => `e${i}`);
    expect(order).toEqual(['1 ms', '2 ms', '2.9 ms', ...equals]);
  });

  it('run at their deadline and never early', () => {
    const { loop } = virtual;
    let ranAt = 0;
    loop.callAt(1100, () => {
      ranAt = loop.time();
      loop.stop();
    });
    loop.runForever();
    expect(ranAt).toBe(1100);
  });

  it('do not run when they are cancelled, even after they became due in the same iteration', () => {
    const { loop } = virtual;
    const never = vi.fn();
    const early = loop.callLater(5, never);
    early.cancel();
    loop.callLater(10, () => late.cancel());
    const late = loop.callLater(10, never);
    loop.callLater(20, () => loop.stop());
    loop.runForever();
    expect(never).not.toHaveBeenCalled();
    expect(loop.statistics()).toMatchObject({ ready: 0, scheduled: 0 });
  });

  it('can be cancelled after they have run', () => {
    const { loop } = virtual;
    const handle = loop.callLater(0, () => loop.stop());
    loop.runForever();
    handle.cancel();
    expect(handle.cancelled()).toBe(true);
    expect(loop.statistics().scheduled).toBe(0);
  });

  it('a timer that keeps rescheduling itself for now does not starve other callbacks', () => {
    const { loop } = virtual;
    let turns = 0;
    const again = (): void => {
      turns += 1;
      if (turns > 1000) throw new Error('the other timer was starved');
      loop.callLater(0, again);
    };
    loop.callLater(0, again);
    loop.callSoon(() => loop.callSoon(() => loop.callSoon(() => loop.stop())));
    loop.runForever();
    expect(turns).toBe(3);
  });
});

describe('the timeout of an iteration', () => {
  it('is that of the first live timer; a cancelled one before it is dropped', () => {
    const { loop, selector } = virtual;
    const cancelled = loop.callLater(5000, () => {});
    loop.callLater(10_000, () => {});
    cancelled.cancel();
    expect(loop.statistics()).toMatchObject({ scheduled: 1, nextDeadlineMs: 11_000 });
    loop.runOnce();
    expect(selector.waits).toEqual([10_000]);
    expect(loop.statistics().scheduled).toBe(0);
  });

  it('is infinite when nothing is scheduled', () => {
    const { loop, selector } = virtual;
    selector.setReady(7, 1);
    loop.addReader(7, () => {});
    loop.runOnce();
    expect(selector.waits).toEqual([null]);
  });

  it('is zero when a callback is ready or the loop is stopping', () => {
    const { loop, selector } = virtual;
    loop.callLater(500, () => {});
    loop.callSoon(() => {});
    loop.runOnce();
    loop.stop();
    loop.runForever();
    expect(selector.waits).toEqual([0, 0]);
  });

  it('is zero, not negative, for a timer in the past', () => {
    const { loop, clock, selector } = virtual;
    const announced: unknown[] = [];
    loop.addInstrument({ beforeSelect: (timeoutMs) => announced.push(timeoutMs) });
    loop.callLater(10, () => {});
    clock.advance(100);
    loop.runOnce();
    expect([selector.waits, announced]).toEqual([[0], [0]]);
  });

  it.each([48 * 3_600_000, Infinity])('is at most a day, with a timer in %s ms', (delayMs) => {
    const { loop, selector } = virtual;
    const callback = vi.fn();
    loop.callLater(delayMs, callback);
    selector.setReady(7, 1);
    loop.addReader(7, () => {});
    loop.runOnce();
    expect(selector.waits).toEqual([24 * 3_600_000]);
    expect(callback).not.toHaveBeenCalled();
  });

  it('is at most the limit of runOnce and the time to the first timer', () => {
    const { loop, selector } = virtual;
    loop.callLater(50, () => {});
    loop.runOnce(20);
    loop.runOnce(100);
    expect(selector.waits).toEqual([20, 30]);
    loop.runOnce(7);
    loop.runOnce(-1);
    expect(selector.waits.slice(2)).toEqual([7, 0]);
  });

  it('is waited for once by each sleep, however short', () => {
    const { loop, selector } = virtual;
    const times = [10, 0.1, 0.001, 0.00001, 0.0000001];
    loop.runUntilComplete(function* () {
      for (const ms of times) yield* sleep(ms);
    });
    // One iteration to start the task and one for each sleep; the last two are for the done-callback.
    expect(loop.statistics().iterations).toBeLessThanOrEqual(times.length + 2);
    expect(selector.waits.filter((wait) => wait !== 0)).toHaveLength(times.length);
  });

  it('a million timers that are made and cancelled leave nothing behind', () => {
    const { loop } = virtual;
    for (let i = 0; i < 1_000_000; i += 1) loop.callLater(1000 + (i % 1000), () => {}).cancel();
    expect(loop.statistics()).toMatchObject({ scheduled: 0, nextDeadlineMs: null });
  });
});
