import { CancelledError, Future, createTask, currentTask, sleep } from 'selectloop';
import { describe, expect } from 'vitest';

import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf, turns } from './both-flavours.js';

describe('cancelling a task', () => {
  inBothFlavours(
    'that has not begun keeps its body from running',
    {
      *generator({ log }) {
        log.push('body');
      },
      async async({ log }) {
        log.push('body');
      },
    },
    function* (start, { log, loop }) {
      const task = start();
      expect(task.cancel('early')).toBe(true);
      expect(task.done()).toBe(false);
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('early'));
      expect([task.cancelled(), task.done()]).toEqual([true, true]);
      expect(() => task.exception()).toThrow(CancelledError);
      expect(log).toEqual([]);
      expectQuiet(loop);
    },
  );

  inBothFlavours<void, [Future]>(
    'cancels the future that the task waits for and runs finally; later cancels have no effect',
    {
      *generator({ log }, future) {
        try {
          yield* future;
        } finally {
          log.push('finally');
        }
      },
      async async({ log }, future) {
        try {
          await future;
        } finally {
          log.push('finally');
        }
      },
    },
    function* (start, { log, loop }) {
      const future = new Future();
      const task = start(future);
      yield* turns();
      expect(task.cancel('why')).toBe(true);
      expect(future.cancelled()).toBe(true);
      expect(task.cancelled()).toBe(false); // its callback has not run yet
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('why'));
      expect(task.cancelled()).toBe(true);
      expect(task.cancel()).toBe(false);
      expect(task.cancelling()).toBe(1);
      expect(log).toEqual(['finally']);
      expectQuiet(loop);
    },
  );

  inBothFlavours<void, [Future]>(
    'by cancelling the future it waits for works, and cancelling both counts as one cancellation',
    {
      *generator(_, future) {
        yield* future;
      },
      async async(_, future) {
        await future;
      },
    },
    function* (start, { loop }) {
      for (const alsoTheTask of [false, true]) {
        const future = new Future();
        const task = start(future);
        yield* turns();
        future.cancel('inner');
        if (alsoTheTask) task.cancel('outer');
        expect(yield* outcomeOf(task)).toEqual(cancelledWith('inner'));
        expect(task.cancelled()).toBe(true);
      }
      expectQuiet(loop);
    },
  );

  inBothFlavours<unknown, [Future]>(
    "that has just been woken throws at that wait and drops the future's result or error",
    {
      *generator(_, future) {
        return yield* future;
      },
      async async(_, future) {
        return await future;
      },
    },
    function* (start) {
      for (const settle of [(f: Future) => f.setResult(1), (f: Future) => f.setException(new Error('lost'))]) {
        const future = new Future();
        const task = start(future);
        yield* turns();
        settle(future);
        task.cancel('late');
        expect(yield* outcomeOf(task)).toEqual(cancelledWith('late'));
      }
    },
  );

  inBothFlavours(
    "from within throws at the task's next wait, which does not take place",
    {
      *generator({ log }) {
        currentTask()?.cancel('self');
        log.push('goes on');
        yield* sleep(1e6);
        log.push('unreachable');
      },
      async async({ log }) {
        currentTask()?.cancel('self');
        log.push('goes on');
        await sleep(1e6);
        log.push('unreachable');
      },
    },
    function* (start, { log, loop }) {
      const before = loop.time();
      expect(yield* outcomeOf(start())).toEqual(cancelledWith('self'));
      expect(loop.time() - before).toBeLessThan(1);
      expect(log).toEqual(['goes on']);
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    'from within after its last wait still ends it cancelled',
    {
      *generator() {
        yield* sleep(0);
        currentTask()?.cancel('self');
        return 1;
      },
      async async() {
        await sleep(0);
        currentTask()?.cancel('self');
        return 1;
      },
    },
    function* (start) {
      expect(yield* outcomeOf(start())).toEqual(cancelledWith('self'));
    },
  );

  inBothFlavours(
    'from within does not hide an error that its body throws afterwards',
    {
      *generator() {
        currentTask()?.cancel();
        throw new RangeError('own');
      },
      async async() {
        currentTask()?.cancel();
        throw new RangeError('own');
      },
    },
    function* (start) {
      const task = start();
      expect(yield* outcomeOf(task)).toEqual({ error: new RangeError('own') });
      expect(task.cancelled()).toBe(false);
    },
  );

  inBothFlavours<unknown, [Future]>(
    'reaches the end of a chain of tasks, and each finally runs, from the inside out',
    {
      *generator({ log }, future) {
        const inner = createTask(function* () {
          try {
            return yield* future;
          } finally {
            log.push('inner');
          }
        });
        const middle = createTask(function* () {
          try {
            return yield* inner;
          } finally {
            log.push('middle');
          }
        });
        try {
          return yield* middle;
        } finally {
          log.push('outer');
        }
      },
      async async({ log }, future) {
        const inner = createTask(async () => {
          try {
            return await future;
          } finally {
            log.push('inner');
          }
        });
        const middle = createTask(async () => {
          try {
            return await inner;
          } finally {
            log.push('middle');
          }
        });
        try {
          return await middle;
        } finally {
          log.push('outer');
        }
      },
    },
    function* (start, { log, loop }) {
      const future = new Future();
      const task = start(future);
      yield* turns(6);
      task.cancel('chain');
      expect(future.cancelled()).toBe(true);
      const outcome = yield* outcomeOf(task);
      expect(outcome).toEqual(cancelledWith('chain'));
      expect(log).toEqual(['inner', 'middle', 'outer']);
      expectQuiet(loop);
    },
  );
});
