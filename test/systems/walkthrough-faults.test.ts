/** Regression tests for the faults of the original walkthrough programs, and tests of what the programs promise. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Steps, allTasks, run, runSync } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { afterAll, describe, expect, it } from 'vitest';

import { main as areq } from '../../examples/walkthrough/areq.js';
import { main as asyncq } from '../../examples/walkthrough/asyncq.js';
import { main as areqSteps } from '../../examples/walkthrough/generators/areq.js';
import { main as asyncqSteps } from '../../examples/walkthrough/generators/asyncq.js';
import { recordedNumbers, seededNumbers, settingsFrom } from '../../examples/walkthrough/numbers.js';
import { SITE, linksIn } from '../../examples/walkthrough/pages.js';
import { type QueueOptions, queueOptions } from '../../examples/walkthrough/queue-options.js';
import { printedBy, printedByAsync, runExample } from './programs.js';
import { shownBy } from './shown.js';

const shown = shownBy('examples/walkthrough/README.md');
const inVirtualTime = { loopFactory: virtualLoop };

/** Both flavours of asyncq. `after` is called when main has ended, before its remaining tasks are cancelled. */
const queues: Array<[string, (options: QueueOptions, after?: () => void) => Promise<string[]>]> = [
  [
    'async',
    async (options, after) =>
      await printedByAsync(() =>
        run(async () => {
          await asyncq(options);
          after?.();
        }, inVirtualTime),
      ),
  ],
  [
    'generators',
    async (options, after) =>
      printedBy(() =>
        runSync(function* (): Steps<void> {
          yield* asyncqSteps(options);
          after?.();
        }, inVirtualTime),
      ),
  ],
];

describe.each(queues)('walkthrough/asyncq, %s', (_, play) => {
  it('ends when every consumer fails, and reports their errors', async () => {
    const lines = await play({ producers: 4, consumers: 2, fail: true });
    expect(lines.filter((line) => line.includes('failed')).length).toBe(2);
    expect(lines.at(-1)).toContain('1 items left in the queue');
  });

  it('ends when there are no consumers', async () => {
    const lines = await play({ producers: 2, consumers: 0 });
    expect(lines.slice(-2).map((line) => line.slice(5))).toEqual([
      'no consumer is left',
      'done, 0 items left in the queue',
    ]);
  });

  it('ends when there are no producers', async () => {
    expect((await play({ producers: 0, consumers: 2 })).at(-1)).toBe('t=0  done, 0 items left in the queue');
  });

  it('awaits the tasks that it cancels, so that none is left when main ends', async () => {
    let left = -1;
    const lines = await play({}, () => (left = allTasks().size));
    expect(left).toBe(1); // main itself
    expect(lines.filter((line) => line.includes('stops'))).toHaveLength(2);
    expect(lines.at(-1)).toMatch(/done/);
  });

  it('takes every item once, and prints how long it waited', async () => {
    const lines = await play({ producers: 3, consumers: 2 });
    const put = new Map(
      lines.flatMap((line) =>
        [...line.matchAll(/^t=(\d+) .* puts item (\S+)$/g)].map(([, t, item]) => [item, Number(t)]),
      ),
    );
    const waits = lines.flatMap((line) => [...line.matchAll(/^t=(\d+) .* takes item (\S+), which waited (\d+) s$/g)]);
    expect(waits.map(([, , item]) => item).sort()).toEqual([...put.keys()].sort());
    for (const [, t, item, waited] of waits) expect(Number(waited)).toBe(Number(t) - put.get(item)!);
  });
});

describe('walkthrough/areq', () => {
  const folder = mkdtempSync(join(tmpdir(), 'selectloop-areq-'));
  const table = shown('walkthrough/areq').filter((line) => line.includes('\t'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['async', async (out: string) => run(() => areq(0.001, out))],
    ['generators', async (out: string) => runSync(() => areqSteps(0.001, out))],
  ])('writes the table of the README, in whatever order the pages arrive: %s', async (name, crawl) => {
    const out = join(folder, `${name}.tsv`);
    await printedByAsync(() => crawl(out));
    expect(readFileSync(out, 'utf8')).toBe(table.map((line) => `${line}\n`).join(''));
  });

  it('writes the table to the file given by --out', async () => {
    const out = join(folder, 'program.tsv');
    const lines = await runExample('walkthrough/generators/areq', ['--scale', '0.01', '--out', out]);
    expect(lines.at(-1)).toContain('5 links in all');
    expect(readFileSync(out, 'utf8').split('\n')).toHaveLength(table.length + 1);
  });

  it('lists each http link once, as an absolute URL without fragment', () => {
    const html = '<a href="a">1</a> <a href="/b/a">2</a> <a href="#x">3</a> <a href="mailto:x@y">4</a>';
    expect(linksIn(Buffer.from(`HTTP/1.0 200 OK\r\n\r\n${html}`), '/b/')).toEqual([`${SITE}/b/a`]);
  });

  it.each([
    ['HTTP/1.0 500 Oops\r\n\r\n', '500 Oops'],
    ['', 'no status'],
  ])('rejects the reply %j', (reply, message) => {
    expect(() => linksIn(Buffer.from(reply), '/')).toThrow(message);
  });
});

describe('the random numbers of walkthrough', () => {
  const draw = (numbers: () => number, count: number): number[] => Array.from({ length: count }, numbers);

  it('are the forty of the published runs, followed by others from 0 to 10', () => {
    const numbers = draw(recordedNumbers(), 500);
    expect(numbers.slice(0, 40).join()).toBe(
      '4,4,0,4,7,4,4,8,10,7,8,4,7,1,6,9,3,9,7,10,0,1,0,1,9,0,5,10,5,8,2,5,5,0,3,1,5,6,10,5',
    );
    expect([...new Set(numbers.slice(40))].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('are the same for the same seed, and differ for another', () => {
    expect(draw(seededNumbers(7), 50)).toEqual(draw(seededNumbers(7), 50));
    expect(draw(seededNumbers(7), 50)).not.toEqual(draw(seededNumbers(8), 50));
  });
});

describe('the command line of walkthrough', () => {
  it('sets scale, seed and names in the programs with random numbers', () => {
    const { scale, numbers, positionals } = settingsFrom(['9', '6', '--scale', '0.5', '--seed', '3']);
    expect({ scale, positionals, first: numbers() }).toEqual({
      scale: 0.5,
      positionals: ['9', '6'],
      first: seededNumbers(3)(),
    });
    expect(settingsFrom([])).toMatchObject({ scale: 0.2, positionals: [] });
  });

  it('sets producers, consumers and failure in asyncq', () => {
    expect(queueOptions(['-p', '4', '-c', '1', '--fail'])).toMatchObject({ producers: 4, consumers: 1, fail: true });
    expect(queueOptions([])).toMatchObject({ producers: 3, consumers: 2, fail: false, scale: 0.2 });
  });
});
