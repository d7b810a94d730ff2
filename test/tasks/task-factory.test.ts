/** Task factories, and the eager one. */

import {
  type Coroutine,
  EventLoop,
  Future,
  type Steps,
  type Task,
  type TaskFactory,
  allTasks,
  coroutine,
  createTask,
  currentTask,
  defaultTaskFactory,
  eagerTaskFactory,
  ensureFuture,
  fatal,
  gather,
  getRunningLoop,
  run,
  runSync,
  sleep,
  taskGroup,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, inBothFlavours, outcomeOf, turns } from './both-flavours.js';

const instant = coroutine(function* instant(): Steps<string> {
  return 'done';
});

describe('setTaskFactory', () => {
  it('is reflected by getTaskFactory; null restores the default', () => {
    const loop = new EventLoop();
    expect(loop.getTaskFactory()).toBeNull();
    loop.setTaskFactory(eagerTaskFactory);
    expect(loop.getTaskFactory()).toBe(eagerTaskFactory);
    loop.setTaskFactory(null);
    expect(loop.getTaskFactory()).toBeNull();
    loop.close();
  });

  it.each([5, 'eager', {}, undefined])('refuses %j', (bad) => {
    const loop = new EventLoop();
    expect(() => loop.setTaskFactory(bad as never)).toThrow(/^setTaskFactory: expected a function or null, got /);
    loop.close();
  });

  it('passes the loop, the source and the options to the factory, from every function that makes tasks', async () => {
    const calls: unknown[][] = [];
    await run(async () => {
      const loop = getRunningLoop();
      const factory: TaskFactory<EventLoop> = (onLoop, source, options) => {
        calls.push([onLoop === loop, typeof source, options.name]);
        return defaultTaskFactory(onLoop, source, { ...options, name: `made ${calls.length}` });
      };
      loop.setTaskFactory(factory);
      const task = createTask(instant(), { name: 'given' });
      expect(task.getName()).toBe('made 1');
      await task;
      await loop.createTask(async () => {});
      await ensureFuture(instant());
      await gather([instant(), instant()]);
      await taskGroup(async (group) => {
        group.createTask(instant());
      });
    });
    expect(calls).toEqual([
      [true, 'object', 'given'],
      [true, 'function', undefined],
      ...Array.from({ length: 4 }, () => [true, 'object', undefined]),
    ]);
  });

  it('makes the factory create the task of a coroutine that is awaited outside any task', async () => {
    const made: string[] = [];
    await run(function* () {
      getRunningLoop().setTaskFactory((loop, source, options) => {
        made.push((source as Coroutine<unknown>).name);
        return defaultTaskFactory(loop, source, options);
      });
      const future = new Future<string>();
      setImmediate(() => void instant().then((value) => future.setResult(value)));
      expect(yield* future).toBe('done');
    });
    expect(made).toEqual(['instant']);
  });

  it('accepts a factory that returns a plain future', () => {
    runSync(function* () {
      const future = new Future<number>();
      future.setResult(7);
      getRunningLoop().setTaskFactory((() => future) as never);
      expect(yield* createTask(instant()) as unknown as Future<number>).toBe(7);
    });
  });

  it.each([undefined, 5, Promise.resolve(1), {}])('throws at the call when the factory returns %s', (made) => {
    runSync(function* () {
      getRunningLoop().setTaskFactory((() => made) as never);
      expect(() => createTask(instant())).toThrow(/^task factory: expected it to return a Task or a Future, got /);
      getRunningLoop().setTaskFactory(null);
      yield* turns(1);
    });
  });

  it('throws for a future of another loop, and passes on what the factory throws', () => {
    const other = new EventLoop();
    const foreign = other.createFuture();
    runSync(function* () {
      const loop = getRunningLoop();
      loop.setTaskFactory((() => foreign) as never);
      expect(() => createTask(instant())).toThrow(RangeError);
      loop.setTaskFactory(() => {
        throw new Error('no tasks today');
      });
      expect(() => createTask(instant())).toThrow('no tasks today');
      loop.setTaskFactory(null);
      yield* turns(1);
    });
    other.close();
  });

  it('a source that is not a coroutine is refused before the factory is called', () => {
    runSync(function* () {
      getRunningLoop().setTaskFactory(() => {
        throw new Error('not asked');
      });
      expect(() => createTask(123 as never)).toThrow(TypeError);
      getRunningLoop().setTaskFactory(null);
    });
  });
});

