/** Signals as callbacks of the loop, blocking and hosted, on every selector. */

import { constants } from 'node:os';
import { readdirSync } from 'node:fs';

import { type EventLoop, EventLoop as Loop, Runner, type Steps, coroutine, sleep } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { runProgram } from '../support/child-program.js';
import { longWait, selectorNames } from '../support/loops.js';

const raise = (signal: NodeJS.Signals): void => void process.kill(process.pid, signal);

describe.each(selectorNames)('signals on %s, blocking', (selector) => {
  let loop: EventLoop;
  beforeEach(() => {
    loop = new Loop({ selector });
  });
  afterEach(() => loop.close());

  it('the handler gets its arguments, runs as a callback of the loop, and wakes a long wait', () => {
    const handler = vi.fn((..._: unknown[]) => loop.stop());
    loop.addSignalHandler('SIGUSR1', handler, 1, 'two');
    loop.callSoon(() => {
      raise('SIGUSR1');
      expect(handler).not.toHaveBeenCalled(); // not inside the signal itself
    });
    longWait(loop);
    loop.runForever();
    expect(handler.mock.calls).toEqual([[1, 'two']]);
  });

  it('the handler is called for every signal', () => {
    const arrived: string[] = [];
    loop.addSignalHandler('SIGUSR1', () => {
      arrived.push('SIGUSR1');
      raise('SIGUSR2');
    });
    loop.addSignalHandler(constants.signals.SIGUSR2, () => {
      arrived.push('SIGUSR2');
      if (arrived.length < 6) raise('SIGUSR1');
      else loop.stop();
    });
    loop.callSoon(() => raise('SIGUSR1'));
    longWait(loop);
    loop.runForever();
    expect(arrived).toEqual(['SIGUSR1', 'SIGUSR2', 'SIGUSR1', 'SIGUSR2', 'SIGUSR1', 'SIGUSR2']);
  });

  it('a signal between two runs is delivered in the next run', () => {
    const handler = vi.fn(() => loop.stop());
    loop.addSignalHandler('SIGUSR1', handler);
    raise('SIGUSR1');
    longWait(loop);
    loop.runForever();
    expect(handler).toHaveBeenCalledOnce();
  });

  it('a new handler replaces the previous one', () => {
    const [first, second] = [vi.fn(), vi.fn(() => loop.stop())];
    loop.addSignalHandler('SIGUSR1', first);
    loop.addSignalHandler(constants.signals.SIGUSR1, second);
    raise('SIGUSR1');
    longWait(loop);
    loop.runForever();
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledOnce();
    expect(loop.removeSignalHandler('SIGUSR1')).toBe(true);
    expect(loop.removeSignalHandler('SIGUSR1')).toBe(false);
  });

  it('a replaced handler does not run for an earlier signal', () => {
    const [first, second] = [vi.fn(), vi.fn()];
    loop.addSignalHandler('SIGUSR1', first);
    raise('SIGUSR1');
    loop.callSoon(() => loop.addSignalHandler('SIGUSR1', second)); // runs before the handler, in the iteration of the signal
    loop.runOnce(0);
    loop.runOnce(0);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 0]);
  });

  it('removing a handler restores the default, and a second removal returns false', () => {
    const node = vi.fn();
    process.on('SIGUSR1', node); // the default would end this process
    try {
      const handler = vi.fn();
      loop.addSignalHandler('SIGUSR1', handler);
      expect(loop.removeSignalHandler('SIGUSR1')).toBe(true);
      expect(loop.removeSignalHandler('SIGUSR1')).toBe(false);
      raise('SIGUSR1');
      loop.runOnce(0);
      expect(handler).not.toHaveBeenCalled();
    } finally {
      process.off('SIGUSR1', node);
    }
  });

  it('close() removes all handlers and their descriptors', () => {
    const before = readdirSync('/proc/self/fd').length;
    loop.addSignalHandler('SIGUSR1', () => {});
    loop.addSignalHandler('SIGUSR2', () => {});
    expect(readdirSync('/proc/self/fd')).toHaveLength(before + 2);
    loop.close();
    expect(loop.removeSignalHandler('SIGUSR1')).toBe(false);
    const other = new Loop({ selector });
    other.addSignalHandler('SIGUSR1', () => {}); // EBUSY if the signal were still watched
    other.close();
  });

  it('a handler for a signal of another blocking loop is refused with EBUSY', () => {
    const other = new Loop({ selector });
    loop.addSignalHandler('SIGUSR1', () => loop.stop());
    expect(() => other.addSignalHandler('SIGUSR1', () => {})).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    expect(other.removeSignalHandler('SIGUSR1')).toBe(false);
    other.close();
    raise('SIGUSR1');
    longWait(loop);
    loop.runForever();
  });
});

