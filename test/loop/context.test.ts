/** Context variables and contexts on their own; test/tasks has those of tasks and callbacks. */

import { Context, ContextVar, EventLoop, Token, copyContext, currentTask, run, runSync, sleep } from 'selectloop';
import { describe, expect, it, vi } from 'vitest';

const colour = new ContextVar<string>('colour', { default: 'none' });
const count = new ContextVar<number>('count', { default: 0 });

describe('ContextVar', () => {
  it('get() returns the value, else its argument, else the default', () => {
    const plain = new ContextVar<number>('plain');
    const preset = new ContextVar<number | undefined>('preset', { default: undefined });
    new Context().run(() => {
      expect(() => plain.get()).toThrow('<ContextVar plain> has no value here: nothing was set, and it has no default');
      expect(plain.get('instead')).toBe('instead');
      expect(plain.get(undefined)).toBeUndefined();
      expect(preset.get()).toBeUndefined();
      expect(preset.get(7)).toBe(7);
      plain.set(1);
      preset.set(2);
      expect([plain.get(), plain.get('instead'), preset.get()]).toEqual([1, 1, 2]);
    });
    expect(() => new ContextVar(5 as never)).toThrow(TypeError);
  });

  it('setting many variables copies no values, and a copy of the context costs one copy at the next set()', () => {
    const variables = Array.from({ length: 1000 }, (_, i) => new ContextVar<number>(`v${i}`));
    const context = new Context();
    const setAll = (): void => {
      for (const [i, variable] of variables.entries()) variable.set(i);
    };
    const stored = vi.spyOn(Map.prototype, 'set'); // also called for each entry that `new Map(entries)` copies
    context.run(setAll);
    expect(stored).toHaveBeenCalledTimes(1000);
    const copy = context.copy();
    context.run(setAll);
    expect(stored).toHaveBeenCalledTimes(3000);
    stored.mockRestore();
    context.run(() => variables[0]?.set(-1));
    expect([context.get(variables[0]!), copy.get(variables[0]!)]).toEqual([-1, 0]);
  });

  it('iterating over a context shows the values of the moment it began', () => {
    const [first, second] = [new ContextVar<number>('first'), new ContextVar<number>('second')];
    const context = new Context();
    context.run(() => {
      first.set(1);
      const values = context[Symbol.iterator]();
      second.set(2);
      first.set(3);
      expect([...values]).toEqual([[first, 1]]);
      expect(context.size).toBe(2);
    });
  });

  it('a token restores the previous value, once, and only in its own context', () => {
    const plain = new ContextVar<number>('plain');
    new Context().run(() => {
      const first = plain.set(1);
      const second = plain.set(2);
      expect(first).toBeInstanceOf(Token);
      expect([first.oldValue, second.oldValue, second.variable]).toEqual([undefined, 1, plain]);
      expect(() => colour.reset(second as never)).toThrow(RangeError);
      expect(() => copyContext().run(() => plain.reset(second))).toThrow(RangeError);
      expect(() => plain.reset({} as never)).toThrow(TypeError);
      plain.reset(second);
      expect(plain.get()).toBe(1);
      expect(() => plain.reset(second)).toThrow('<Token of <ContextVar plain>> has been used already');
      plain.reset(first);
      expect(plain.get(null)).toBeNull();
      expect(copyContext().size).toBe(0);
    });
  });

  it('a token works with `using`', async () => {
    await run(async () => {
      {
        using _red = colour.set('red');
        await sleep(0);
        expect(colour.get()).toBe('red');
      }
      expect(colour.get()).toBe('none');
    });
  });
});

describe('Context', () => {
  it('can be read like a map, and copies are independent', () => {
    const context = new Context();
    expect([context.size, context.has(colour), context.get(colour)]).toEqual([0, false, undefined]);
    const copy = context.run(() => {
      colour.set('first');
      const taken = copyContext();
      colour.set('second');
      count.set(2);
      return taken;
    });
    expect([...context]).toEqual([
      [colour, 'second'],
      [count, 2],
    ]);
    expect([...copy]).toEqual([[colour, 'first']]);
    expect(String(copy)).toBe('<Context of 1 values>');
    const twin = context.copy();
    twin.run(() => colour.set('third'));
    expect([context.get(colour), twin.get(colour)]).toEqual(['second', 'third']);
  });

  it('run() passes on arguments, results and errors, and ends with the call', () => {
    const context = new Context();
    expect(context.run((a: number, b: number) => a + b, 1, 2)).toBe(3);
    expect(() =>
      context.run(() => {
        colour.set('failing');
        throw new Error('passed on');
      }),
    ).toThrow('passed on');
    expect([context.get(colour), colour.get()]).toEqual(['failing', 'none']);
  });

  it('run() may be nested, even in the same context, and keeps the current task', () => {
    runSync(function* () {
      const context = new Context();
      const task = currentTask();
      context.run(() => {
        colour.set('outer');
        const inner = new Context().run(() => [colour.get(), currentTask() === task]);
        expect(inner).toEqual(['none', true]);
        expect(context.run(() => colour.get())).toBe('outer');
      });
    });
  });

  it.each([function* () {}, async () => {}, 5, null])('run() rejects %s', (fn) => {
    expect(() => new Context().run(fn as () => void)).toThrow(TypeError);
  });

  it('callbacks of a loop that is run inside a context keep their own contexts', () => {
    const loop = new EventLoop();
    const seen: string[] = [];
    loop.callSoon(() => seen.push(colour.get()));
    new Context().run(() => {
      colour.set('around');
      loop.callSoon(() => seen.push(colour.get()));
      loop.runOnce(0);
      expect(colour.get()).toBe('around');
    });
    loop.close();
    expect(seen).toEqual(['none', 'around']);
  });
});
