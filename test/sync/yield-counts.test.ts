/** G10 for what can wait in lib/sync: without a reason to wait it takes no turn of the loop. */

import {
  Barrier,
  Condition,
  Event,
  Lock,
  Queue,
  Semaphore,
  type Steps,
  coroutine,
  createTask,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { type Operation, countInAsync, countInGenerator } from '../tasks/counting-turns.js';

function setEvent(): Event {
  const event = new Event();
  event.set();
  return event;
}

function queueOf(maxsize: number, ...items: number[]): Queue<number> {
  const queue = new Queue<number>(maxsize);
  for (const item of items) queue.putNowait(item);
  return queue;
}

/** Takes the lock, starts the other task, waits. */
const waitFor = coroutine(function* (condition: Condition, other?: () => Steps<void>) {
  using _guard = yield* condition.acquire();
  if (other !== undefined) createTask(other);
  yield* condition.wait();
});

const table: ReadonlyArray<readonly [string, Operation]> = [
  ['a free lock', () => new Lock().acquire()],
  ['a free semaphore', () => new Semaphore().acquire()],
  ['an event that is set', () => setEvent().wait()],
  ['get from a queue that is not empty', () => queueOf(0, 1).get()],
  ['put into a queue that is not full', () => queueOf(2, 1).put(2)],
  ['join of an idle queue', () => queueOf(0).join()],
  ['a barrier for one', () => new Barrier(1).wait()],
  ['waitFor what is true', () => new Condition().waitFor(() => true)],
];

describe('G10: turns of the loop', () => {
  it.each(table)('%s: none', async (_, operation) => {
    expect(runSync(() => countInGenerator(operation))).toBe(0);
    expect(await run(() => countInGenerator(operation))).toBe(0);
    expect(await run(() => countInAsync(operation))).toBe(0);
  });

  // The numbers are those that CPython 3.11 gives for the same programs.
  it.each([
    [0, 2],
    [1, 3],
  ])('a condition whose notifier keeps the lock for %i turns: %i', async (heldFor, expected) => {
    const operation: Operation = () => {
      const condition = new Condition();
      return waitFor(condition, function* () {
        using _guard = yield* condition.acquire();
        condition.notify();
        for (let i = 0; i < heldFor; i += 1) yield;
      });
    };
    expect(runSync(() => countInGenerator(operation))).toBe(expected);
    expect(await run(() => countInGenerator(operation))).toBe(expected);
    expect(await run(() => countInAsync(operation))).toBe(expected);
  });

  it('a task that waits for a condition, which we notify: three', async () => {
    const operation = coroutine(function* () {
      const condition = new Condition();
      const task = createTask(waitFor(condition));
      yield* sleep(0);
      const guard = yield* condition.acquire();
      condition.notify();
      guard[Symbol.dispose]();
      yield* task;
    });
    expect(runSync(() => countInGenerator(operation))).toBe(3);
    expect(await run(() => countInGenerator(operation))).toBe(3);
    expect(await run(() => countInAsync(operation))).toBe(3);
  });
});
