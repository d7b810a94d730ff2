/** An error that no code retrieves is reported once: when the future is collected, or when its loop closes. */

import {
  EventLoop,
  type ExceptionContext,
  Future,
  type Steps,
  createTask,
  fatal,
  gather,
  run,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { collectGarbage, inBothFlavours, outcomeOf } from './both-flavours.js';

const messages = (errors: ExceptionContext[]): string[] =>
  errors.map(({ message, exception }) => `${message}: ${(exception as Error).message}`);

/** Fails futures or tasks on a loop, outside the test's own frame, so that no reference to them is left. */
function onLoop(action: (loop: EventLoop) => unknown): { loop: EventLoop; errors: ExceptionContext[] } {
  const loop = new EventLoop();
  const errors = collectErrors(loop);
  loop.runUntilComplete(function* () {
    action(loop);
    yield* sleep(0);
    yield* sleep(0);
  });
  return { loop, errors };
}

describe('an error that was never retrieved', () => {
  it('of a future is reported once, when the future is collected', async () => {
    const { loop, errors } = onLoop(() => {
      new Future().setException(new Error('lost'));
    });
    expect(errors).toEqual([]);
    await collectGarbage();
    expect(messages(errors)).toEqual(['Future exception was never retrieved: lost']);
    await collectGarbage();
    loop.close();
    expect(errors).toHaveLength(1);
  });

  it("of a task is reported with the task's name", async () => {
    const { loop, errors } = onLoop(() => {
      createTask(
        function* () {
          throw new Error('lost');
        },
        { name: 'mine' },
      );
    });
    await collectGarbage();
    expect(messages(errors)).toEqual(["Task 'mine' exception was never retrieved: lost"]);
    loop.close();
  });

  it('is reported when the loop closes, if the future has not been collected', async () => {
    const kept: unknown[] = [];
    const { loop, errors } = onLoop(() => {
      const future = new Future();
      future.setException(new Error('kept'));
      kept.push(future);
    });
    await collectGarbage();
    expect(errors).toEqual([]);
    loop.close();
    expect(messages(errors)).toEqual(['Future exception was never retrieved: kept']);
    kept.length = 0;
    await collectGarbage();
    expect(errors).toHaveLength(1);
  });

  it.each<[string, (failed: Future) => unknown]>([
    ['result() was called', (future) => expect(() => future.result()).toThrow('seen')],
    ['exception() was called', (future) => future.exception()],
    ['cancel() was called after it failed', (future) => future.cancel()],
    [
      'a task awaited it',
      (future) =>
        createTask(function* () {
          yield* outcomeOf(future as never);
        }),
    ],
    ['a gather received it', (future) => gather([future], { returnExceptions: true })],
  ])('is not reported if %s', (_, retrieve) => {
    const { loop, errors } = onLoop(() => {
      const future = new Future();
      future.setException(new Error('seen'));
      retrieve(future);
    });
    loop.close();
    expect(errors).toEqual([]);
  });

  it('is not reported if a promise received it', async () => {
    const loop = new EventLoop();
    const errors = collectErrors(loop);
    const future = loop.createFuture();
    future.setException(new Error('seen'));
    await expect(future).rejects.toThrow('seen');
    loop.close();
    expect(errors).toEqual([]);
  });

  it('does not exist for results, pending futures and cancelled ones', async () => {
    const { loop, errors } = onLoop((own) => {
      new Future().setResult(1);
      void own.createFuture();
      new Future().cancel();
      const cancelled = createTask(function* () {
        yield* sleep(1000);
      });
      own.callSoon(() => cancelled.cancel());
      void gather([new Future(), sleep(1000)]).cancel();
    });
    await collectGarbage();
    loop.close();
    expect(errors).toEqual([]);
  });

  it('does not count as retrieved by printing the future', () => {
    const { loop, errors } = onLoop(() => {
      const future = new Future();
      future.setException(new Error('printed'));
      expect(String(future)).toBe('<Future failed exception=Error: printed>');
    });
    loop.close();
    expect(messages(errors)).toEqual(['Future exception was never retrieved: printed']);
  });

  it('of an async task is reported at the end of run()', async () => {
    const loop = new EventLoop();
    const errors = collectErrors(loop);
    await run(
      async () => {
        createTask(
          async () => {
            await sleep(0);
            throw new Error('lost');
          },
          { name: 'child' },
        );
        await sleep(1);
      },
      { loopFactory: () => loop },
    );
    expect(messages(errors)).toEqual(["Task 'child' exception was never retrieved: lost"]);
  });

  inBothFlavours<void, [Future]>(
    'counts as retrieved when a wait would have thrown it but for a cancellation in the same iteration',
    {
      *generator(_, future) {
        yield* future;
      },
      async async(_, future) {
        await future;
      },
    },
    function* (start) {
      const future = new Future();
      const task = start(future);
      yield* sleep(1);
      const waiting = createTask(function* () {
        // Its cancel() does not reach the future.
        yield* task;
      });
      yield* sleep(1);
      future.setException(new Error('overtaken'));
      yield* sleep(0);
      waiting.cancel();
      yield* outcomeOf(waiting);
      yield* outcomeOf(task);
    },
  );
});

describe('errors that reach outside the loop', () => {
  class Stop extends Error {
    readonly [fatal] = true;
  }

  it('a fatal error in an async task is thrown by run(), wherever it is thrown', async () => {
    for (const thrower of [
      async () => {
        throw new Stop('at once');
      },
      async () => {
        await sleep(0);
        throw new Stop('later');
      },
      async () => {
        await Promise.resolve();
        throw new Stop('in a microtask');
      },
    ]) {
      const loop = new EventLoop();
      const errors = collectErrors(loop);
      let unreachable = false;
      const running = run(
        async () => {
          const task = createTask(thrower);
          task.addDoneCallback((done) => void done.exception());
          await sleep(1e6);
          unreachable = true;
        },
        { loopFactory: () => loop },
      );
      await expect(running).rejects.toBeInstanceOf(Stop);
      expect([unreachable, loop.isClosed(), errors]).toEqual([false, true, []]);
    }
  });

  it('an async function that ends after its loop was closed reports its error and does not crash the process', async () => {
    const loop = new EventLoop();
    const errors = collectErrors(loop);
    let release = (_: boolean): void => {};
    const gate = new Promise<boolean>((resolve) => (release = resolve));
    const waitFor = async (): Promise<void> => {
      if (await gate) throw new Error('too late');
    };
    loop.createTask(async () => {
      const good = createTask(async () => {
        await gate;
      });
      good.addDoneCallback(() => errors.push({ message: 'called on a closed loop' }));
      createTask(waitFor);
      await sleep(0);
      loop.stop();
    });
    await hosted(loop);
    loop.close();
    const pending = errors.splice(0).map(({ message }) => message);
    expect(pending).toEqual(Array.from({ length: 2 }, () => 'Task was destroyed but it is pending!'));
    release(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(messages(errors)).toEqual(['async function failed after its loop was closed: too late']);
  });
});

/** Runs a loop until it is stopped, and leaves its tasks alone, as `run` would not. */
async function hosted(loop: EventLoop): Promise<void> {
  const { runHosted } = await import('../../lib/loop/hosted.js');
  await runHosted(loop);
}

describe('a pending task', () => {
  it('is kept alive by its loop when nothing else refers to it or to what it waits for', async () => {
    const loop = new EventLoop();
    const collected: string[] = [];
    const registry = new FinalizationRegistry<string>((name) => collected.push(name));
    const spawn = (): void => {
      const task = loop.createTask(function* (): Steps<void> {
        yield* new Future();
      });
      registry.register(task, 'pending');
      const done = loop.createTask(function* () {});
      registry.register(done, 'done');
    };
    spawn();
    loop.runOnce(0);
    loop.runOnce(0);
    await collectGarbage();
    expect(collected).toEqual(['done']);
    expect(loop.statistics().tasks).toBe(1);
    loop.setExceptionHandler(() => undefined);
    loop.close();
    expect(loop.statistics().tasks).toBe(0);
  });

  it('is reported when its loop closes, with its name and, in debug mode, where it was made', () => {
    const loop = new EventLoop({ debug: true });
    const errors = collectErrors(loop);
    const task = loop.createTask(
      function* waits(): Steps<void> {
        yield* new Future();
      },
      { name: 'abandoned' },
    );
    loop.createTask(function* () {});
    loop.runOnce(0);
    loop.close();
    expect(errors).toEqual([
      {
        message: 'Task was destroyed but it is pending!',
        task: expect.anything() as unknown,
        source: expect.stringMatching(/^at .*unretrieved\.test\.ts:\d+:\d+/) as unknown,
      },
    ]);
    expect(errors[0]?.task === task).toBe(true);
    expect(String(task)).toContain("name='abandoned'");
  });

  it('is no longer referenced by what it waited for once it is done', async () => {
    const loop = new EventLoop();
    const collected: number[] = [];
    const registry = new FinalizationRegistry<number>((n) => collected.push(n));
    const longLived = loop.createFuture();
    const child = loop.createTask(function* () {
      try {
        yield* longLived;
      } catch {
        yield* new Future();
      }
    });
    const spawn = (n: number): void => {
      const task = loop.createTask(function* () {
        yield* gather([longLived]);
      });
      registry.register(task, n);
      loop.runOnce(0);
      loop.runOnce(0);
      task.cancel();
    };
    spawn(1);
    for (let i = 0; i < 5; i += 1) loop.runOnce(0);
    await collectGarbage();
    expect(collected).toEqual([1]);
    expect(child.done()).toBe(false);
    loop.close();
  });
});