describe.each(selectorNames)('signals on %s, hosted', (selector) => {
  it("wake the loop, and also reach the program's listeners", async () => {
    const own = vi.fn();
    process.on('SIGUSR1', own);
    try {
      await using runner = new Runner({ selector });
      const loop = runner.getLoop();
      const handler = vi.fn();
      await runner.run(async () => {
        const done = loop.createFuture<void>();
        loop.addSignalHandler(
          'SIGUSR1',
          (...args: unknown[]) => {
            handler(...args);
            done.setResult();
          },
          'a',
          'b',
        );
        raise('SIGUSR1');
        await done;
      });
      expect(handler.mock.calls).toEqual([['a', 'b']]);
      expect(own).toHaveBeenCalledOnce();
      expect(loop.removeSignalHandler('SIGUSR1')).toBe(true);
      expect(loop.removeSignalHandler('SIGUSR1')).toBe(false);
    } finally {
      process.off('SIGUSR1', own);
    }
    expect(process.listenerCount('SIGUSR1')).toBe(0);
  });

  it('return to the program when the loop is closed', async () => {
    const runner = new Runner({ selector });
    await runner.run(async () => {
      runner.getLoop().addSignalHandler('SIGUSR2', () => {});
      expect(process.listenerCount('SIGUSR2')).toBe(1);
    });
    await runner.close();
    expect(process.listenerCount('SIGUSR2')).toBe(0);
  });

  it('a handler follows its loop from one mode to the other, wherever it was added', async () => {
    await using runner = new Runner({ selector });
    const loop = runner.getLoop();
    let arrived = 0;
    let done = loop.createFuture<void>();
    const listen = (): void =>
      loop.addSignalHandler('SIGUSR2', () => {
        arrived += 1;
        done.setResult();
      });
    const raiseAndWait = function* (): Steps<void> {
      done = loop.createFuture<void>();
      raise('SIGUSR2');
      const limit = longWait(loop);
      yield* done;
      limit.cancel();
    };
    listen();
    runner.runSync(raiseAndWait);
    await runner.run(raiseAndWait);
    loop.removeSignalHandler('SIGUSR2');
    await runner.run(async () => listen());
    runner.runSync(raiseAndWait);
    await runner.run(raiseAndWait);
    expect(arrived).toBe(4);
  });

  it('a handler that was added before the run coexists with listeners that the program adds during it', async () => {
    await using runner = new Runner({ selector });
    const loop = runner.getLoop();
    const [ours, theirs] = [loop.createFuture<void>(), loop.createFuture<void>()];
    loop.addSignalHandler('SIGUSR2', () => ours.setResult());
    await runner.run(async () => {
      process.once('SIGUSR2', () => theirs.setResult());
      raise('SIGUSR2');
      await Promise.all([ours, theirs]);
    });
    expect([ours.done(), theirs.done()]).toEqual([true, true]);
  });

  it('a handler alone keeps a run waiting', async () => {
    await using runner = new Runner({ selector });
    const loop = runner.getLoop();
    const arrived = await runner.run(async () => {
      const signal = loop.createFuture<string>();
      loop.addSignalHandler('SIGUSR2', () => signal.setResult('SIGUSR2'));
      setTimeout(() => raise('SIGUSR2'), 5);
      return await signal;
    });
    expect(arrived).toBe('SIGUSR2');
  });
});

describe('addSignalHandler and removeSignalHandler', () => {
  let loop: EventLoop;
  beforeEach(() => {
    loop = new Loop();
  });
  afterEach(() => loop.close());

  it.each([null, undefined, {}, Symbol('SIGINT'), ['SIGINT']])('reject %s with a TypeError', (bad) => {
    expect(() => loop.addSignalHandler(bad as never, () => {})).toThrow(
      /signal: expected a signal such as 'SIGINT', got/,
    );
    expect(() => loop.removeSignalHandler(bad as never)).toThrow(TypeError);
  });

  it.each([0, -1, 65, 1.5, NaN, 'SIGNOTHING', 'sigint', ''])('reject %j with a RangeError', (bad) => {
    expect(() => loop.addSignalHandler(bad as never, () => {})).toThrow(RangeError);
    expect(() => loop.removeSignalHandler(bad as never)).toThrow(RangeError);
  });

  it.each(['SIGKILL', 'SIGSTOP', 9] as const)('%s cannot be caught, and its removal returns false', (signal) => {
    const before = readdirSync('/proc/self/fd').length;
    expect(() => loop.addSignalHandler(signal, () => {})).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_STATE',
        message: expect.stringMatching(/^SIG\w+ cannot be caught$/) as string,
      }),
    );
    expect(loop.removeSignalHandler(signal)).toBe(false);
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
    expect(() => loop.runForever()).toThrow(expect.objectContaining({ code: 'ERR_DEADLOCK' })); // not counted as a handler
  });

  it.each([function* () {}, async () => {}, coroutine(function* () {}), sleep(1)])('reject a coroutine: %s', (bad) => {
    expect(loop.getDebug()).toBe(false);
    expect(() => loop.addSignalHandler('SIGUSR1', bad as never)).toThrow(
      /addSignalHandler: expected a (plain )?function/,
    );
    expect(loop.removeSignalHandler('SIGUSR1')).toBe(false);
  });

  it('for SIGUSR1 replace the handler of Node, which would open its debugger', async () => {
    const ending = await runProgram(`
      import { newEventLoop } from 'selectloop';
      const loop = newEventLoop();
      loop.addSignalHandler('SIGUSR1', () => loop.stop());
      process.kill(process.pid, 'SIGUSR1');
      loop.runForever();
      loop.close();
      console.log('handled');
    `);
    expect(ending).toMatchObject({ code: 0, stdout: 'handled\n', stderr: '' });
  });
});
