import {
  Future,
  InvalidStateError,
  type Steps,
  TaskGroup,
  allTasks,
  fatal,
  run,
  runSync,
  sleep,
  taskGroup,
} from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';
import { careful, failing, grouped, messages, self } from './grouped.js';

describe('TaskGroup: misuse', () => {
  /** A coroutine that shows whether it ran or was closed. */
  function watched(): { source: Steps<void>; state: () => string } {
    const source = (function* (): Steps<void> {
      yield;
    })();
    return { source, state: () => JSON.stringify(source.next()) };
  }

  inBothFlavours(
    'refuses new tasks before it is entered, while it is shutting down, and after it is finished',
    grouped,
    function* (start, { log }) {
      const refused = (group: TaskGroup, message: string): void => {
        const { source, state } = watched();
        expect(() => group.createTask(source)).toThrow(new InvalidStateError(message));
        expect(state()).toBe('{"done":true}'); // closed: what it holds is released
        const operation = sleep(1);
        expect(() => group.createTask(operation)).toThrow(InvalidStateError);
        expect(() => operation[Symbol.iterator]()).toThrow(InvalidStateError);
        expect(() => group.createTask(function* () {})).toThrow(InvalidStateError);
      };
      refused(new TaskGroup(), 'TaskGroup has not been entered');
      let group: TaskGroup | null = null;
      yield* start({
        before: (each) => {
          group = each;
          each.createTask(function* () {
            try {
              yield* sleep(1000);
            } finally {
              refused(each, 'TaskGroup is shutting down');
              log.push('refused');
            }
          });
        },
        sleepMs: 1,
        after: (each) => each.cancel(),
      });
      refused(group as unknown as TaskGroup, 'TaskGroup is finished');
      expect(log).toEqual(['refused', 'count 0']);
      expect(allTasks().size).toBe(1);
    },
  );

  inBothFlavours(
    'can be entered only once',
    {
      *generator() {
        const once = taskGroup(function* () {});
        yield* once;
        yield* once;
      },
      async async() {
        const once = taskGroup(async () => undefined);
        await once;
        await once;
      },
    },
    function* (start) {
      expect(yield* outcomeOf(start())).toMatchObject({ error: { name: 'InvalidStateError' } });
    },
  );
});

describe('TaskGroup: fatal errors', () => {
  class Fatal extends Error {
    readonly [fatal] = true;
  }

  for (const place of ['body', 'task']) {
    it.each(['generator', 'async'])(
      `one of the ${place} is thrown alone, and the other errors are reported: %s`,
      async (flavour) => {
        const loop = virtualLoop();
        const reports = collectErrors(loop);
        const seen: unknown[] = [];
        const error = new Fatal('fatal');
        const log: unknown[] = [];
        const fill = (group: TaskGroup): void => {
          group.createTask(careful(log, 'child', 'clean-up'));
          if (place === 'task') {
            group.createTask(function* (): Steps<void> {
              yield* sleep(1);
              throw error;
            });
          }
        };
        const main =
          flavour === 'async'
            ? async (): Promise<void> => {
                try {
                  await taskGroup(async (group) => {
                    fill(group);
                    await sleep(2);
                    throw error;
                  });
                } catch (thrown) {
                  seen.push(thrown, self().cancelling());
                }
              }
            : function* (): Steps<void> {
                try {
                  yield* taskGroup(function* (group) {
                    fill(group);
                    yield* sleep(2);
                    throw error;
                  });
                } catch (thrown) {
                  seen.push(thrown, self().cancelling());
                }
              };
        try {
          // A fatal error of a task also leaves the run immediately; the rest of main runs in the clean-up.
          const running = run(main, { loopFactory: () => loop });
          if (place === 'task') await expect(running).rejects.toBe(error);
          else await running;
        } finally {
          loop.close();
        }
        expect(seen[0]).toBe(error);
        expect(log).toEqual(['child cleaned up']);
        const texts = reports.map(({ message, exception }) => `${message}: ${(exception as Error).message}`);
        expect(texts).toContain('error in a TaskGroup that ends with a fatal error: clean-up');
        // The end of the run also reports it, as the error of a task that was left over.
        expect(texts.length).toBe(place === 'task' ? 2 : 1);
      },
    );
  }

  it('an error of a task interrupts a waiting body and leaves no cancellation request', () => {
    runSync(function* () {
      const task = self();
      try {
        yield* taskGroup(function* (group) {
          group.createTask(failing(0, 'child'));
          yield* turns(5);
          yield* new Future();
        });
      } catch (error) {
        expect(messages(error)).toEqual(['child']);
      }
      expect(task.cancelling()).toBe(0);
    });
  });
});
