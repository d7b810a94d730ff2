/** Virtual time: exact, immediate, and standing still while anything else is ready. */

import { pbkdf2 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import {
  type EventLoop,
  type Main,
  Runner,
  type Steps,
  createTask,
  getRunningLoop,
  run,
  runSync,
  sleep,
  sockRecv,
  sockSendAll,
  socketpair,
  timeout,
  waitFor,
} from 'selectloop';
import { EpollSelector } from 'selectloop/selectors';
import { MemorySelector, VirtualClock, type VirtualLoopOptions, virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

const HOUR = 3_600_000;

/** Both ways of running. */
const modes = {
  blocking: async <T>(main: () => Steps<T>, options?: VirtualLoopOptions) =>
    runSync(main, { loopFactory: () => virtualLoop(options) }),
  hosted: async <T>(main: Main<T>, options?: VirtualLoopOptions) =>
    await run(main, { loopFactory: () => virtualLoop(options) }),
};

function now(): number {
  return getRunningLoop().time();
}

describe.each(Object.entries(modes))('virtual time, %s', (_, start) => {
  it('jumps to the end of an hour of sleep, exactly', async () => {
    const began = performance.now();
    const ended = await start(function* () {
      yield* sleep(HOUR);
      return now();
    });
    expect(ended).toBe(HOUR);
    expect(performance.now() - began).toBeLessThan(HOUR / 100);
  });

  it('is exact for times that floating point cannot add up', async () => {
    const times = await start(function* () {
      const seen: number[] = [];
      for (const ms of [0.1, 0.2, 0.7, 1e-7, 1e9]) {
        const when = now() + ms;
        yield* sleep(ms);
        seen.push(now() - when);
      }
      return seen;
    });
    expect(times).toEqual([0, 0, 0, 0, 0]);
  });

  it('does not advance while a callback is ready', async () => {
    const seen = await start(function* () {
      createTask(sleep(50));
      for (let i = 0; i < 100; i += 1) yield;
      return now();
    });
    expect(seen).toBe(0);
  });

  it('runs timers in order, each at its own time', async () => {
    const log = await start(function* () {
      const seen: number[] = [];
      const loop = getRunningLoop();
      for (const ms of [30, 10, 20, 10.5]) loop.callLater(ms, () => seen.push(loop.time()));
      yield* sleep(40);
      return seen;
    });
    expect(log).toEqual([10, 10.5, 20, 30]);
  });

  it.each(['select', 'poll', 'epoll'] as const)(
    'does not jump while a real descriptor is ready: %s',
    async (selector) => {
      const [left, right] = socketpair();
      left.setBlocking(false);
      right.setBlocking(false);
      const [received, at] = await start(
        function* () {
          const reading = createTask(waitFor(sockRecv(right, 100), 1000));
          yield;
          yield* sockSendAll(left, Buffer.from('in time'));
          return [String(yield* reading), now()];
        },
        { selector },
      );
      left.close();
      right.close();
      expect([received, at]).toEqual(['in time', 0]);
    },
  );

  it('lets a wait for a silent descriptor time out', async () => {
    const [left, right] = socketpair();
    right.setBlocking(false);
    const code = await start(function* () {
      try {
        yield* waitFor(sockRecv(right, 1), HOUR);
      } catch (error) {
        return [(error as { code: string }).code, now()];
      }
      return [];
    });
    left.close();
    right.close();
    expect(code).toEqual(['ETIMEDOUT', HOUR]);
  });

  it('starts at startMs', async () => {
    const seen = await start(
      function* () {
        const before = now();
        yield* sleep(1);
        return [before, now()];
      },
      { startMs: 1e6 },
    );
    expect(seen).toEqual([1e6, 1e6 + 1]);
  });

  it('follows a clock of the test, which may advance it', async () => {
    const clock = new VirtualClock(5);
    const seen = await start(
      function* () {
        const long = createTask(sleep(100, 'long'));
        yield;
        clock.advance(1000);
        return [yield* long, now()];
      },
      { clock },
    );
    expect(seen).toEqual(['long', 1005]);
    expect(clock.now()).toBe(1005);
  });

  it('waits in real time before it jumps, with jumpAfterMs', async () => {
    const began = performance.now();
    await start(() => sleep(HOUR) as never, { jumpAfterMs: 30 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
  });

  it('owns the selector that it was given', async () => {
    const selector = new EpollSelector();
    await start(() => sleep(1) as never, { selector });
    expect(selector.fileno()).toBe(-1);
  });

  it('can turn on debug mode', async () => {
    const debug = await start(
      function* () {
        return getRunningLoop().getDebug();
      },
      { debug: true },
    );
    expect(debug).toBe(true);
  });
});

describe('virtual time beside Node', () => {
  const hosted = async <T>(main: () => Promise<T>): Promise<T> => await run(main, { loopFactory: virtualLoop });

  it('stands still while Node reads a file', async () => {
    const seen = await hosted(async () => {
      const content = await timeout(1, async () => await readFile('/proc/self/status', 'utf8'));
      return [content.startsWith('Name:'), now()];
    });
    expect(seen).toEqual([true, 0]);
  });

  it('stands still while the thread pool computes', async () => {
    const seen = await hosted(async () => {
      const key = await timeout(1, async () => await promisify(pbkdf2)('secret', 'salt', 20_000, 64, 'sha512'));
      return [key.length, now()];
    });
    expect(seen).toEqual([64, 0]);
  });

  it('stands still while Node has an immediate to run', async () => {
    const seen = await hosted(async () => {
      await timeout(1, async () => await new Promise((resolve) => setImmediate(() => setImmediate(resolve))));
      return now();
    });
    expect(seen).toBe(0);
  });

  it('does not wait for a timer of Node, and does not advance for it', async () => {
    const times = await hosted(async () => {
      const far = setTimeout(() => {}, HOUR);
      await sleep(HOUR);
      const jumped = now();
      clearTimeout(far);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [jumped, now()];
    });
    expect(times).toEqual([HOUR, HOUR]);
  });

  it('lets a message of a worker arrive in time, with jumpAfterMs', async () => {
    const { port1, port2 } = new MessageChannel();
    const seen = await run(
      async () => {
        const arrived = new Promise<unknown>((resolve) => port1.once('message', resolve));
        setTimeout(() => port2.postMessage('late'), 20);
        const message = await timeout(1000, async () => await arrived);
        return [message, now()];
      },
      { loopFactory: () => virtualLoop({ jumpAfterMs: 5000 }) },
    );
    port1.close();
    expect(seen).toEqual(['late', 0]);
  });

  it('continues over several runs of one loop', async () => {
    await using runner = new Runner({ loopFactory: virtualLoop });
    await runner.run(() => sleep(10));
    runner.runSync(() => sleep(10));
    await runner.run(() => sleep(10));
    expect(runner.getLoop().time()).toBe(30);
  });
});

describe('a loop with a memory selector', () => {
  const withMemory = (): { loop: EventLoop & Disposable; selector: MemorySelector } => {
    const selector = new MemorySelector();
    const loop = virtualLoop({ selector });
    return { loop: Object.assign(loop, { [Symbol.dispose]: () => loop.close() }), selector };
  };

  it('has the ready descriptors that the test sets', () => {
    const { loop: owned, selector } = withMemory();
    using loop = owned;
    const log: string[] = [];
    loop.addReader(7, () => {
      log.push(`read at ${loop.time()}`);
      selector.setReady(7, 0);
      loop.removeReader(7);
    });
    loop.callLater(25, () => selector.setReady(7, 1));
    loop.callLater(50, () => loop.stop());
    loop.runForever();
    expect(log).toEqual(['read at 25']);
  });

  it('throws where it would wait indefinitely', () => {
    using loop = withMemory().loop;
    loop.addReader(7, () => {});
    expect(() => loop.runForever()).toThrow(expect.objectContaining({ code: 'ERR_DEADLOCK' }));
    loop.callLater(Infinity, () => {});
    expect(() => loop.runForever()).toThrow(expect.objectContaining({ code: 'ERR_DEADLOCK' }));
  });

  it('is refused in a hosted run, where Node could not wake it', async () => {
    const loopFactory = (): EventLoop => withMemory().loop;
    await expect(run(() => sleep(1), { loopFactory })).rejects.toThrow(/MemorySelector cannot run beside Node/);
  });

  it('advances by the limit of runOnce', () => {
    using loop = withMemory().loop;
    loop.callLater(50, () => {});
    const seen = [20, 100, 7, 0].map((limitMs) => {
      loop.runOnce(limitMs);
      return loop.time();
    });
    expect(seen).toEqual([20, 50, 57, 57]);
  });
});

describe('VirtualClock', () => {
  it('only moves forward', () => {
    const clock = new VirtualClock(10);
    clock.advance(0.5);
    clock.jumpTo(12);
    clock.jumpTo(12);
    expect(clock.now()).toBe(12);
    for (const step of [-1, NaN, Infinity]) expect(() => clock.advance(step)).toThrow(RangeError);
    for (const when of [11.9, NaN, Infinity]) expect(() => clock.jumpTo(when)).toThrow(RangeError);
    expect(() => clock.advance('1' as never)).toThrow(TypeError);
    expect(() => new VirtualClock(NaN)).toThrow(RangeError);
    expect(clock.now()).toBe(12);
  });
});

describe('virtualLoop', () => {
  it.each<[string, VirtualLoopOptions, typeof TypeError | typeof RangeError]>([
    ['a startMs that is not a number', { startMs: '1' as never }, TypeError],
    ['an infinite startMs', { startMs: Infinity }, RangeError],
    ['both startMs and a clock', { startMs: 1, clock: new VirtualClock() }, RangeError],
    ['a negative jumpAfterMs', { jumpAfterMs: -1 }, RangeError],
    ['a jumpAfterMs that is not a number', { jumpAfterMs: null as never }, TypeError],
    ['a seed that is not a number', { shuffle: 'x' as never }, TypeError],
    ['a fractional seed', { shuffle: 0.5 }, RangeError],
    ['an unknown selector', { selector: 'kqueue' as never }, RangeError],
  ])('refuses %s', (_, options, error) => {
    expect(() => virtualLoop(options)).toThrow(error);
  });
});
