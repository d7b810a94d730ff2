/** The programs that every-step.test.ts cancels: one for each combinator, in both flavours. */

import {
  Future,
  type Steps,
  asCompleted,
  coroutine,
  createTask,
  gather,
  getRunningLoop,
  moveOnAfter,
  shield,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  wait,
  waitFor,
} from 'selectloop';
import { expect } from 'vitest';

import { type Bodies } from '../tasks/both-flavours.js';

/** What the operations of a program hold and use. */
export class World {
  /** Number of operations that have begun and not finished their clean-up. */
  held = 0;
  /** A task outside the program: every program waits for it, and must not cancel it. */
  readonly outsider = createTask(sleep(6, 'outsider'));
  /** Number of callbacks on the outsider, apart from its own. */
  callbacks = 0;

  constructor() {
    const { outsider } = this;
    const { addDoneCallback, removeDoneCallback } = outsider;
    outsider.addDoneCallback = (callback) => {
      this.callbacks += 1;
      addDoneCallback.call(outsider, callback);
    };
    outsider.removeDoneCallback = (callback) => {
      const removed = removeDoneCallback.call(outsider, callback);
      this.callbacks -= removed;
      return removed;
    };
  }
}

const holding = coroutine(function* (world: World, delayMs: number): Steps<string> {
  world.held += 1;
  try {
    yield* sleep(0);
    yield* sleep(delayMs);
    return 'held';
  } finally {
    try {
      yield* sleep(1);
    } finally {
      world.held -= 1;
    }
  }
});

export interface Program {
  bodies: Bodies<unknown, [World]>;
  /** Its result if it is not cancelled. */
  result: unknown;
  /** True if it may leave callbacks on the outsider after it was cancelled. */
  leaves?: boolean;
}

