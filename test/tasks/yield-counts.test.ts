/**
 * The number of iterations that an operation takes. A callback that reschedules itself counts them, from before the operation
 * to after it.
 *
 * The numbers are asyncio's, in both flavours. The flavours differ in when they resume within the last iteration: a generator at
 * its place in the ready queue, an async function in a microtask after every callback of that iteration.
 */

import { Future, type Steps, coroutine, createTask, gather, getRunningLoop, run, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { type Operation, countInAsync, countInGenerator } from './counting-turns.js';

const instant = coroutine(function* (): Steps<number> {
  return 1;
});
const nap = (): ReturnType<typeof sleep> => sleep(0);

function doneFuture(): Future<number> {
  const future = new Future<number>();
  future.setResult(1);
  return future;
}

/** Operation, iterations in a generator task, iterations in an async task. */
const table: ReadonlyArray<readonly [string, Operation, number, number]> = [
  ['sleep(0)', nap, 1, 1],
  ['sleep(-5)', () => sleep(-5), 1, 1],
  ['an instant coroutine', instant, 0, 0],
  ['a done future', doneFuture, 0, 0],
  ['an instant task', () => createTask(instant()), 2, 2],
  ['a task of sleep(0)', () => createTask(nap()), 3, 3],
  ['an eager instant task', () => createTask(instant(), { eagerStart: true }), 0, 0],
  ['gather of nothing', () => gather([]), 0, 0],
  ['gather of a done future', () => gather([doneFuture()]), 0, 0],
  ['gather of two done futures', () => gather([doneFuture(), doneFuture()]), 0, 0],
  ['gather of one instant coroutine', () => gather([instant()]), 3, 3],
  ['gather of five instant coroutines', () => gather(Array.from({ length: 5 }, () => instant())), 3, 3],
  ['gather of a done future and an instant coroutine', () => gather([doneFuture(), instant()]), 3, 3],
  ['gather of two sleep(0)', () => gather([nap(), nap()]), 4, 4],
];

describe('iterations of the loop that an operation takes', () => {
  it.each(table)('%s, in a generator', async (_, operation, expected) => {
    expect(runSync(() => countInGenerator(operation))).toBe(expected);
    expect(await run(() => countInGenerator(operation))).toBe(expected);
  });

  it.each(table)('%s, in an async function', async (_, operation, _generator, expected) => {
    expect(await run(() => countInAsync(operation))).toBe(expected);
  });

  it('within an iteration a generator resumes at its place in the ready queue, an async function at the end', async () => {
    const log: string[] = [];
    await run(function* () {
      const gate = new Future<void>();
      createTask(async () => {
        await gate;
        log.push('async');
      });
      createTask(function* () {
        yield* gate;
        log.push('generator');
      });
      yield;
      yield; // the async function's await begins in a microtask after its first step
      gate.addDoneCallback(() => log.push('callback'));
      gate.setResult();
      getRunningLoop().callSoon(() => log.push('later callback'));
      yield;
      log.push('main');
      yield;
    });
    expect(log).toEqual(['generator', 'callback', 'later callback', 'main', 'async']);
  });
});