describe('eagerTaskFactory', () => {
  it('a body that does not wait is done on return, and in allTasks only while it runs', () => {
    runSync(function* () {
      getRunningLoop().setTaskFactory(eagerTaskFactory);
      let during = false;
      const task = createTask(function* () {
        during = allTasks().has(currentTask() as Task);
        return 'result';
      });
      expect([during, task.done(), task.result(), allTasks().has(task)]).toEqual([true, true, 'result', false]);
      const failed = createTask(function* (): Steps<void> {
        throw new Error('at once');
      });
      expect(failed.done()).toBe(true);
      expect(() => failed.result()).toThrow('at once');
    });
  });

  it('an async body that does not wait has run on return, and is done a microtask later', async () => {
    await run(async () => {
      getRunningLoop().setTaskFactory(eagerTaskFactory);
      const log: string[] = [];
      const task = createTask(async () => {
        log.push(allTasks().has(currentTask() as Task) ? 'runs, in allTasks' : 'runs');
      });
      expect([log, task.done()]).toEqual([['runs, in allTasks'], false]);
      await Promise.resolve().then(() => undefined);
      expect([task.done(), allTasks().has(task)]).toEqual([true, false]);
    });
  });

  inBothFlavours<Array<Task | null>, []>(
    'a body that waits becomes an ordinary task, and currentTask is right inside and after',
    {
      *generator() {
        const before = currentTask();
        yield* sleep(1);
        return [before, currentTask()];
      },
      async async() {
        const before = currentTask();
        await sleep(1);
        return [before, currentTask()];
      },
    },
    function* (start, { loop }) {
      loop.setTaskFactory(eagerTaskFactory);
      const parent = currentTask();
      const task = start();
      expect([currentTask() === parent, task.done(), allTasks().has(task)]).toEqual([true, false, true]);
      const seen = yield* task;
      expect(seen.map((each) => each === task)).toEqual([true, true]);
    },
  );

  inBothFlavours<string, [boolean]>(
    'cancel() has no effect after an eager end, and its usual effect after an eager step that waits',
    {
      *generator(_, wait) {
        if (wait) yield* sleep(1000);
        return 'ended';
      },
      async async(_, wait) {
        if (wait) await sleep(1000);
        return 'ended';
      },
    },
    function* (start, { loop }) {
      loop.setTaskFactory(eagerTaskFactory);
      const ended = start(false);
      yield* turns();
      expect(ended.cancel()).toBe(false);
      expect(yield* outcomeOf(ended)).toEqual({ value: 'ended' });
      const waiting = start(true);
      expect(waiting.cancel('stop')).toBe(true);
      expect(yield* outcomeOf(waiting)).toEqual(cancelledWith('stop'));
    },
  );

  it('eagerStart overrides the factory for one task, in either direction', () => {
    runSync(function* () {
      const log: string[] = [];
      const body = (name: string) =>
        function* (): Steps<void> {
          log.push(name);
        };
      const eager = createTask(body('eager'), { eagerStart: true });
      expect([eager.done(), log]).toEqual([true, ['eager']]);
      getRunningLoop().setTaskFactory(eagerTaskFactory);
      const lazy = createTask(body('lazy'), { eagerStart: false });
      expect([lazy.done(), log]).toEqual([false, ['eager']]);
      yield* lazy;
      expect(log).toEqual(['eager', 'lazy']);
    });
  });

  it('an error in an eager start does not leave a task group waiting', () => {
    const stop = Object.assign(new Error('fatal'), { [fatal]: true });
    const loopFactory = (): EventLoop => {
      const loop = new EventLoop();
      loop.setExceptionHandler(() => undefined); // also gets the fatal error, as no caller has the task
      return loop;
    };
    const inGroup = (error: unknown) =>
      runSync(
        taskGroup(function* (group) {
          group.createTask(
            function* () {
              throw error;
            },
            { eagerStart: true },
          );
          yield* sleep(10);
        }),
        { loopFactory },
      );
    expect(() => inGroup(new Error('ordinary'))).toThrow('unhandled errors in a TaskGroup');
    expect(() => inGroup(stop)).toThrow('fatal');
  });

  it('before the loop runs, tasks start in the ordinary way', () => {
    const loop = new EventLoop();
    loop.setTaskFactory(eagerTaskFactory);
    const task = loop.createTask(instant());
    expect(task.done()).toBe(false);
    expect(loop.runUntilComplete(task)).toBe('done');
    loop.close();
  });
});
