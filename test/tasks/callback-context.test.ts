/** The contexts of callbacks: a copy of the context that scheduled them, unless one is given. */

import {
  Context,
  ContextVar,
  EventLoop,
  Future,
  type Steps,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  runSync,
  shield,
  socketpair,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { runUntilQuiet } from '../support/loops.js';
import { turns } from './both-flavours.js';

const colour = new ContextVar<string>('colour', { default: 'none' });
const count = new ContextVar<number>('count', { default: 0 });

describe('the context of a callback', () => {
  it('is a copy of the context that scheduled it', () => {
    using loop = Object.assign(new EventLoop(), { [Symbol.dispose]: () => loop.close() });
    const seen: string[] = [];
    const note = (): void => {
      seen.push(colour.get());
      colour.set('changed by a callback');
    };
    const context = new Context();
    context.run(() => {
      colour.set('one');
      loop.callSoon(note);
      colour.set('two');
      loop.callSoon(note);
      loop.callLater(0, note);
      colour.set('three');
      loop.callAt(loop.time(), note);
      colour.set('last');
    });
    loop.callSoon(note);
    loop.runOnce(0);
    runUntilQuiet(loop);
    expect(seen.sort()).toEqual(['none', 'one', 'three', 'two', 'two']);
    expect([context.get(colour), colour.get()]).toEqual(['last', 'none']);
  });

  it('is the same at every call of a reader or a signal handler', () => {
    const seen: Record<string, number[]> = { reader: [], signal: [] };
    const note = (who: string): number => {
      count.set(count.get() + 1);
      return seen[who]!.push(count.get());
    };
    const [near, far] = socketpair();
    runSync(function* () {
      const loop = getRunningLoop();
      const done = new Future<void>();
      far.send(Buffer.from('never read'));
      count.set(10);
      loop.addReader(near, () => {
        if (note('reader') === 2) loop.removeReader(near);
      });
      count.set(20);
      loop.addSignalHandler('SIGUSR2', () => {
        if (note('signal') === 2) done.setResult();
        else process.kill(process.pid, 'SIGUSR2');
      });
      count.set(30);
      process.kill(process.pid, 'SIGUSR2');
      yield* done;
      yield* turns();
      expect(count.get()).toBe(30);
    });
    near.close();
    far.close();
    expect(seen).toEqual({ reader: [11, 12], signal: [21, 22] });
  });

  it('of a done-callback, is that of the code that added it, not of the code that settles the future', () => {
    runSync(function* () {
      const seen: unknown[] = [];
      const future = new Future<void>();
      future.addDoneCallback(() => seen.push(colour.get()));
      colour.set('added');
      future.addDoneCallback(() => {
        seen.push(colour.get());
        colour.set('by the callback');
      });
      colour.set('added later');
      future.addDoneCallback(() => seen.push(colour.get()));
      yield* createTask(function* () {
        colour.set('settling');
        future.setResult();
      });
      yield* turns();
      future.addDoneCallback(() => seen.push(colour.get()));
      yield* turns();
      expect(seen).toEqual(['none', 'added', 'added later', 'added later']);
      expect(colour.get()).toBe('added later');
    });
  });

  it('of a done-callback, can be given, and is then shared', () => {
    runSync(function* () {
      const context = new Context();
      context.run(() => count.set(1));
      const future = new Future<void>();
      const increment = (): unknown => count.set(count.get() + 1);
      future.addDoneCallback(increment, { context });
      future.addDoneCallback(increment, { context });
      future.setResult();
      yield* turns();
      expect([context.get(count), count.get()]).toEqual([3, 0]);
      expect(() => future.addDoneCallback(increment, { context: 5 as never })).toThrow(TypeError);
    });
  });

  it('does not prevent removeDoneCallback from finding the callback', () => {
    runSync(function* () {
      colour.set('any');
      const future = new Future<void>();
      const callback = (): never => {
        throw new Error('removed');
      };
      future.addDoneCallback(callback);
      future.addDoneCallback(callback, { context: new Context() });
      expect(future.removeDoneCallback(callback)).toBe(2);
      future.setResult();
      yield* turns();
    });
  });

  it('ends with the callback even if the callback throws', () => {
    const loop = new EventLoop();
    loop.setExceptionHandler(() => undefined);
    const seen: unknown[] = [];
    loop.callSoon(() => {
      colour.set('failing');
      throw new Error('expected');
    });
    loop.callSoon(() => seen.push(colour.get(), currentTask()));
    loop.runOnce(0);
    expect([...seen, colour.get()]).toEqual(['none', null, 'none']);
    loop.close();
  });

  it('of the children of shield and gather, is that of the caller', () => {
    runSync(function* () {
      colour.set('caller');
      const body = function* (): Steps<string> {
        yield;
        return colour.get();
      };
      expect(yield* gather([body(), shield(body())])).toEqual(['caller', 'caller']);
    });
  });
});
