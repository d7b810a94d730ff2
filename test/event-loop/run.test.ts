/** run and runSync. */

import {
  EpollSelector,
  EventLoop,
  type Steps,
  coroutine,
  createTask,
  fatal,
  getRunningLoop,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { collectErrors, selectorNames } from '../support/loops.js';
import { virtualLoop } from '../support/virtual-time.js';

afterEach(() => vi.unstubAllEnvs());

function* nothing(): Steps<string> {
  return 'nothing';
}

/** The blocking loop of `runSync` in virtual time. */
const inVirtualTime = { loopFactory: () => virtualLoop().loop };

/** One way to run for each mode, returning a promise, so that each test below is written once. */
const modes = [
  { mode: 'run', start: run },
  { mode: 'runSync', start: async <T>(...args: Parameters<typeof runSync<T>>) => runSync<T>(...args) },
] as const;

describe.each(modes)('$mode', ({ mode, start }) => {
  it('returns the result of main, in every form', async () => {
    const main = function* (): Steps<number> {
      yield* sleep(1);
      return 42;
    };
    for (const form of [main, main(), coroutine(main), coroutine(main)()]) expect(await start(form)).toBe(42);
  });

  it('throws what main throws', async () => {
    const error = new Error('boom');
    await expect(
      start(function* () {
        yield* sleep(0);
        throw error;
      }),
    ).rejects.toBe(error);
    expect(() => getRunningLoop()).toThrow();
  });

  it('rejects a promise and other values that cannot be run', async () => {
    await expect(start(Promise.resolve(1) as never)).rejects.toThrow(/pass the function itself/);
    await expect(start(5 as never)).rejects.toThrow(/expected a coroutine, or a function that returns one, got 5/);
    await expect(start(undefined as never)).rejects.toThrow(TypeError);
  });

  it.each(['run', 'runSync'] as const)('refuses %s inside a run, and the loop keeps running', async (inner) => {
    const never = vi.fn();
    const innerMain = function* (): Steps<void> {
      never();
    };
    let refused: unknown;
    const result = await start(function* () {
      try {
        if (inner === 'run') yield* loopFuture(run(innerMain));
        else runSync(innerMain);
      } catch (error) {
        refused = error;
      }
      yield* sleep(1);
      return 'went on';
    });
    // In a blocking loop no promise settles, so there the refusal of run() shows only as its rejection.
    if (mode === 'run' || inner === 'runSync') expect(refused).toMatchObject({ code: 'ERR_LOOP_RUNNING' });
    expect(result).toBe('went on');
    expect(never).not.toHaveBeenCalled();

    function* loopFuture(promise: Promise<void>): Steps<void> {
      promise.catch(() => {});
      if (mode === 'runSync') return;
      const future = getRunningLoop().createFuture<void>();
      promise.then(
        () => future.setResult(),
        (error: unknown) => future.setException(error),
      );
      yield* future;
    }
  });

  it('cancels the tasks that are left over and waits for their clean-up', async () => {
    const log: string[] = [];
    const worker = function* (name: string): Steps<void> {
      try {
        yield* sleep(1_000_000);
      } finally {
        yield* sleep(1);
        log.push(`${name} cleaned up`);
      }
    };
    let loop: EventLoop | undefined;
    await start(function* () {
      loop = getRunningLoop();
      createTask(worker('a'));
      createTask(worker('b'));
      yield* sleep(0);
      log.push('main ended');
    });
    expect(log).toEqual(['main ended', 'a cleaned up', 'b cleaned up']);
    expect(loop?.isClosed()).toBe(true);
    expect(loop?.statistics().tasks).toBe(0);
  });

  it('cancels the tasks that are left over when main fails', async () => {
    const cleaned = vi.fn();
    await expect(
      start(function* () {
        createTask(function* () {
          try {
            yield* sleep(1_000_000);
          } finally {
            cleaned();
          }
        });
        yield* sleep(0);
        throw new Error('main failed');
      }),
    ).rejects.toThrow('main failed');
    expect(cleaned).toHaveBeenCalledOnce();
  });

  it('reports the errors of tasks that fail in their clean-up', async () => {
    const loop = new EventLoop();
    const errors = collectErrors(loop);
    const error = new Error('while cleaning up');
    await start(
      function* () {
        createTask(
          function* () {
            try {
              yield* sleep(1_000_000);
            } catch {
              throw error;
            }
          },
          { name: 'untidy' },
        );
        yield* sleep(0);
      },
      { loopFactory: () => loop },
    );
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ message: 'unhandled exception during run() shutdown', exception: error });
    expect(String(errors[0]?.task)).toContain("name='untidy'");
  });

  it.each([
    ['1', {}, true],
    ['0', {}, false],
    ['1', { debug: false }, false],
    ['0', { debug: true }, true],
  ])('with SELECTLOOP_DEBUG=%s and %j has debug mode %j', async (value, options, expected) => {
    vi.stubEnv('SELECTLOOP_DEBUG', value);
    const main = function* (): Steps<boolean> {
      return getRunningLoop().getDebug();
    };
    expect(await start(main, options)).toBe(expected);
    const made = new EventLoop({ debug: value === '1' });
    expect(await start(main, { ...options, loopFactory: () => made })).toBe(expected);
  });

  it('calls loopFactory once, without arguments, and closes the loop that it made', async () => {
    const loop = new EventLoop();
    const loopFactory = vi.fn((..._: unknown[]) => loop);
    const seen = await start(
      function* () {
        return getRunningLoop();
      },
      { loopFactory },
    );
    expect(seen).toBe(loop);
    expect(loopFactory.mock.calls).toEqual([[]]);
    expect(loop.isClosed()).toBe(true);
  });

  it('passes on what loopFactory throws, and leaves no running loop', async () => {
    const loopFactory = (): EventLoop => {
      throw new Error('no loop today');
    };
    await expect(start(nothing, { loopFactory })).rejects.toThrow('no loop today');
    expect(await start(nothing)).toBe('nothing');
  });

  it('refuses a closed loop', async () => {
    const loop = new EventLoop();
    loop.close();
    await expect(start(nothing, { loopFactory: () => loop })).rejects.toMatchObject({
      code: 'ERR_LOOP_CLOSED',
    });
  });

  it('does not convert the result to a string', async () => {
    const result = {
      toString: () => {
        throw new Error('stringified');
      },
      toJSON: () => {
        throw new Error('stringified');
      },
    };
    const back = await start(
      function* () {
        yield* sleep(0);
        return result;
      },
      { debug: true },
    );
    expect(back === result).toBe(true);
  });

  it('throws a fatal error of main without also reporting it', async () => {
    const loop = new EventLoop();
    const errors = collectErrors(loop);
    const error = Object.assign(new Error('stop everything'), { [fatal]: true });
    await expect(
      start(
        function* () {
          throw error;
        },
        { loopFactory: () => loop },
      ),
    ).rejects.toBe(error);
    expect(loop.isClosed()).toBe(true);
    expect(errors).toEqual([]);
  });

  it('throws ERR_LOOP_STOPPED when main stops the loop and continues to wait', async () => {
    await expect(
      start(function* () {
        getRunningLoop().stop();
        yield* sleep(1_000_000);
      }),
    ).rejects.toMatchObject({ code: 'ERR_LOOP_STOPPED' });
  });

  it.each(selectorNames)('runs on %s when it is selected by name or by SELECTLOOP_SELECTOR', async (name) => {
    const used = function* (): Steps<string> {
      const loop = getRunningLoop() as unknown as { selector: object };
      return loop.selector.constructor.name.toLowerCase();
    };
    expect(await start(used, { selector: name })).toBe(`${name}selector`);
    vi.stubEnv('SELECTLOOP_SELECTOR', name);
    expect(await start(used)).toBe(`${name}selector`);
    expect(await start(used, { selector: 'poll' })).toBe('pollselector');
  });

  it('rejects an unknown selector', async () => {
    await expect(start(nothing, { selector: 'kqueue' as never })).rejects.toThrow(/kqueue/);
    await expect(start(nothing, { selector: 7 as never })).rejects.toThrow(TypeError);
    vi.stubEnv('SELECTLOOP_SELECTOR', 'iocp');
    await expect(start(nothing)).rejects.toThrow(
      /^SELECTLOOP_SELECTOR: expected one of select, poll, epoll, got "iocp"$/,
    );
    await expect(start(nothing, { selector: 'kqueue' as never })).rejects.toThrow(/^selector: .*got "kqueue"$/);
    vi.stubEnv('SELECTLOOP_SELECTOR', '');
    expect(await start(nothing)).toBe('nothing');
  });

  it('closes a selector that was passed to it', async () => {
    const selector = new EpollSelector();
    await start(nothing, { selector });
    expect(selector.fileno()).toBe(-1);
  });
});

