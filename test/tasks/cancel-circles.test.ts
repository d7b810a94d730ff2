import type { Task } from 'selectloop';
import { Future, createTask, currentTask, gather, run, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from './both-flavours.js';

describe('a request to cancel a generator task is thrown at what it yields', () => {
  it('and not taken by a stray then()', () => {
    runSync(function* () {
      const future = new Future();
      const task = createTask(function* () {
        void future.then(() => {});
        void sleep(1e6).then(() => {});
        currentTask()?.cancel('mine');
        yield* sleep(0);
      });
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('mine'));
      expect(future.cancelled()).toBe(false);
    });
  });

  it('and not taken by a stray then() that settles while the request is pending', async () => {
    await run(function* () {
      const first = new Future();
      const second = new Future();
      const seen: unknown[] = [];
      const task = createTask(function* () {
        void first.then((value) => seen.push(value));
        yield* second;
      });
      yield* turns();
      first.setResult('then');
      second.setResult(null);
      task.cancel('task');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('task'));
      yield;
      expect(seen).toEqual(['then']);
    });
  });
});

describe('tasks that wait for each other in a circle', () => {
  inBothFlavours<void, [Array<Task<void>>, number]>(
    'can be cancelled, each once',
    {
      *generator({ log }, circle, next) {
        try {
          yield* circle[next] as Task<void>;
        } finally {
          log.push(currentTask()?.cancelling());
        }
      },
      async async({ log }, circle, next) {
        try {
          await circle[next];
        } finally {
          log.push(currentTask()?.cancelling());
        }
      },
    },
    function* (start, { log, loop }) {
      for (const size of [2, 3, 5]) {
        const circle: Array<Task<void>> = [];
        for (let i = 0; i < size; i += 1) circle.push(start(circle, (i + 1) % size));
        yield* turns();
        circle[0]?.cancel('round');
        const outcomes = [];
        for (const task of circle) outcomes.push(yield* outcomeOf(task));
        expect(outcomes).toEqual(circle.map(() => cancelledWith('round')));
        expect(log.splice(0)).toEqual(circle.map(() => 1));
        expectQuiet(loop);
      }
    },
  );

  it('can be cancelled when a gather is a part of the circle', () => {
    runSync(function* () {
      const circle: Task[] = [];
      circle.push(
        createTask(function* () {
          yield* gather([circle[1] as Task, sleep(1e6)]);
        }),
      );
      circle.push(
        createTask(function* () {
          yield* circle[0] as Task;
        }),
      );
      yield* turns();
      circle[1]?.cancel('round');
      for (const task of circle) expect(yield* outcomeOf(task)).toEqual(cancelledWith('round'));
    });
  });
});
