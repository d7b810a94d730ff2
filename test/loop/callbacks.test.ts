/** callSoon, handles, and what one iteration runs. */

import { Handle } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { collectErrors, runUntilQuiet } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
beforeEach(() => {
  virtual = virtualLoop();
});
afterEach(() => virtual[Symbol.dispose]());

describe('callSoon', () => {
  it('calls the callback with its arguments in the next iteration, and returns a Handle', () => {
    const { loop } = virtual;
    const callback = vi.fn();
    const handle = loop.callSoon(callback, 1, 'two');
    expect(handle).toBeInstanceOf(Handle);
    expect(callback).not.toHaveBeenCalled();
    expect(loop.statistics()).toMatchObject({ ready: 1, scheduled: 0 });
    loop.runOnce();
    expect(callback.mock.calls).toEqual([[1, 'two']]);
    loop.callSoon(() => {});
    loop.runOnce();
    expect(callback).toHaveBeenCalledOnce();
  });

  it('runs callbacks in the order of the calls', () => {
    const { loop } = virtual;
    const order: number[] = [];
    for (let i = 0; i < 200; i += 1) loop.callSoon((n: number) => order.push(n), i);
    loop.runOnce();
    expect(order).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it('a callback scheduled by a callback runs in the next iteration, not in this one', () => {
    const { loop, selector } = virtual;
    const order: string[] = [];
    const again = (): void => {
      order.push('again');
      loop.callSoon(again);
    };
    loop.callSoon(again);
    loop.callSoon(() => order.push('other'));
    loop.runOnce();
    expect(order).toEqual(['again', 'other']);
    loop.runOnce();
    expect(order).toEqual(['again', 'other', 'again']);
    expect(selector.waits).toEqual([0, 0]);
  });

  it('rejects a value that cannot be called, even outside debug mode', () => {
    const { loop } = virtual;
    for (const bad of [undefined, null, 5, 'f', {}, (function* () {})()]) {
      expect(() => loop.callSoon(bad as never)).toThrow(/callSoon: expected a function, got/);
      expect(() => loop.callLater(1, bad as never)).toThrow(/callLater: expected a function, got/);
      expect(() => loop.callAt(1, bad as never)).toThrow(/callAt: expected a function, got/);
    }
    expect(loop.statistics()).toMatchObject({ ready: 0, scheduled: 0 });
  });
});

describe('Handle', () => {
  it('does not run once it is cancelled; cancelling twice is harmless', () => {
    const { loop } = virtual;
    const callback = vi.fn();
    const handle = loop.callSoon(callback);
    expect(handle.cancelled()).toBe(false);
    handle.cancel();
    handle.cancel();
    expect(handle.cancelled()).toBe(true);
    loop.runOnce();
    expect(callback).not.toHaveBeenCalled();
  });

  it('can be cancelled by a callback that runs before it in the same iteration', () => {
    const { loop } = virtual;
    const second = vi.fn();
    loop.callSoon(() => handle.cancel());
    const handle = loop.callSoon(second);
    loop.runOnce();
    expect(second).not.toHaveBeenCalled();
  });

  it('drops its callback and arguments when it is cancelled', async () => {
    const { loop } = virtual;
    const make = (): { handle: Handle; references: Array<WeakRef<object>> } => {
      const argument = { big: new Array(1000).fill(0) };
      const callback = (_: object): unknown => argument;
      const handle = loop.callSoon(callback, argument);
      return { handle, references: [new WeakRef<object>(callback), new WeakRef<object>(argument)] };
    };
    const { handle, references } = make();
    handle.cancel();
    await new Promise((resolve) => setImmediate(resolve)); // a WeakRef keeps its target until the current job ends
    globalThis.gc?.();
    expect(references.map((reference) => reference.deref())).toEqual([undefined, undefined]);
    expect(handle.cancelled()).toBe(true);
  });

  it('prints its callback and its state', () => {
    const { loop } = virtual;
    const handle = loop.callSoon(function tick() {});
    expect(String(handle)).toBe('<Handle tick()>');
    handle.cancel();
    expect(String(handle)).toBe('<Handle cancelled>');
    expect(String(loop.callSoon(() => {}))).toBe('<Handle anonymous()>');
    expect(String(loop.callAt(1.5, function tock() {}))).toBe('<TimedHandle tock() when=1.500>');
  });
});

describe('an iteration of the loop', () => {
  it('continues after a callback that throws; the error goes to the exception handler', () => {
    const { loop } = virtual;
    const errors = collectErrors(loop);
    const error = new Error('boom');
    const after = vi.fn();
    const handle = loop.callSoon(function failing() {
      throw error;
    });
    loop.callSoon(after);
    loop.runOnce();
    expect(after).toHaveBeenCalledOnce();
    expect(errors).toEqual([
      { message: 'Exception in callback <Handle failing()>', exception: error, handle, source: null },
    ]);
  });

  it('reports any thrown value, not only an Error', () => {
    const { loop } = virtual;
    const errors = collectErrors(loop);
    for (const thrown of ['text', undefined, null, 0, Symbol('s')]) {
      loop.callSoon(() => {
        throw thrown;
      });
    }
    runUntilQuiet(loop);
    expect(errors.map(({ exception }) => typeof exception)).toEqual([
      'string',
      'undefined',
      'object',
      'number',
      'symbol',
    ]);
  });

  it('runs all handles that are ready when a callback stops the loop, but none that they schedule', () => {
    const { loop } = virtual;
    const order: string[] = [];
    loop.callSoon(() => {
      order.push('stop');
      loop.stop();
      loop.callSoon(() => order.push('later'));
    });
    loop.callSoon(() => order.push('same iteration'));
    loop.runForever();
    expect(order).toEqual(['stop', 'same iteration']);
    loop.callSoon(() => loop.stop());
    loop.runForever();
    expect(order).toEqual(['stop', 'same iteration', 'later']);
  });

  it('stop() before runForever() runs exactly one iteration, which does not wait', () => {
    const { loop, selector } = virtual;
    loop.callLater(1000, () => {});
    const ran = vi.fn();
    loop.callSoon(() => loop.callSoon(ran));
    loop.stop();
    loop.runForever();
    expect(selector.waits).toEqual([0]);
    expect(loop.statistics().iterations).toBe(1);
    expect(ran).not.toHaveBeenCalled();
  });

  it('stop() before runForever() affects one run only', () => {
    const { loop, selector } = virtual;
    loop.stop();
    loop.runForever();
    loop.callLater(10, () => loop.stop());
    loop.runForever();
    expect(selector.waits).toEqual([0, 10]);
  });
});
