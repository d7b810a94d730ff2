/** docs/differences-from-python.md: each row names the test that shows it. Differences that no other test shows are tested here. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Future, type Steps, coroutine, createTask, getRunningLoop, run, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, collectGarbage, outcomeOf, turns } from '../tasks/both-flavours.js';
import { ROOT } from './documents.js';

const PAGE = 'docs/differences-from-python.md';

/** The cells of every row of every table, without the header rows. */
const rows = readFileSync(join(ROOT, PAGE), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, python]) => python !== 'Python' && !/^-+$/.test(python ?? ''));

describe('each difference from Python', () => {
  it('is in a table', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows.map((cells) => [cells[2] ?? '', cells]))('names a test that shows it: %s', (_, cells) => {
    expect(cells).toHaveLength(6); // four columns, and the empty cells outside the row
    const [, name = '', path = ''] = /^\[(.+)\]\((.+)\)$/.exec(cells[4] ?? '') ?? [];
    const file = join(ROOT, dirname(PAGE), path);
    expect(existsSync(file) && path.endsWith('.test.ts'), `a test file, got ${path}`).toBe(true);
    expect(name.length).toBeGreaterThan(10);
    expect(readFileSync(file, 'utf8')).toContain(name);
  });
});

describe('differences that are due to JavaScript', () => {
  it('an async function that was woken in the same iteration is cancelled at its next wait', async () => {
    const log: string[] = [];
    await run(function* () {
      const gate = new Future<string>();
      const task = createTask(async () => {
        log.push(await gate);
        await sleep(1000);
        log.push('not reached');
      });
      yield* turns();
      gate.setResult('the result'); // the next iteration wakes it; a cancellation later in it comes too late
      getRunningLoop().callSoon(() => task.cancel());
      expect(yield* outcomeOf(task)).toEqual(cancelledWith());
    });
    expect(log).toEqual(['the result']);
  });

  it('the loser of a Promise.race takes the cancellation', async () => {
    const log: string[] = [];
    await run(function* () {
      const loser = new Future();
      const task = createTask(async () => {
        await Promise.race([sleep(1), loser]);
        log.push('decided');
        await Promise.resolve().then(() => task.cancel()); // finds only the loser
        await sleep(1);
        return 'went on';
      });
      expect(yield* outcomeOf(task)).toEqual({ value: 'went on' });
      expect(loser.cancelled()).toBe(true);
    });
    expect(log).toEqual(['decided']);
  });

  it('an abandoned coroutine runs no finally; a task that is left over does, at the end of the run', async () => {
    const log: string[] = [];
    const careful = coroutine(function* (name: string): Steps<void> {
      try {
        yield* sleep(1e6);
      } finally {
        log.push(name);
      }
    });
    await run(async () => {
      careful('abandoned')[Symbol.iterator]().next();
      createTask(careful('left over'));
      await collectGarbage();
    });
    await collectGarbage();
    expect(log).toEqual(['left over']);
  });

  it('an asynchronous generator that is left in the middle is not closed', async () => {
    const log: string[] = [];
    async function* numbers(): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
      } finally {
        log.push('closed');
      }
    }
    await run(async () => {
      log.push(`got ${String((await numbers().next()).value)}`);
    });
    await collectGarbage();
    expect(log).toEqual(['got 1']);
  });
});
