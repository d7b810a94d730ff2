import { CancelledError, type Task, type TaskGroup, sleep, taskGroup } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { expectQuiet, inBothFlavours, outcomeOf } from '../tasks/both-flavours.js';
import { type Script, careful, failing, groupOf, grouped, self } from './grouped.js';
import { hosted } from './in-virtual-time.js';

describe('TaskGroup: success', () => {
  inBothFlavours('waits for its tasks, whose results are then available', grouped, function* (start, { loop, log }) {
    const tasks: Task[] = [];
    const before = loop.time();
    const result = yield* start({
      before: (group) => tasks.push(group.createTask(sleep(10, 'a')), group.createTask(sleep(30, 'b'))),
      sleepMs: 20,
    });
    expect(result).toBe('body');
    expect(loop.time() - before).toBe(30);
    expect(tasks.map((task) => task.result())).toEqual(['a', 'b']);
    expect(log).toEqual(['count 0']);
    expectQuiet(loop);
  });

  inBothFlavours('a task may start more tasks after the body has ended', grouped, function* (start, { loop }) {
    const before = loop.time();
    let grandchild: Task<string> | null = null;
    yield* start({
      before: (group) => {
        group.createTask(function* () {
          yield* sleep(10);
          grandchild = group.createTask(sleep(10, 'grandchild'));
        });
      },
    });
    expect((grandchild as Task<string> | null)?.result()).toBe('grandchild');
    expect(loop.time() - before).toBe(20);
  });

  inBothFlavours('a cancelled task does not fail the group', grouped, function* (start, { loop }) {
    const result = yield* start({
      before: (group) => {
        const task = group.createTask(sleep(1000));
        loop.callLater(5, () => task.cancel());
      },
      sleepMs: 10,
    });
    expect(result).toBe('body');
  });

  inBothFlavours('passes names on to its tasks and drops finished tasks', grouped, function* (start) {
    yield* start({
      before: (group) => {
        expect(group.createTask(sleep(1), { name: 'sleeper' }).getName()).toBe('sleeper');
        for (let i = 0; i < 9; i += 1) group.createTask(sleep(1));
        expect(String(group)).toBe('<TaskGroup is active, tasks: 10>');
      },
      sleepMs: 5,
      after: (group) => expect(String(group)).toBe('<TaskGroup is active>'),
    });
  });

  it('accepts async functions and eager tasks', async () => {
    await hosted(async () => {
      const results = await taskGroup(async (group) => [
        group.createTask(async () => 1),
        group.createTask(sleep(0, 2), { eagerStart: true }),
        group.createTask(async () => 3, { eagerStart: true }),
      ]);
      expect(results.map((task) => task.result())).toEqual([1, 2, 3]);
    });
  });
});