export const programs: Record<string, Program> = {
  'waitFor a coroutine': {
    bodies: {
      *generator(_, world) {
        return yield* waitFor(holding(world, 5), 100);
      },
      async async(_, world) {
        return await waitFor(holding(world, 5), 100);
      },
    },
    result: 'held',
  },
  'waitFor a coroutine that times out': {
    bodies: {
      *generator(_, world) {
        return yield* outcomeSteps(waitFor(holding(world, 50), 3));
      },
      async async(_, world) {
        try {
          return await waitFor(holding(world, 50), 3);
        } catch (error) {
          return nameOfTimeout(error);
        }
      },
    },
    result: 'TimeoutError',
  },
  'waitFor a task that times out': {
    bodies: {
      *generator(_, world) {
        return yield* outcomeSteps(waitFor(createTask(holding(world, 50)), 3));
      },
      async async(_, world) {
        try {
          return await waitFor(createTask(holding(world, 50)), 3);
        } catch (error) {
          return nameOfTimeout(error);
        }
      },
    },
    result: 'TimeoutError',
  },
  'waitFor a shield': {
    bodies: {
      *generator(_, world) {
        return yield* outcomeSteps(waitFor(shield(world.outsider), 3));
      },
      async async(_, world) {
        try {
          return await waitFor(shield(world.outsider), 3);
        } catch (error) {
          return nameOfTimeout(error);
        }
      },
    },
    result: 'TimeoutError',
    leaves: true,
  },
  'waitFor a task with a limit of zero': {
    bodies: {
      *generator(_, world) {
        const task = createTask(holding(world, 50));
        try {
          yield* sleep(2);
          return yield* outcomeSteps(waitFor(task, 0));
        } finally {
          task.cancel();
        }
      },
      async async(_, world) {
        const task = createTask(holding(world, 50));
        try {
          await sleep(2);
          return await waitFor(task, 0);
        } catch (error) {
          return nameOfTimeout(error);
        } finally {
          task.cancel();
        }
      },
    },
    result: 'TimeoutError',
  },
  'nested timeouts': {
    bodies: {
      *generator(_, world) {
        return yield* outcomeSteps(
          timeout(10, function* () {
            const inner = yield* moveOnAfter(3, () => holding(world, 50));
            expect(inner).toEqual({ cancelled: true });
            yield* timeout(7, () => holding(world, 50)); // expires together with the outer one
          }),
        );
      },
      async async(_, world) {
        try {
          await timeout(10, async () => {
            const inner = await moveOnAfter(3, async () => await holding(world, 50));
            expect(inner).toEqual({ cancelled: true });
            await timeout(7, async () => await holding(world, 50));
          });
          return undefined;
        } catch (error) {
          return nameOfTimeout(error);
        }
      },
    },
    result: 'TimeoutError',
  },
  timeoutAt: {
    bodies: {
      *generator(_, world) {
        return yield* outcomeSteps(timeoutAt(getRunningLoop().time() + 4, () => holding(world, 50)));
      },
      async async(_, world) {
        try {
          return await timeoutAt(getRunningLoop().time() + 4, async () => await holding(world, 50));
        } catch (error) {
          return nameOfTimeout(error);
        }
      },
    },
    result: 'TimeoutError',
  },
  gather: {
    bodies: {
      *generator(_, world) {
        return (yield* gather([holding(world, 3), holding(world, 5)])).join();
      },
      async async(_, world) {
        return (await gather([holding(world, 3), holding(world, 5)])).join();
      },
    },
    result: 'held,held',
  },
  'gather with returnExceptions, of a gather and a shield': {
    bodies: {
      *generator(_, world) {
        const inner = gather([holding(world, 3), holding(world, 5)]);
        return (yield* gather([inner, shield(world.outsider)], { returnExceptions: true })).join();
      },
      async async(_, world) {
        const inner = gather([holding(world, 3), holding(world, 5)]);
        return (await gather([inner, shield(world.outsider)], { returnExceptions: true })).join();
      },
    },
    result: 'held,held,outsider',
    leaves: true,
  },
  'a task group in moveOnAfter in a task group': {
    bodies: {
      *generator(_, world) {
        return yield* taskGroup(function* (outer) {
          const sibling = outer.createTask(holding(world, 5));
          const moved = yield* moveOnAfter(3, () =>
            taskGroup(function* (inner) {
              inner.createTask(holding(world, 50));
              yield* holding(world, 50);
            }),
          );
          expect(moved).toEqual({ cancelled: true });
          return yield* sibling;
        });
      },
      async async(_, world) {
        return await taskGroup(async (outer) => {
          const sibling = outer.createTask(holding(world, 5));
          const moved = await moveOnAfter(3, async () => {
            await taskGroup(async (inner) => {
              inner.createTask(holding(world, 50));
              await holding(world, 50);
            });
          });
          expect(moved).toEqual({ cancelled: true });
          return await sibling;
        });
      },
    },
    result: 'held',
  },
  'a task group': {
    bodies: {
      *generator(_, world) {
        return yield* taskGroup(function* (group) {
          const first = group.createTask(holding(world, 3));
          group.createTask(holding(world, 5));
          yield* sleep(1);
          return yield* first;
        });
      },
      async async(_, world) {
        return await taskGroup(async (group) => {
          const first = group.createTask(holding(world, 3));
          group.createTask(holding(world, 5));
          await sleep(1);
          return await first;
        });
      },
    },
    result: 'held',
  },
  'a task group that is cancelled': {
    bodies: {
      *generator(_, world) {
        yield* taskGroup(function* (group) {
          group.createTask(holding(world, 50));
          getRunningLoop().callLater(4, () => group.cancel());
          yield* holding(world, 50);
        });
        yield* sleep(0);
        return 'after';
      },
      async async(_, world) {
        await taskGroup(async (group) => {
          group.createTask(holding(world, 50));
          getRunningLoop().callLater(4, () => group.cancel());
          await holding(world, 50);
        });
        await sleep(0);
        return 'after';
      },
    },
    result: 'after',
  },
  shield: {
    bodies: {
      *generator(_, world) {
        return yield* shield(world.outsider);
      },
      async async(_, world) {
        return await shield(world.outsider);
      },
    },
    result: 'outsider',
    leaves: true,
  },
  wait: {
    bodies: {
      *generator(_, world) {
        const { done } = yield* wait([world.outsider, new Future()], { timeoutMs: 8 });
        return done.size;
      },
      async async(_, world) {
        const { done } = await wait([world.outsider, new Future()], { timeoutMs: 8 });
        return done.size;
      },
    },
    result: 1,
  },
  'wait for the first completed': {
    bodies: {
      *generator(_, world) {
        const own = createTask(holding(world, 3));
        try {
          const { done } = yield* wait([world.outsider, own], { returnWhen: 'FIRST_COMPLETED' });
          return done.has(own);
        } finally {
          own.cancel();
        }
      },
      async async(_, world) {
        const own = createTask(holding(world, 3));
        try {
          const { done } = await wait([world.outsider, own], { returnWhen: 'FIRST_COMPLETED' });
          return done.has(own);
        } finally {
          own.cancel();
        }
      },
    },
    result: true,
  },
  asCompleted: {
    bodies: {
      *generator(_, world) {
        const results: unknown[] = [];
        const own = createTask(holding(world, 2));
        try {
          for (const next of asCompleted([world.outsider, own], { timeoutMs: 40 })) results.push(yield* next);
        } finally {
          own.cancel();
        }
        return results.join();
      },
      async async(_, world) {
        const results: unknown[] = [];
        const own = createTask(holding(world, 2));
        try {
          for await (const next of asCompleted([world.outsider, own], { timeoutMs: 40 })) results.push(next.result());
        } finally {
          own.cancel();
        }
        return results.join();
      },
    },
    result: 'held,outsider',
    leaves: true, // until the last one is done, so that a reader can resume
  },
};

function nameOfTimeout(error: unknown): string {
  if ((error as Error).name !== 'TimeoutError') throw error;
  return 'TimeoutError';
}

function* outcomeSteps(operation: Iterable<unknown>): Steps<unknown> {
  try {
    return yield* operation as Steps<unknown>;
  } catch (error) {
    return nameOfTimeout(error);
  }
}
