/** Debug mode: stricter checks, creation stacks, slow callbacks. */

import { compileFunction } from 'node:vm';

import { EventLoop, Handle, coroutine, sleep } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { collectErrors, openLoop } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
beforeEach(() => {
  virtual = virtualLoop({ debug: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
  virtual[Symbol.dispose]();
});

describe('debug mode', () => {
  it('is switched by setDebug', () => {
    const { loop } = virtual;
    expect(loop.getDebug()).toBe(true);
    loop.setDebug(false);
    expect(loop.getDebug()).toBe(false);
    loop.setDebug(true);
    loop.setDebug(true);
    expect(loop.getDebug()).toBe(true);
    loop.setDebug(false);
    expect(loop.getDebug()).toBe(false);
  });

  it.each([
    ['1', undefined, true],
    ['0', undefined, false],
    ['', undefined, false],
    ['1', false, false],
    ['0', true, true],
  ])('is initially, with SELECTLOOP_DEBUG=%j and the option %j: %j', (value, debug, expected) => {
    vi.stubEnv('SELECTLOOP_DEBUG', value);
    using loop = openLoop(debug === undefined ? {} : { debug });
    expect(loop.getDebug()).toBe(expected);
  });

  const coroutineFunctions = {
    'a generator function': function* () {},
    'an async function': async () => {},
    'a function made by coroutine()': coroutine(function* () {}),
  };

  it.each(Object.entries(coroutineFunctions))('rejects %s as a callback', (_, fn) => {
    const { loop } = virtual;
    const refused = /expected a plain function \(use createTask for coroutines\)/;
    for (const schedule of [
      () => loop.callSoon(fn),
      () => loop.callLater(1, fn),
      () => loop.callAt(1, fn),
      () => loop.addReader(7, fn),
      () => loop.addWriter(7, fn),
    ]) {
      expect(schedule).toThrow(TypeError);
      expect(schedule).toThrow(refused);
    }
    expect(loop.statistics()).toMatchObject({ ready: 0, scheduled: 0, readers: 0, writers: 0 });
    loop.setDebug(false);
    loop.callSoon(fn); // outside debug mode it would cost too much
    expect(loop.statistics().ready).toBe(1);
  });

  it('rejects coroutine objects and other values that cannot be called', () => {
    const { loop } = virtual;
    const coroutineObject = coroutine(function* () {})();
    for (const bad of [coroutineObject, (function* () {})(), 'f', 7]) {
      expect(() => loop.callSoon(bad as never)).toThrow(/expected a function/);
    }
  });

  it('records where a handle was made, with the caller as the first frame', () => {
    const { loop } = virtual;
    const sources = [loop.callSoon(() => {}), loop.callLater(5, () => {}), loop.callAt(5, () => {})].map(
      (handle) => handle._source?.split('\n')[0],
    );
    for (const source of sources) expect(source).toMatch(/debug\.test\.ts:\d+:\d+/);
    loop.setDebug(false);
    expect(loop.callSoon(() => {})._source).toBeNull();
  });

  it('reports where a failing callback, reader or writer was made', () => {
    const { loop, selector } = virtual;
    const errors = collectErrors(loop);
    const fail = (): void => {
      loop.removeReader(7);
      loop.removeWriter(7);
      throw new Error('boom');
    };
    loop.callSoon(fail);
    loop.runOnce();
    for (const add of [loop.addReader, loop.addWriter]) {
      selector.setReady(7, 3);
      add.call(loop, 7, fail);
      loop.runOnce();
    }
    expect(errors).toHaveLength(3);
    for (const { source } of errors) expect(source?.split('\n')[0]).toMatch(/debug\.test\.ts:\d+:\d+/);
  });

  it("treats a program with folders named like the library's as the caller", async () => {
    // The folder of the library decides, not names such as lib/loop, which a program may also use.
    const { creationStack } = await import('../../lib/loop/program-stack.js');
    const run = compileFunction('return stack();', ['stack'], { filename: '/srv/app/lib/tasks/main.js' }) as (
      stack: () => string,
    ) => string;
    expect(run(creationStack).split('\n')[0]).toContain('/srv/app/lib/tasks/main.js');
  });
});

describe('slow callbacks in debug mode', () => {
  it('are reported with the time they took', () => {
    const { loop, clock } = virtual;
    const errors = collectErrors(loop);
    loop.callSoon(function slow() {
      clock.advance(100);
    });
    loop.callSoon(function quick() {
      clock.advance(99);
    });
    loop.runOnce();
    expect(errors.map(({ message }) => message)).toEqual(['Executing <Handle slow()> took 0.100 seconds']);
    expect(errors[0]?.source?.split('\n')[0]).toMatch(/debug\.test\.ts:\d+:\d+/); // where it was scheduled
  });

  it('are those that take at least slowCallbackMs; all of them when it is 0', () => {
    const { loop } = virtual;
    const errors = collectErrors(loop);
    loop.slowCallbackMs = 0;
    loop.callSoon(function any() {});
    loop.runOnce();
    expect(errors.map(({ message }) => message)).toEqual(['Executing <Handle any()> took 0.000 seconds']);
  });

  it('are also reported when they fail', () => {
    const { loop, clock } = virtual;
    const errors = collectErrors(loop);
    loop.callSoon(function failing() {
      clock.advance(200);
      throw new Error('boom');
    });
    loop.runOnce();
    expect(errors.map(({ message }) => message)).toEqual([
      'Exception in callback <Handle failing()>',
      'Executing <Handle failing()> took 0.200 seconds',
    ]);
  });

  it('are reported with the name of the task, not of the handle that resumed it', () => {
    const { loop, clock } = virtual;
    const errors = collectErrors(loop);
    const body = function* (): Generator {
      clock.advance(150); // in its first step, when the task itself is in the ready queue
      yield* sleep(10);
      clock.advance(250); // resumed by a timer
    };
    loop.createTask(body as never, { name: 'hog' });
    loop.callSoon(function after() {
      clock.advance(300);
    });
    loop.callLater(1000, () => loop.stop());
    loop.runForever();
    const slow = errors.map(({ message }) => message);
    expect(slow).toHaveLength(3);
    for (const { source } of errors) expect(source?.split('\n')[0]).toMatch(/debug\.test\.ts:\d+:\d+/);
    expect(slow.splice(1, 1)).toEqual(['Executing <Handle after()> took 0.300 seconds']);
    expect(slow[0]).toMatch(/^Executing <Task .*name='hog'.*> took 0\.150 seconds$/);
    expect(slow[1]).toMatch(/^Executing <Task .*name='hog'.*> took 0\.250 seconds$/);
  });

  it('are not reported outside debug mode', () => {
    const { loop, clock } = virtual;
    const errors = collectErrors(loop);
    loop.setDebug(false);
    loop.callSoon(() => clock.advance(1000));
    loop.runOnce();
    expect(errors).toEqual([]);
  });

  it('are measured if debug mode was on when they began', () => {
    const { loop, clock } = virtual;
    const errors = collectErrors(loop);
    loop.callSoon(function first() {
      loop.setDebug(false);
      clock.advance(500);
    });
    loop.callSoon(() => {
      clock.advance(500);
      loop.setDebug(true);
    });
    loop.runOnce();
    expect(errors.map(({ message }) => message)).toEqual(['Executing <Handle first()> took 0.500 seconds']);
    expect(loop.getDebug()).toBe(true);
  });
});

describe('a new loop', () => {
  it('is of the public class and makes public handles', () => {
    expect(virtual.loop).toBeInstanceOf(EventLoop);
    expect(virtual.loop.callSoon(() => {})).toBeInstanceOf(Handle);
  });
});
