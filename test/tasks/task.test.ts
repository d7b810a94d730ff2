import {
  Future,
  allTasks,
  coroutine,
  createTask,
  currentTask,
  gather,
  newEventLoop,
  run,
  runSync,
  sleep,
  type Steps,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { inBothFlavours, outcomeOf, turns } from './both-flavours.js';

function* double(n: number): Steps<number> {
  yield* sleep(0);
  return 2 * n;
}

describe('starting a task', () => {
  inBothFlavours(
    'runs its body in the next iteration, not inside createTask',
    {
      *generator(scene) {
        scene.log.push('body');
      },
      async async(scene) {
        scene.log.push('body');
      },
    },
    function* (start, { log }) {
      const task = start();
      log.push('created');
      expect(allTasks()).toContain(task);
      yield* task;
      expect(log).toEqual(['created', 'body']);
    },
  );

  it.each([123, 'text', null, undefined, {}, [], new Map(), Promise.resolve()])(
    'createTask(%s) throws a TypeError, each time',
    (source) => {
      runSync(function* () {
        expect(() => createTask(source as never)).toThrow(TypeError);
        expect(() => createTask(source as never)).toThrow(
          /expected a coroutine or a function that makes one|pass the function itself, createTask\(main\)/,
        );
        expect(allTasks().size).toBe(1);
      });
    },
  );

  it.each([
    ['a generator object', () => double(2)],
    ['a generator function', () => () => double(2)],
    ['a Coroutine', () => coroutine(double)(2)],
    ['a function that returns a Coroutine', () => () => coroutine(double)(2)],
    ['a function that returns a future', () => () => gather([double(1), double(2)]).then(() => 4)],
    ['an async function', () => async () => 4],
    ['a function that returns a promise', () => () => Promise.resolve(4)],
    [
      'a function that returns a foreign thenable',
      () => () => ({ then: (resolve: (value: number) => void) => resolve(4) }),
    ],
  ])('createTask accepts %s', async (_, makeSource) => {
    expect(await run(async () => await createTask(makeSource() as () => Steps<number>))).toBe(4);
  });

  it('a function that returns a future makes a task that waits for it', () => {
    runSync(function* () {
      const future = new Future<number>();
      const task = createTask(() => future);
      yield* turns();
      future.setResult(9);
      expect(yield* task).toBe(9);
    });
  });

  it.each([5, undefined, null, [1], 'text'])('a function that returns %s fails its task with a TypeError', (value) => {
    expect(() => runSync((() => value) as never)).toThrow(/expected a function that returns a coroutine or a promise/);
  });

  it('a thenable that calls back twice, or throws, settles its task once', async () => {
    const twice = {
      then: (resolve: (n: number) => void, reject: (e: unknown) => void) => {
        resolve(1);
        resolve(2);
        reject(3);
      },
    };
    const throwing = {
      then: () => {
        throw new Error('in then');
      },
    };
    await run(async () => {
      expect(await createTask((() => twice) as never)).toBe(1);
      await expect(createTask(() => throwing)).rejects.toThrow('in then');
    });
  });

  it('eagerStart runs the first step immediately as the new task, in both flavours', async () => {
    await run(async () => {
      const parent = currentTask();
      const seen: unknown[] = [];
      const generator = createTask(
        function* () {
          seen.push(currentTask());
          yield* sleep(0);
          return 1;
        },
        { eagerStart: true },
      );
      const asynchronous = createTask(
        async () => {
          seen.push(currentTask());
          await sleep(0);
          return 2;
        },
        { eagerStart: true },
      );
      const instant = createTask(
        function* () {
          return 3;
        },
        { eagerStart: true },
      );
      expect(instant.done()).toBe(true);
      expect(seen[0] === generator && seen[1] === asynchronous).toBe(true);
      expect(currentTask() === parent).toBe(true);
      expect(await gather([generator, asynchronous, instant])).toEqual([1, 2, 3]);
    });
  });

  it('eagerStart before the loop runs is an ordinary start', async () => {
    const loop = newEventLoop();
    const task = loop.createTask(
      async () => {
        await sleep(0);
        return 1;
      },
      { eagerStart: true },
    );
    expect(task.done()).toBe(false);
    const generator = loop.createTask(
      function* () {
        yield* sleep(0);
        return 2;
      },
      { eagerStart: true },
    );
    expect(loop.runUntilComplete(generator)).toBe(2);
    expect(task.exception()).toMatchObject({ code: 'ERR_NEEDS_HOST' });
    loop.close();
  });
});

describe('names and printing of tasks', () => {
  it('the default name is Task-N with N increasing; a task with a given name uses no number', () => {
    runSync(function* () {
      const first = createTask(double(1));
      const named = createTask(double(1), { name: 'mine' });
      const second = createTask(double(1));
      const number = Number(/^Task-(\d+)$/.exec(first.getName())?.[1]);
      expect(number).toBeGreaterThan(0);
      expect(second.getName()).toBe(`Task-${number + 1}`);
      expect(named.getName()).toBe('mine');
      named.setName('other');
      expect(named.getName()).toBe('other');
      named.setName(12);
      expect(named.getName()).toBe('12');
      expect(createTask(double(1), { name: 34 as never }).getName()).toBe('34');
      expect(createTask(double(1), { name: '' }).getName()).toBe('');
      yield* turns(6);
    });
  });

  it('a printed task shows its name, its coroutine and what it waits for', () => {
    runSync(function* () {
      const op = coroutine(function* pause(): Steps<void> {
        yield* sleep(1);
      });
      const ofCoroutine = createTask(op(), { name: 'c' });
      const ofFunction = createTask(
        function* work() {
          yield* ofCoroutine;
        },
        { name: 'f' },
      );
      const ofGenerator = createTask(double(1), { name: 'g' });
      expect(String(ofCoroutine)).toBe("<Task pending name='c' coro=pause()>");
      yield* turns(1);
      expect(String(ofCoroutine)).toBe("<Task pending name='c' coro=pause() wait_for=<Sleep pending>>");
      expect(String(ofFunction)).toBe("<Task pending name='f' coro=work() wait_for=<Task name='c'>>");
      expect(String(ofGenerator)).toBe("<Task pending name='g' coro=generator()>");
      ofFunction.cancel();
      expect(String(ofFunction)).toBe("<Task cancelling name='f' coro=work() wait_for=<Task name='c'>>");
      yield* outcomeOf(ofFunction);
      expect(String(ofFunction)).toBe("<Task cancelled name='f' coro=work()>");
      yield* ofGenerator;
      expect(String(ofGenerator)).toBe("<Task finished name='g' coro=generator()>");
    });
  });

  it('a printed async task shows everything it waits for', async () => {
    await run(async () => {
      const other = createTask(
        async () => {
          await new Future();
        },
        { name: 'other' },
      );
      const task = createTask(
        async function both() {
          await Promise.all([other, sleep(1000)]);
        },
        { name: 'b' },
      );
      await sleep(1);
      expect(String(task)).toBe(
        "<Task pending name='b' coro=both() wait_for=<Task name='other'>,<sleep() wait_for=<Sleep pending>>>",
      );
    });
  });

  it('getCoro() returns the generator or the function', () => {
    runSync(function* () {
      const generator = double(1);
      expect(createTask(generator).getCoro() === generator).toBe(true);
      expect(createTask(double as never).getCoro()).toBe(double);
      yield* turns(5);
    });
  });
});
