/**
 * Each combinator, cancelled before its first step, after it, after the second ... until it has ended before. Whatever the moment:
 * the cancellation is not lost, nothing of what it was responsible for is left, and what it was not responsible for goes on.
 */

import {
  Future,
  type Steps,
  type Task,
  asCompleted,
  coroutine,
  createTask,
  getRunningLoop,
  moveOnAfter,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { type Bodies, expectQuiet, outcomeOf, runCase, variants } from '../tasks/both-flavours.js';

/** What the operations hold and use. */
class World {
  /** Operations that are between their begin and the end of their clean-up. */
  held = 0;
  /** Belongs to somebody else; every program waits for it, and must not end it. */
  readonly outsider = createTask(sleep(6, 'outsider'));
  /** How many callbacks there are on it, apart from its own. */
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

interface Program {
  bodies: Bodies<unknown, [World]>;
  /** What it ends with if it is left alone. */
  result: unknown;
  /** What it goes on with after it was cancelled: not everything may be ended by it. */
  leaves?: boolean;
}

const programs: Record<string, Program> = {
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
  'waitFor a coroutine that is late': {
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
  'waitFor a task, zero': {
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
  'timeouts in each other': {
    bodies: {
      *generator(_, world) {
        return yield* outcomeSteps(
          timeout(10, function* () {
            const inner = yield* moveOnAfter(3, () => holding(world, 50));
            expect(inner).toEqual({ cancelled: true });
            yield* timeout(7, () => holding(world, 50)); // ends together with the outer
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
    leaves: true, // so that a reader can come back to it, until the last is done
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

/** Cancels the program after `step` turns; true if it had ended before. */
function* cancelAt(step: number, { result, leaves }: Program, start: (world: World) => Task): Steps<boolean> {
  const loop = getRunningLoop();
  const world = new World();
  const task = start(world);
  for (let turn = 1; turn <= step; turn += 1) {
    // Time stands still while there is something to run: every fourth step lets it pass.
    if (turn % 4 === 0) yield* sleep(0.5);
    else yield;
  }
  const tooLate = task.done();
  expect(task.cancel(`at ${step}`)).toBe(!tooLate);
  const outcome = yield* outcomeOf(task);
  if (tooLate) expect(outcome).toEqual({ value: result });
  else expect(outcome, `cancelled at step ${step}`).toMatchObject({ error: { name: 'CancelledError' } });
  expect(task.cancelled()).toBe(!tooLate);
  if (leaves !== true && !world.outsider.done()) expect(world.callbacks).toBe(0);
  expect(world.outsider.cancelling()).toBe(0);
  expect(yield* world.outsider).toBe('outsider');
  yield* sleep(10); // what only ran beside it cleans up; a callLater passes
  expect(world.held).toBe(0);
  expectQuiet(loop);
  return tooLate;
}

describe.each(Object.entries(programs))('cancelled at every step: %s', (_, program) => {
  it.each(variants)('%s', async (variant) => {
    await runCase(variant, program.bodies, function* (start) {
      let step = 0;
      while (step < 300 && !(yield* cancelAt(step, program, start))) step += 1;
      expect(step).toBeGreaterThan(8); // or it was not the program that was cancelled
      expect(step).toBeLessThan(300);
    });
  });
});
