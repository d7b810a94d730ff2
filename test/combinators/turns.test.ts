/**
 * Iterations of the loop that each combinator takes. (`gather` and `sleep` are counted in test/tasks/yield-counts.test.ts.)
 *
 * In a generator task the numbers are asyncio's. In an async task, `waitFor` of an awaitable that has to wait is a task of its
 * own, so that it can be used in a `Promise.all`; the end of that task takes one iteration more, with a limit of zero too.
 */

import {
  Future,
  type Steps,
  type Task,
  asCompleted,
  coroutine,
  createTask,
  moveOnAfter,
  run,
  runSync,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { type Operation, countInAsync, countInGenerator } from '../tasks/counting-turns.js';

const instant = coroutine(function* (): Steps<number> {
  return 1;
});
const nap = (): ReturnType<typeof sleep> => sleep(0);

function doneFuture(): Future<number> {
  const future = new Future<number>();
  future.setResult(1);
  return future;
}

const instants = (n: number): Task<number>[] => Array.from({ length: n }, () => createTask(instant()));

const firstOf = coroutine(function* (): Steps<number> {
  let sum = 0;
  for (const next of asCompleted([instant(), instant()])) sum += yield* next;
  return sum;
});

/** Operation, iterations in a generator task, iterations in an async task. */
const table: ReadonlyArray<readonly [string, Operation, number, number]> = [
  ['shield of a done future', () => shield(doneFuture()), 0, 0],
  ['shield of sleep(0)', () => shield(nap()), 4, 4],
  ['wait for a done future', () => wait([doneFuture()]), 2, 2],
  ['wait for an instant task', () => wait(instants(1)), 3, 3],
  ['wait for five instant tasks', () => wait(instants(5)), 3, 3],
  ['wait for a task of sleep(0)', () => wait([createTask(nap())]), 4, 4],
  ['waitFor a done future, limit null', () => waitFor(doneFuture(), null), 0, 0],
  ['waitFor a done future, limit 0', () => waitFor(doneFuture(), 0), 0, 0],
  ['waitFor a done future, limit 1', () => waitFor(doneFuture(), 1), 0, 0],
  ['waitFor an instant coroutine, limit null', () => waitFor(instant(), null), 0, 0],
  ['waitFor an instant coroutine, limit 1000', () => waitFor(instant(), 1000), 0, 0],
  ['waitFor an instant task, limit 1000', () => waitFor(createTask(instant()), 1000), 2, 3],
  ['waitFor sleep(0), limit 0', () => waitFor(nap(), 0), 3, 4],
  ['waitFor sleep(0), limit 1000', () => waitFor(nap(), 1000), 1, 2],
  ['a timeout around an empty body', () => timeout(10, function* () {}), 0, 0],
  ['a timeout around an empty body, async', () => timeout(10, async () => {}), 2, 0],
  ['a timeout around sleep(0)', () => timeout(10, nap), 1, 1],
  ['moveOnAfter around an empty body', () => moveOnAfter(10, function* () {}), 0, 0],
  ['an empty task group', () => taskGroup(function* () {}), 0, 0],
  ['a task group with one instant task', () => inGroup(instant), 3, 3],
  ['a task group with five instant tasks', () => inGroup(instant, 5), 3, 3],
  ['a task group with one sleep(0)', () => inGroup(nap), 4, 4],
  ['asCompleted of two instant coroutines', firstOf, 3, 3],
];

function inGroup(make: () => ReturnType<typeof nap> | ReturnType<typeof instant>, n = 1): ReturnType<typeof nap> {
  return taskGroup(function* (group): Steps<void> {
    for (let i = 0; i < n; i += 1) group.createTask<unknown>(make());
  });
}

describe('iterations of the loop that a combinator takes', () => {
  it.each(table)('%s, in a generator', async (name, operation, expected) => {
    if (!name.endsWith('async')) expect(runSync(() => countInGenerator(operation))).toBe(expected);
    expect(await run(() => countInGenerator(operation))).toBe(expected);
  });

  it.each(table)('%s, in an async function', async (_, operation, _generator, expected) => {
    expect(await run(() => countInAsync(operation))).toBe(expected);
  });
});
