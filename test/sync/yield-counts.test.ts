/** An operation of lib/sync that has no reason to wait takes no iteration of the loop. */

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

/** Takes the lock, starts the other task, and waits. */
const waitFor = coroutine(function* (condition: Condition, other?: () => Steps<void>) {
  using _guard = yield* condition.acquire();
  if (other !== undefined) createTask(other);
  yield* condition.wait();
});

const table: ReadonlyArray<readonly [string, Operation]> = [
  ['acquiring a free lock', () => new Lock().acquire()],
  ['acquiring a free semaphore', () => new Semaphore().acquire()],
  ['waiting for a set event', () => setEvent().wait()],
  ['get from a non-empty queue', () => queueOf(0, 1).get()],
  ['put into a queue that is not full', () => queueOf(2, 1).put(2)],
  ['join of an idle queue', () => queueOf(0).join()],
  ['wait at a barrier for one', () => new Barrier(1).wait()],
  ['waitFor with a true predicate', () => new Condition().waitFor(() => true)],
];

describe('iterations of the loop that an operation takes', () => {
  it.each(table)('%s: none', async (_, operation) => {
    expect(runSync(() => countInGenerator(operation))).toBe(0);
    expect(await run(() => countInGenerator(operation))).toBe(0);
    expect(await run(() => countInAsync(operation))).toBe(0);
  });

  // The numbers are those that CPython 3.11 gives for the same programs.
  it.each([
    [0, 2],
    [1, 3],
  ])('wait on a condition whose notifier keeps the lock for %i iterations: %i', async (heldFor, expected) => {
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

  it('a task that waits for a condition, which the counting task notifies: three', async () => {
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
