/** The visibility of changed context variables in other tasks. */

import { AsyncLocalStorage } from 'node:async_hooks';

import {
  Context,
  ContextVar,
  Runner,
  type Steps,
  type Task,
  coroutine,
  createTask,
  gather,
  run,
  runSync,
  sleep,
  taskGroup,
  timeout,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { inBothFlavours, outcomeOf, turns } from './both-flavours.js';

const colour = new ContextVar<string>('colour', { default: 'none' });
const count = new ContextVar<number>('count', { default: 0 });

describe('the context of a task', () => {
  inBothFlavours<string[], []>(
    "is a copy of its creator's context, taken at creation",
    {
      *generator() {
        const seen = [colour.get()];
        colour.set('child');
        yield* sleep(1);
        seen.push(colour.get());
        return seen;
      },
      async async() {
        const seen = [colour.get()];
        colour.set('child');
        await sleep(1);
        seen.push(colour.get());
        return seen;
      },
    },
    function* (start) {
      colour.set('parent');
      const task = start();
      colour.set('parent, later');
      yield* turns();
      expect(colour.get()).toBe('parent, later');
      expect(yield* task).toEqual(['parent', 'child']);
      expect(colour.get()).toBe('parent, later');
    },
  );

  inBothFlavours<number, [number]>(
    'of a hundred tasks that change one variable stay separate',
    {
      *generator(_, n) {
        count.set(n);
        for (let i = 0; i < 5; i += 1) {
          yield* sleep(i % 2);
          count.set(count.get() + 1000);
        }
        return count.get();
      },
      async async(_, n) {
        count.set(n);
        for (let i = 0; i < 5; i += 1) {
          await sleep(i % 2);
          count.set(count.get() + 1000);
        }
        return count.get();
      },
    },
    function* (start) {
      const tasks = Array.from({ length: 100 }, (_, n) => start(n));
      expect(yield* gather(tasks)).toEqual(tasks.map((_, n) => n + 5000));
      expect(count.get()).toBe(0);
    },
  );

  it.each(['generators', 'async functions'])('can be shared by two tasks: %s', async (flavour) => {
    const context = new Context();
    const seen: unknown[] = [];
    const noDefault = new ContextVar<number>('noDefault');
    await run(function* () {
      const body = (n: number) =>
        flavour === 'generators'
          ? function* (): Steps<void> {
              seen.push(noDefault.get(null));
              noDefault.set(n);
              yield;
            }
          : async (): Promise<void> => {
              seen.push(noDefault.get(null));
              noDefault.set(n);
            };
      yield* createTask(body(1), { context });
      yield* createTask(body(2), { context });
      expect(noDefault.get(null)).toBeNull();
    });
    expect([...seen, context.get(noDefault)]).toEqual([null, 1, 2]);
  });

  it('is rejected unless it is a Context', () => {
    runSync(function* () {
      expect(() => createTask(function* () {}, { context: {} as never })).toThrow(
        'createTask: context: expected a Context, got an object of class Object',
      );
    });
  });

  it("is in effect from an eager task's first step on, and the parent's is restored afterwards", async () => {
    await run(function* () {
      colour.set('parent');
      const generator = function* (): Steps<string> {
        colour.set('eager');
        yield* sleep(1);
        return colour.get();
      };
      const async = async (): Promise<string> => {
        colour.set('eager');
        await sleep(1);
        return colour.get();
      };
      for (const body of [generator, async]) {
        const task: Task<string> = createTask(body, { eagerStart: true });
        expect(colour.get()).toBe('parent');
        expect(yield* task).toBe('eager');
      }
    });
  });

  inBothFlavours<string[], []>(
    'stays in effect in nested coroutines, scopes, groups, and after errors',
    {
      *generator() {
        const seen: string[] = [];
        colour.set('mine');
        yield* timeout(1000, function* () {
          seen.push(colour.get());
          yield* sleep(1);
          seen.push(colour.get());
          colour.set('from the scope');
        });
        seen.push(colour.get());
        yield* taskGroup(function* (group) {
          const part = group.createTask(function* () {
            seen.push(colour.get());
            colour.set('from the group');
          });
          yield* part;
        });
        yield* outcomeOf(
          createTask(function* () {
            throw new Error('expected');
          }),
        );
        return [...seen, colour.get()];
      },
      async async() {
        const seen: string[] = [];
        colour.set('mine');
        await timeout(1000, async () => {
          seen.push(colour.get());
          await sleep(1);
          seen.push(colour.get());
          colour.set('from the scope');
        });
        seen.push(colour.get());
        await taskGroup(async (group) => {
          const part = group.createTask(async () => {
            seen.push(colour.get());
            colour.set('from the group');
          });
          await part;
        });
        await createTask(async () => {
          throw new Error('expected');
        }).then(undefined, () => undefined);
        return [...seen, colour.get()];
      },
    },
    function* (start) {
      expect(yield* start()).toEqual(['mine', 'mine', 'from the scope', 'from the scope', 'from the scope']);
    },
  );

  it('of main is a copy of the context that calls run(); the mains of one Runner share a context', () => {
    const set = function* (): Steps<void> {
      colour.set('inside');
    };
    const results = new Context().run(() => {
      colour.set('outside');
      const seen = [runSync(readColour)];
      runSync(set);
      seen.push(colour.get());
      const runner = new Runner();
      seen.push(runner.runSync(readColour));
      runner.runSync(set);
      seen.push(runner.runSync(readColour), colour.get());
      runner.closeSync();
      return seen;
    });
    expect(results).toEqual(['outside', 'outside', 'outside', 'inside', 'outside']);
    expect(colour.get()).toBe('none');
  });

  it('follows what an async function started and did not await, even after the function has ended', async () => {
    const seen: string[] = [];
    await run(async () => {
      await createTask(async () => {
        colour.set('mine');
        setTimeout(() => seen.push(colour.get()), 1);
        void Promise.resolve().then(() => seen.push(colour.get()));
      });
      await sleep(20);
    });
    expect(seen).toEqual(['mine', 'mine']);
  });
});

function* readColour(): Steps<string> {
  return colour.get();
}

describe('AsyncLocalStorage', () => {
  const requests = new AsyncLocalStorage<string>();

  it('in an async task is that of the code that created the task', async () => {
    const read = async (): Promise<unknown> => {
      const atStart = requests.getStore();
      await sleep(1);
      return [atStart, requests.getStore()];
    };
    await requests.run('run', () =>
      run(async () => {
        const tasks = ['a', 'b'].map((name) => requests.run(name, () => createTask(read)));
        expect(await gather(tasks)).toEqual([
          ['a', 'a'],
          ['b', 'b'],
        ]);
        const eager = requests.run('c', () => createTask(read, { eagerStart: true }));
        expect(await eager).toEqual(['c', 'c']);
        expect(requests.getStore()).toBe('run');
      }),
    );
  });

  it('in a generator task is that of run(): only a ContextVar can differ there', async () => {
    const seen = await requests.run('run', () =>
      run(function* () {
        return yield* requests.run('mine', () =>
          createTask(function* () {
            return requests.getStore();
          }),
        );
      }),
    );
    expect(seen).toBe('run');
  });

  it('of another generator task is overwritten by enterWith, without the option asyncLocalStorage', async () => {
    const seen = await requests.run('run', () =>
      run(function* () {
        createTask(function* () {
          requests.enterWith('of the first');
        });
        const second = createTask(function* () {
          return requests.getStore();
        });
        return yield* second;
      }),
    );
    expect(seen).toBe('of the first'); // which is why the guide warns of enterWith
  });
});

describe('AsyncLocalStorage with the option asyncLocalStorage', () => {
  const requests = new AsyncLocalStorage<string>();
  const runStored = <T>(main: () => Steps<T> | Promise<T>): Promise<T> =>
    requests.run('run', () => run(main, { asyncLocalStorage: true }));

  function* reads(): Steps<unknown[]> {
    const atStart = requests.getStore();
    yield* sleep(1);
    const afterSleep = requests.getStore();
    yield* sleep(0);
    return [atStart, afterSleep, requests.getStore()];
  }

  it('in a generator task is that of the code that created the task', async () => {
    const seen = await runStored(function* () {
      const tasks = [
        requests.run('function', () => createTask(reads)),
        requests.run('generator', () => createTask(reads())),
        requests.run('arrow', () => createTask(() => reads())),
        requests.run('eager', () => createTask(reads, { eagerStart: true })),
        createTask(reads),
      ];
      return [...(yield* gather(tasks)), requests.getStore()];
    });
    const of = (name: string): string[] => [name, name, name];
    expect(seen).toEqual([of('function'), of('generator'), of('arrow'), of('eager'), of('run'), 'run']);
  });

  it('in a coroutine that an async function awaits is that of the function', async () => {
    const steps = coroutine(reads);
    const seen = await runStored(async () => {
      const tasks = ['a', 'b'].map((name) => requests.run(name, () => createTask(async () => await steps())));
      return await gather(tasks);
    });
    expect(seen).toEqual([
      ['a', 'a', 'a'],
      ['b', 'b', 'b'],
    ]);
  });

  it('keeps what a generator task sets by enterWith, and does not show it to others', async () => {
    function* sets(name: string): Steps<unknown> {
      requests.enterWith(name);
      yield* sleep(1);
      return requests.getStore();
    }
    const seen = await runStored(function* () {
      return [...(yield* gather([sets('a'), sets('b')])), requests.getStore()];
    });
    expect(seen).toEqual(['a', 'b', 'run']);
  });

  it('is there for an error that is thrown at a wait', async () => {
    const seen = await runStored(function* () {
      const task = requests.run('mine', () =>
        createTask(function* () {
          try {
            yield* sleep(1000);
          } catch {
            return requests.getStore();
          }
          return 'not cancelled';
        }),
      );
      yield* sleep(0);
      task.cancel();
      return yield* task;
    });
    expect(seen).toBe('mine');
  });
});
