/** Runner: several runs on one loop. */

import {
  EventLoop,
  type ExceptionContext,
  Runner,
  type Steps,
  type Task,
  createTask,
  getRunningLoop,
  runSync,
  sleep,
} from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { RecordingSelector, VirtualClock } from '../support/virtual-time.js';

const runMethods = {
  run: <T>(runner: Runner, main: () => Steps<T>) => runner.run(main),
  runSync: async <T>(runner: Runner, main: () => Steps<T>) => runner.runSync(main),
};

describe.each(['run', 'runSync'] as const)('Runner.%s', (method) => {
  it('runs several mains on one loop, which stays open in between', async () => {
    await using runner = new Runner();
    const loop = runner.getLoop();
    expect(runner.getLoop()).toBe(loop);
    const ticks: string[] = [];
    await runMethods[method](runner, function* () {
      expect(getRunningLoop()).toBe(loop);
      createTask(function* () {
        for (const tick of ['one', 'two', 'three']) {
          ticks.push(tick);
          yield* sleep(0);
        }
      });
    });
    expect(ticks).toEqual(['one']); // it still ran in the iteration that ended the run, and not between the runs
    expect(loop.isClosed()).toBe(false);
    for (let i = 0; i < 2; i += 1) {
      await runMethods[method](runner, function* () {
        yield* sleep(0);
        yield* sleep(0);
      });
    }
    expect(ticks).toEqual(['one', 'two', 'three']);
  });

  it('can run another main after one failed', async () => {
    await using runner = new Runner();
    await expect(
      runMethods[method](runner, function* () {
        throw new Error('boom');
      }),
    ).rejects.toThrow('boom');
    expect(
      await runMethods[method](runner, function* () {
        return 'fine';
      }),
    ).toBe('fine');
  });

  it('is refused once the runner is closed', async () => {
    const runner = new Runner();
    await runMethods[method](runner, function* () {});
    await runner.close();
    await expect(runMethods[method](runner, function* () {})).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    expect(() => runner.getLoop()).toThrow(/Runner is closed/);
  });
});

describe('Runner', () => {
  it('can alternate between run and runSync', async () => {
    await using runner = new Runner();
    expect(runner.runSync(() => sleep(1, 1))).toBe(1);
    expect(await runner.run(async () => await sleep(1, 2))).toBe(2);
    expect(runner.runSync(() => sleep(1, 3))).toBe(3);
  });

  it('close() is idempotent, even if the runner never made a loop', async () => {
    const never = new Runner();
    await never.close();
    await never.close();
    const runner = new Runner();
    const loop = runner.getLoop();
    await runner.close();
    await runner.close();
    expect(loop.isClosed()).toBe(true);
  });

  it('close() accepts a loop that was closed before', async () => {
    const runner = new Runner();
    runner.getLoop().createTask(function* () {});
    runner.getLoop().close();
    await runner.close();
  });

  it('close() is refused during a run, and works after it', async () => {
    const runner = new Runner();
    const loop = runner.getLoop();
    await runner.run(async () => {
      await expect(runner.close()).rejects.toMatchObject({ code: 'ERR_LOOP_RUNNING' });
    });
    expect(loop.isClosed()).toBe(false);
    expect(await runner.run(async () => 'still usable')).toBe('still usable');
    await runner.close();
    expect(loop.isClosed()).toBe(true);
  });

  it('is closed at the end of its `await using` block', async () => {
    let loop: EventLoop;
    {
      await using runner = new Runner();
      loop = runner.getLoop();
    }
    expect(loop.isClosed()).toBe(true);
  });

  it('close() closes the loop even when a task cannot be ended', () => {
    const contexts: ExceptionContext[] = [];
    const loop = new EventLoop();
    loop.setExceptionHandler((_, context) => {
      contexts.push(context);
    });
    const stubborn = function* (): Steps<void> {
      for (;;) {
        try {
          yield* loop.createFuture<void>();
        } catch {
          // refuses to be cancelled
        }
      }
    };
    expect(() =>
      runSync(
        function* () {
          createTask(stubborn, { name: 'stubborn' });
          yield* sleep(0);
        },
        { loopFactory: () => loop },
      ),
    ).toThrow(/name='stubborn'/);
    expect(loop.isClosed()).toBe(true);
    expect(contexts.map(({ message, task }) => `${message} ${(task as Task).getName()}`)).toContain(
      'Task was destroyed but it is pending! stubborn',
    );
  });

  it('accepts any kind of selector', () => {
    const clock = new VirtualClock();
    const selector = new RecordingSelector();
    const loop = virtualLoop({ selector, clock });
    expect(runSync(() => sleep(50, 'done'), { loopFactory: () => loop })).toBe('done');
    expect(clock.now()).toBe(50);
    expect(selector.closings).toBe(1);
  });
});