describe('TaskGroup: errors', () => {
  inBothFlavours(
    'an error of a task cancels the body and the sibling tasks, and waits for them',
    grouped,
    function* (start, { log, loop }) {
      const outcome = yield* outcomeOf(
        start({
          before: (group) => {
            group.createTask(careful(log, 'sibling'));
            group.createTask(failing(10, 'child'));
          },
          sleepMs: 1000,
          after: () => log.push('not reached'),
        }),
      );
      expect(groupOf(outcome)).toEqual(['child']);
      expect(log).toEqual(['sibling cleaned up', 'count 0']);
      expect((outcome as { error: Error }).error.message).toMatch(/^unhandled errors in a TaskGroup \(1 error: .+\)$/);
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    'an error of a task after the body has ended cancels the sibling tasks',
    grouped,
    function* (start, { log, loop }) {
      const outcome = yield* outcomeOf(
        start({
          before: (group) => {
            group.createTask(careful(log, 'sibling'));
            group.createTask(failing(10, 'child'));
          },
        }),
      );
      expect(groupOf(outcome)).toEqual(['child']);
      expect(log).toEqual(['sibling cleaned up', 'count 0']);
      expectQuiet(loop);
    },
  );

  inBothFlavours(
    'throws the errors of all tasks together, those of clean-ups included',
    grouped,
    function* (start, { log }) {
      const outcome = yield* outcomeOf(
        start({
          before: (group) => {
            group.createTask(careful(log, 'sibling', 'clean-up'));
            group.createTask(failing(10, 'one'));
            group.createTask(failing(10, 'two'));
          },
          sleepMs: 1000,
        }),
      );
      expect(groupOf(outcome)).toEqual(['one', 'two', 'clean-up']);
    },
  );

  inBothFlavours(
    'throws the error of the body in a group, alone or together with those of tasks',
    grouped,
    function* (start, { log }) {
      const script = (message?: string): Script => ({
        before: (group) => group.createTask(careful(log, 'child', message)),
        sleepMs: 1,
        after: () => {
          throw new RangeError('body');
        },
      });
      expect(groupOf(yield* outcomeOf(start(script())))).toEqual(['body']);
      expect(groupOf(yield* outcomeOf(start(script('child'))))).toEqual(['child', 'body']);
      expect(log).toEqual(['child cleaned up', 'count 0', 'child cleaned up', 'count 0']);
    },
  );

  inBothFlavours(
    'when the body turns its cancellation into another error, both errors are thrown',
    grouped,
    function* (start, { log }) {
      const outcome = yield* outcomeOf(
        start({
          before: (group) => group.createTask(failing(1, 'child')),
          sleepMs: 1000,
          onError: (error) => {
            expect(error).toBeInstanceOf(CancelledError);
            throw new RangeError('instead');
          },
        }),
      );
      expect(groupOf(outcome)).toEqual(['child', 'instead']);
      expect(log).toEqual(['count 0']);
    },
  );

  inBothFlavours(
    'fails with the error of the task even if the body swallows the cancellation',
    grouped,
    function* (start, { log }) {
      const outcome = yield* outcomeOf(
        start({ before: (group) => group.createTask(failing(1, 'child')), sleepMs: 1000, onError: () => undefined }),
      );
      expect(groupOf(outcome)).toEqual(['child']);
      expect(log).toEqual(['count 0']);
    },
  );

  inBothFlavours(
    'throws both the error of a task and the error of a clean-up in the body',
    grouped,
    function* (start, { log }) {
      const outcome = yield* outcomeOf(
        start({
          before: (group) => group.createTask(failing(0, 'child')),
          sleepMs: 10,
          onError: () => {
            throw new TypeError('clean-up');
          },
        }),
      );
      expect(groupOf(outcome)).toEqual(['child', 'clean-up']);
      expect(log).toEqual(['count 0']);
    },
  );
});

describe('TaskGroup: nested', () => {
  inBothFlavours<void, [(group: TaskGroup) => void, (group: TaskGroup) => void]>(
    'an error of the inner group stays a nested group; an error of the outer group ends the inner one silently',
    {
      *generator({ log }, inOuter, inInner) {
        try {
          yield* taskGroup(function* (outer) {
            inOuter(outer);
            try {
              yield* taskGroup(function* (inner) {
                inInner(inner);
                yield* sleep(1000);
              });
            } finally {
              log.push(`between ${self().cancelling()}`);
            }
          });
        } finally {
          log.push(`after ${self().cancelling()}`);
        }
      },
      async async({ log }, inOuter, inInner) {
        try {
          await taskGroup(async (outer) => {
            inOuter(outer);
            try {
              await taskGroup(async (inner) => {
                inInner(inner);
                await sleep(1000);
              });
            } finally {
              log.push(`between ${self().cancelling()}`);
            }
          });
        } finally {
          log.push(`after ${self().cancelling()}`);
        }
      },
    },
    function* (start, { log, loop }) {
      const nothing = (): void => undefined;
      const fails = (group: TaskGroup): void => void group.createTask(failing(5, 'child'));
      expect(groupOf(yield* outcomeOf(start(nothing, fails)))).toEqual([['child']]);
      expect(log.splice(0)).toEqual(['between 0', 'after 0']);

      const sleeps = (group: TaskGroup): void => void group.createTask(careful(log, 'inner child'));
      expect(groupOf(yield* outcomeOf(start(fails, sleeps)))).toEqual(['child']);
      expect(log.splice(0)).toEqual(['inner child cleaned up', 'between 1', 'after 0']);

      // Both fail: between them the outer group's request stands, after them none.
      const both = (group: TaskGroup): void => void group.createTask(failing(5, 'inner'));
      expect(groupOf(yield* outcomeOf(start(fails, both)))).toEqual(['child', ['inner']]);
      expect(log.splice(0)).toEqual(['between 1', 'after 0']);
      expectQuiet(loop);
    },
  );
});
