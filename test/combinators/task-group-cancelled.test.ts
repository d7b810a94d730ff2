import { TaskGroup, sleep, taskGroup } from 'selectloop';
import { describe, expect } from 'vitest';

import { cancelledWith, expectQuiet, inBothFlavours, outcomeOf } from '../tasks/both-flavours.js';
import { type Script, careful, failing, groupOf, grouped, messages, self } from './grouped.js';

describe('TaskGroup: cancellation from outside', () => {
  inBothFlavours(
    'cancels the body and the tasks, waits for them, and throws CancelledError',
    grouped,
    function* (start, { log, loop }) {
      for (const sleepMs of [1000, undefined]) {
        const script: Script = { before: (group) => group.createTask(careful(log, 'child')) };
        const task = start(sleepMs === undefined ? script : { ...script, sleepMs });
        yield* sleep(10);
        task.cancel('outside');
        expect(yield* outcomeOf(task)).toEqual(cancelledWith('outside'));
        expect(log.splice(0)).toEqual(['child cleaned up', 'count 1']);
        expectQuiet(loop);
      }
    },
  );

  inBothFlavours<void, []>(
    "when an inner and an outer group both fail, the outer group's cancellation request stands until its error is handled",
    {
      *generator({ log }) {
        try {
          yield* taskGroup(function* (outer) {
            outer.createTask(failing(1, 'outer'));
            try {
              yield* taskGroup(function* (inner) {
                inner.createTask(careful(log, 'child', 'inner'));
                yield* sleep(1000);
              });
            } catch (error) {
              log.push(messages(error), `between ${self().cancelling()}`);
              throw error;
            }
          });
        } catch (error) {
          log.push(messages(error), `after ${self().cancelling()}`);
        }
        yield* sleep(1);
      },
      async async({ log }) {
        try {
          await taskGroup(async (outer) => {
            outer.createTask(failing(1, 'outer'));
            try {
              await taskGroup(async (inner) => {
                inner.createTask(careful(log, 'child', 'inner'));
                await sleep(1000);
              });
            } catch (error) {
              log.push(messages(error), `between ${self().cancelling()}`);
              throw error;
            }
          });
        } catch (error) {
          log.push(messages(error), `after ${self().cancelling()}`);
        }
        await sleep(1);
      },
    },
    function* (start, { log, loop }) {
      yield* start();
      expect(log).toEqual(['child cleaned up', ['inner'], 'between 1', ['outer', ['inner']], 'after 0']);
      expectQuiet(loop);
    },
  );

  inBothFlavours<unknown, []>(
    'together with an error of a task, the error is thrown first and the next wait is cancelled; the count stays 1',
    {
      *generator({ log }) {
        try {
          yield* taskGroup(function* (group) {
            group.createTask(careful(log, 'child', 'child'));
            yield* sleep(1000);
          });
        } catch (error) {
          log.push(messages(error), self().cancelling());
        }
        yield* sleep(1);
        log.push('not reached');
      },
      async async({ log }) {
        try {
          await taskGroup(async (group) => {
            group.createTask(careful(log, 'child', 'child'));
            await sleep(1000);
          });
        } catch (error) {
          log.push(messages(error), self().cancelling());
        }
        await sleep(1);
        log.push('not reached');
      },
    },
    function* (start, { log }) {
      const task = start();
      yield* sleep(10);
      task.cancel();
      expect(yield* outcomeOf(task)).toMatchObject({ error: { name: 'CancelledError' } });
      expect(log).toEqual(['child cleaned up', ['child'], 1]);
      expect(task.cancelled()).toBe(true);
    },
  );

  inBothFlavours(
    'a second cancellation while the group waits for its tasks does not end the wait',
    grouped,
    function* (start, { log }) {
      const task = start({ before: (group) => group.createTask(careful(log, 'child')), sleepMs: 1000 });
      yield* sleep(10);
      task.cancel('first');
      yield* sleep(2);
      task.cancel('second');
      expect(yield* outcomeOf(task)).toEqual(cancelledWith('first'));
      expect(log).toEqual(['child cleaned up', 'count 2']);
    },
  );
});