describe('run', () => {
  it('returns the result of an async main, and throws what it throws', async () => {
    const loops = await run(async () => {
      await sleep(1);
      return getRunningLoop();
    });
    expect(loops.isClosed()).toBe(true);
    await expect(
      run(async () => {
        await sleep(0);
        throw new Error('boom');
      }),
    ).rejects.toThrow('boom');
  });

  it('cancels async tasks that are left over, and waits for them', async () => {
    const log: string[] = [];
    await run(async () => {
      createTask(async () => {
        try {
          await sleep(1_000_000);
        } finally {
          await sleep(1);
          log.push('cleaned up');
        }
      });
      await sleep(0);
      log.push('main ended');
    });
    expect(log).toEqual(['main ended', 'cleaned up']);
  });

  it('refuses a second run during a run', async () => {
    const first = run(() => sleep(5, 'first'));
    await expect(run(() => sleep(1, 'second'))).rejects.toMatchObject({ code: 'ERR_LOOP_RUNNING' });
    expect(() => runSync(() => sleep(1))).toThrow(expect.objectContaining({ code: 'ERR_LOOP_RUNNING' }));
    expect(await first).toBe('first');
    expect(await run(() => sleep(1, 'third'))).toBe('third');
  });
});

describe('runSync', () => {
  it('refuses an async function and names run()', () => {
    expect(() => runSync(async () => 1)).toThrow(expect.objectContaining({ code: 'ERR_NEEDS_HOST' }));
  });

  it('throws a DeadlockError that names the task when nothing can wake it', () => {
    const main = function* stuck(): Steps<void> {
      yield* getRunningLoop().createFuture<void>();
    };
    expect(() => runSync(main)).toThrow(
      expect.objectContaining({
        code: 'ERR_DEADLOCK',
        message: expect.stringMatching(
          /waiting: <Task pending name='Task-\d+' coro=stuck\(\) wait_for=<Future pending>>$/,
        ) as string,
      }),
    );
  });

  it('lets a stuck task clean up after the DeadlockError', () => {
    const cleaned = vi.fn();
    expect(() =>
      runSync(function* () {
        try {
          yield* getRunningLoop().createFuture<void>();
        } finally {
          cleaned();
        }
      }),
    ).toThrow(expect.objectContaining({ code: 'ERR_DEADLOCK' }));
    expect(cleaned).toHaveBeenCalledOnce();
  });

  it('sleeps for an hour of virtual time', () => {
    const started = performance.now();
    const elapsed = runSync(function* () {
      const loop = getRunningLoop();
      const from = loop.time();
      yield* sleep(3_600_000);
      return loop.time() - from;
    }, inVirtualTime);
    expect(elapsed).toBe(3_600_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
