import type { Task } from 'selectloop';
import { Future, createTask, sleep } from 'selectloop';
import { describe, expect } from 'vitest';

import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from './both-flavours.js';

describe('a task that swallows its cancellation', () => {
  inBothFlavours<number, [Future]>(
    'and returns is not cancelled',
    {
      *generator(_, future) {
        try {
          yield* future;
        } catch {
          return 42;
        }
        return 0;
      },
      async async(_, future) {
        try {
          await future;
        } catch {
          return 42;
        }
        return 0;
      },
    },
    function* (start) {
      const task = start(new Future());
      yield* turns();
      task.cancel();
      expect(yield* task).toBe(42);
      expect([task.cancelled(), task.cancelling()]).toEqual([false, 1]);
    },
  );

  inBothFlavours<number, [Future, Future<number>]>(
    'can wait again, for as long as it likes',
    {
      *generator(_, first, second) {
        try {
          yield* first;
        } catch {
          /* refused */
        }
        yield* sleep(5);
        return yield* second;
      },
      async async(_, first, second) {
        try {
          await first;
        } catch {
          /* refused */
        }
        await sleep(5);
        return await second;
      },
    },
    function* (start) {
      const second = new Future<number>();
      const task = start(new Future(), second);
      yield* turns();
      task.cancel();
      yield* sleep(10);
      expect(task.done()).toBe(false);
      second.setResult(7);
      expect(yield* task).toBe(7);
    },
  );

  inBothFlavours<number, []>(
    'can do so any number of times; each cancel() throws once',
    {
      *generator() {
        let refused = 0;
        while (refused < 3) {
          try {
            yield* sleep(1e6);
          } catch {
            refused += 1;
          }
        }
        return refused;
      },
      async async() {
        let refused = 0;
        while (refused < 3) {
          try {
            await sleep(1e6);
          } catch {
            refused += 1;
          }
        }
        return refused;
      },
    },
    function* (start, { loop }) {
      const task = start();
      for (let i = 1; i <= 3; i += 1) {
        yield* turns();
        expect(task.done()).toBe(false);
        expect(task.cancel()).toBe(true);
        expect(task.cancelling()).toBe(i);
      }
      expect(yield* task).toBe(3);
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    'in a clean-up that waits is interrupted by a second cancel',
    {
      *generator({ log }) {
        try {
          yield* sleep(1e6);
        } finally {
          log.push('begin');
          yield* sleep(100);
          log.push('end');
        }
      },
      async async({ log }) {
        try {
          await sleep(1e6);
        } finally {
          log.push('begin');
          await sleep(100);
          log.push('end');
        }
      },
    },
    function* (start, { log, loop }) {
      const patient = start();
      yield* turns();
      patient.cancel('once');
      expect(yield* outcomeOf(patient)).toEqual(cancelledWith('once'));
      expect(log.splice(0)).toEqual(['begin', 'end']);
      const hurried = start();
      yield* turns();
      hurried.cancel('first');
      yield* turns();
      hurried.cancel('second');
      expect(yield* outcomeOf(hurried)).toEqual(cancelledWith('second'));
      expect(log).toEqual(['begin']);
      expectQuiet(loop);
    },
  );

  inBothFlavours<void, [Task]>(
    'keeps its parent waiting, and the parent gets its result',
    {
      *generator({ log }, child) {
        log.push(yield* child);
      },
      async async({ log }, child) {
        log.push(await child);
      },
    },
    function* (start, { log }) {
      const child = createTask(function* () {
        try {
          yield* sleep(1e6);
        } catch {
          yield* sleep(1);
        }
        return 'refused';
      });
      const parent = start(child);
      yield* turns();
      expect(parent.cancel()).toBe(true);
      yield* parent;
      expect([log, parent.cancelled(), child.cancelling()]).toEqual([['refused'], false, 1]);
    },
  );
});
