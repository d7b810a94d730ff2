import type { Future, Task } from 'selectloop';
import {
  InvalidStateError,
  allTasks,
  createTask,
  currentTask,
  gather,
  run,
  runSync,
  sleep,
  type Steps,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { expectQuiet, inBothFlavours, outcomeOf, turns } from './both-flavours.js';

describe('the result of a task', () => {
  inBothFlavours<unknown, [unknown, boolean]>(
    'is what its body returns or throws, the same object for every task that waits',
    {
      *generator(_, value, fails) {
        yield* sleep(0);
        if (fails) throw value;
        return value;
      },
      async async(_, value, fails) {
        await sleep(0);
        if (fails) throw value;
        return value;
      },
    },
    function* (start) {
      for (const value of [new Error('e'), { a: 1 }, undefined, null, 0]) {
        const good = start(value, false);
        expect(yield* good).toBe(value);
        expect([good.result(), good.exception(), good.cancelled()]).toEqual([value, null, false]);
        const bad = start(value, true);
        const other = createTask(function* () {
          return yield* bad;
        });
        expect(yield* outcomeOf(bad)).toEqual({ error: value });
        expect(bad.exception()).toBe(value);
        yield* outcomeOf(other);
        expect(other.exception()).toBe(value);
      }
      yield* turns(1);
      expect(allTasks().size).toBe(1);
    },
  );

  inBothFlavours(
    'can be set only by the task itself',
    {
      *generator() {
        yield* sleep(1);
        return 1;
      },
      async async() {
        await sleep(1);
        return 1;
      },
    },
    function* (start) {
      const task = start();
      expect(() => task.setResult(2)).toThrow(/does not support setResult/);
      expect(() => task.setException(new Error())).toThrow(InvalidStateError);
      expect(yield* task).toBe(1);
    },
  );

  it('two generator tasks of three steps each alternate', () => {
    for (const round of [1, 2]) {
      const log: string[] = [];
      runSync(function* () {
        const worker = function* (name: string): Steps<void> {
          for (let i = 0; i < 3; i += 1) {
            log.push(`${name}${i}`);
            yield* sleep(0);
          }
        };
        yield* gather([worker('a'), worker('b')]);
      });
      expect(log, `round ${round}`).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
    }
  });

  it('two async tasks of three steps each alternate', async () => {
    const log: string[] = [];
    const worker = async (name: string): Promise<void> => {
      for (let i = 0; i < 3; i += 1) {
        log.push(`${name}${i}`);
        await sleep(0);
      }
    };
    await run(async () => {
      await gather([createTask(() => worker('a')), createTask(() => worker('b'))]);
    });
    expect(log).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
  });

  inBothFlavours<unknown, [Task | Future]>(
    'is passed to each of several waiting tasks',
    {
      *generator(_, shared) {
        return yield* shared;
      },
      async async(_, shared) {
        return await shared;
      },
    },
    function* (start) {
      const shared = createTask(function* () {
        yield* sleep(10);
        return 'r';
      });
      const waiting = [start(shared), start(shared), start(shared)];
      expect(yield* gather(waiting)).toEqual(['r', 'r', 'r']);
    },
  );
});

describe('instruments of a task', () => {
  inBothFlavours(
    'see it created, stepped and done, in this order, and done() is true at the end',
    {
      *generator() {
        yield* sleep(0);
        return 1;
      },
      async async() {
        await sleep(0);
        return 1;
      },
    },
    function* (start, { loop }) {
      const log: string[] = [];
      const name = (task: unknown): string => (task as { getName(): string }).getName();
      const instrument = loop.addInstrument({
        taskCreated: () => log.push('created'),
        taskStep: (task) => log.push(`step ${name(task)}`),
        taskDone: (task) =>
          log.push(`done ${name(task)} ${String((task as unknown as { result(): unknown }).result())}`),
      });
      const task = start();
      task.setName('seen');
      yield* task;
      instrument[Symbol.dispose]();
      const main = name(currentTask());
      expect(log).toEqual(['created', 'step seen', 'step seen', 'done seen 1', `step ${main}`]);
      yield* turns(1);
      expectQuiet(loop);
    },
  );
});