describe('TaskGroup.cancel', () => {
  inBothFlavours(
    'ends the body and the tasks without an error; a second call has no effect',
    grouped,
    function* (start, { log, loop }) {
      const before = loop.time();
      const result = yield* start({
        before: (group) => {
          group.createTask(careful(log, 'child'));
          loop.callLater(10, () => {
            group.cancel();
            group.cancel();
          });
        },
        sleepMs: 1000,
        after: () => log.push('not reached'),
      });
      expect(result).toBeUndefined();
      expect(loop.time() - before).toBe(15);
      expect(log).toEqual(['child cleaned up', 'count 0']);
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    "called by the body after its last wait, ends the group with the body's result",
    grouped,
    function* (start, { log, loop }) {
      const result = yield* start({
        before: (group) => {
          group.createTask(careful(log, 'never begun'));
          group.cancel();
          expect(self().cancelling()).toBe(1);
        },
      });
      expect(result).toBe('body');
      expect(log).toEqual(['count 0']);
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    "called while the group waits for its tasks, ends them and keeps the body's result",
    grouped,
    function* (start, { log, loop }) {
      const result = yield* start({
        before: (group) => {
          group.createTask(careful(log, 'child'));
          loop.callLater(10, () => group.cancel());
        },
      });
      expect(result).toBe('body');
      expect(log).toEqual(['child cleaned up', 'count 0']);
    },
  );

  inBothFlavours(
    'an error that a task throws in its clean-up is still thrown',
    grouped,
    function* (start, { log, loop }) {
      const outcome = yield* outcomeOf(
        start({
          before: (group) => {
            group.createTask(careful(log, 'child', 'clean-up'));
            loop.callLater(10, () => group.cancel());
          },
          sleepMs: 1000,
        }),
      );
      expect(groupOf(outcome)).toEqual(['clean-up']);
      expect(log).toEqual(['child cleaned up', 'count 0']);
    },
  );

  for (const [when, groupMs, outsideMs] of [
    ['before it', 20, 10],
    ['in the same iteration', 10, 10],
    ['while the tasks clean up', 10, 12],
  ] as const) {
    for (const sleepMs of [1000, undefined]) {
      inBothFlavours(
        `does not swallow a cancellation from outside ${when}, while ${sleepMs ? 'the body sleeps' : 'the group waits for its tasks'}`,
        grouped,
        function* (start, { log, loop }) {
          const script: Script = {
            before: (group) => {
              group.createTask(careful(log, 'child'));
              loop.callLater(groupMs, () => group.cancel());
            },
          };
          const task = start(sleepMs === undefined ? script : { ...script, sleepMs });
          loop.callLater(outsideMs, () => task.cancel('outside'));
          expect(yield* outcomeOf(task)).toMatchObject({ error: { name: 'CancelledError' } });
          expect(task.cancelled()).toBe(true);
          expect(log).toEqual(['child cleaned up', 'count 1']);
          yield* sleep(50);
          expectQuiet(loop);
        },
      );
    }
  }

  inBothFlavours(
    'called by an eagerly started task, cancels that task with the group',
    grouped,
    function* (start, { log }) {
      const result = yield* start({
        before: (group) => {
          group.createTask(
            function* () {
              group.cancel();
              yield* careful(log, 'eager');
            },
            { eagerStart: true },
          );
        },
        sleepMs: 1000,
      });
      expect(result).toBeUndefined();
      expect(log).toEqual(['eager cleaned up', 'count 0']);
    },
  );

  inBothFlavours(
    'has no effect before the group is entered or after it is finished',
    grouped,
    function* (start, { log }) {
      let group: TaskGroup | null = null;
      const task = start({ before: (each) => (group = each) });
      yield* task;
      (group as TaskGroup | null)?.cancel();
      new TaskGroup().cancel();
      expect([task.cancelling(), task.result(), log]).toEqual([0, 'body', ['count 0']]);
    },
  );
});
