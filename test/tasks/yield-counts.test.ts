/**
 * G10: how many turns of the loop an operation takes. A callback that reschedules itself counts them, from before the operation
 * to after it.
 *
 * The numbers are asyncio's, in both flavours. What differs is the place within the last turn: a generator goes on at its place
 * in the queue, an async function in a microtask when every callback of that turn has run.
 */

import { Future, type Steps, coroutine, createTask, gather, getRunningLoop, run, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { type Operation, countInAsync, countInGenerator } from './count-turns.js';

const instant = coroutine(function* (): Steps<number> {
  return 1;
});
const nap = (): ReturnType<typeof sleep> => sleep(0);

function doneFuture(): Future<number> {
  const future = new Future<number>();
  future.setResult(1);
  return future;
}

/** What, turns in a generator task, turns in an async task. */
const table: ReadonlyArray<readonly [string, Operation, number, number]> = [
  ['sleep(0)', nap, 1, 1],
  ['sleep(-5)', () => sleep(-5), 1, 1],
  ['a coroutine that does not wait', instant, 0, 0],
  ['a future that is done', doneFuture, 0, 0],
  ['a task that does not wait', () => createTask(instant()), 2, 2],
  ['a task of sleep(0)', () => createTask(nap()), 3, 3],
  ['an eager task that does not wait', () => createTask(instant(), { eagerStart: true }), 0, 0],
  ['gather of nothing', () => gather([]), 0, 0],
  ['gather of a future that is done', () => gather([doneFuture()]), 0, 0],
  ['gather of two futures that are done', () => gather([doneFuture(), doneFuture()]), 0, 0],
  ['gather of one that does not wait', () => gather([instant()]), 3, 3],
  ['gather of five that do not wait', () => gather(Array.from({ length: 5 }, () => instant())), 3, 3],
  ['gather of one that is done and one that does not wait', () => gather([doneFuture(), instant()]), 3, 3],
  ['gather of two sleep(0)', () => gather([nap(), nap()]), 4, 4],
];

describe('G10: turns of the loop', () => {
  it.each(table)('%s, in a generator', async (_, operation, expected) => {
    expect(runSync(() => countInGenerator(operation))).toBe(expected);
    expect(await run(() => countInGenerator(operation))).toBe(expected);
  });

  it.each(table)('%s, in an async function', async (_, operation, _generator, expected) => {
    expect(await run(() => countInAsync(operation))).toBe(expected);
  });

  it('within a turn a generator goes on at its place in the queue, an async function at the end of the turn', async () => {
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
      yield* sleep(1);
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
