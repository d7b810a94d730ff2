import type { Task } from 'selectloop';
import {
  DeadlockError,
  Future,
  LoopError,
  type Steps,
  createTask,
  ensureFuture,
  gather,
  newEventLoop,
  runSync,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';

function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error, nothing was thrown');
}

describe('a blocking loop refuses what could never settle in it', () => {
  const log: string[] = [];
  const ran = async (): Promise<void> => {
    log.push('ran');
  };

  it.each<[string, () => unknown]>([
    ['an async main', () => runSync(ran)],
    [
      'an async task',
      () =>
        runSync(function* () {
          yield* createTask(ran);
        }),
    ],
    [
      'an async task that is started eagerly',
      () =>
        runSync(function* () {
          yield* createTask(ran, { eagerStart: true });
        }),
    ],
    ['a function that returns a promise', () => runSync(() => Promise.resolve(1))],
    ['a function that returns a promise that rejects', () => runSync(() => Promise.reject(new Error('lost')))],
    [
      'ensureFuture of a promise',
      () =>
        runSync(function* () {
          yield* ensureFuture(Promise.reject(new Error('lost')));
        }),
    ],
    [
      'gather of a promise',
      () =>
        runSync(function* () {
          yield* gather([sleep(0), Promise.resolve(1)]);
        }),
    ],
    [
      'an async main of runUntilComplete',
      () => {
        const loop = newEventLoop();
        try {
          loop.runUntilComplete(ran);
        } finally {
          loop.close();
        }
      },
    ],
  ])('%s: throws ERR_NEEDS_HOST and names run()', (_, action) => {
    const error = thrownBy(action);
    expect(error).toBeInstanceOf(LoopError);
    expect(error).toMatchObject({ code: 'ERR_NEEDS_HOST' });
    expect(error.message).toContain('run()');
    expect(log).toEqual([]);
  });

  it('the error names the async function', () => {
    expect(thrownBy(() => runSync(async function myMain() {})).message).toMatch(/^myMain\(\), an async function,/);
  });

  it('a promise as main is a TypeError that says to pass the function', () => {
    expect(() => runSync(Promise.reject(new Error('lost')) as never)).toThrow(TypeError);
    expect(() => runSync(Promise.resolve(1) as never)).toThrow(/pass the function itself/);
  });

  it('the loop stays usable after it refused a task', () => {
    const result = runSync(function* () {
      const refused = createTask(ran);
      try {
        yield* refused;
      } catch {
        yield* sleep(0);
      }
      return [refused.done(), refused.cancelled()];
    });
    expect(result).toEqual([true, false]);
  });
});

describe('DeadlockError', () => {
  it('names the task and what it waits for', () => {
    const error = thrownBy(() =>
      runSync(function* main() {
        yield* new Future();
      }),
    );
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error.message).toMatch(/<Task pending name='Task-\d+' coro=main\(\) wait_for=<Future pending>>/);
  });

  it('names every task, including tasks that wait for each other in a circle', () => {
    const finished: string[] = [];
    const error = thrownBy(() =>
      runSync(function* main() {
        const circle: Array<Task<void>> = [];
        const link = (next: number) =>
          function* link(): Steps<void> {
            try {
              yield* circle[next] as Task<void>;
            } finally {
              finished.push('link');
            }
          };
        circle.push(createTask(link(1), { name: 'a' }), createTask(link(0), { name: 'b' }));
        yield* circle[0] as Task<void>;
      }),
    );
    expect(error).toBeInstanceOf(DeadlockError);
    expect(error.message).toContain("name='a' coro=link() wait_for=<Task name='b'>");
    expect(error.message).toContain("name='b' coro=link() wait_for=<Task name='a'>");
    expect(error.message).toMatch(/coro=main\(\) wait_for=<Task name='a'>/);
    expect(finished).toEqual(['link', 'link']); // the end of the run cancelled them
  });

  it('names a gather that waits for a future', () => {
    const error = thrownBy(() =>
      runSync(function* main() {
        yield* gather([new Future(), sleep(0)]);
      }),
    );
    expect(error.message).toMatch(/coro=main\(\) wait_for=<GatheringFuture pending>/);
  });

  it('is not thrown while a timer could still wake the task', () => {
    const result = runSync(function* () {
      const future = new Future<string>();
      yield* sleep(1);
      createTask(function* () {
        yield* sleep(1);
        future.setResult('in time');
      });
      return yield* future;
    });
    expect(result).toBe('in time');
  });

  it('leaves a loop that can be run again', () => {
    const loop = newEventLoop();
    const errors = collectErrors(loop);
    const future = loop.createFuture<number>();
    const task = loop.createTask(function* () {
      return yield* future;
    });
    expect(() => loop.runUntilComplete(task)).toThrow(DeadlockError);
    expect(task.done()).toBe(false);
    future.setResult(1);
    expect(loop.runUntilComplete(task)).toBe(1);
    loop.close();
    expect(errors).toEqual([]);
  });
});
