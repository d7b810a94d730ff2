/** Tests `examples/pipelines/pipeline.ts`, and the programs that connect a pipeline to files, threads and processes. */

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createTask, run, sleep } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { follow } from '../../examples/pipelines/copipe.js';
import { type XmlEvent, busesToDicts } from '../../examples/pipelines/events.js';
import {
  type Consumer,
  ReentrancyError,
  type Target,
  broadcast,
  filter,
  grep,
  map,
  primed,
  received,
  source,
} from '../../examples/pipelines/pipeline.js';
import { inThread } from '../../examples/pipelines/threaded.js';
import { expectQuiet } from '../support/every-loop.js';

/** What the last stage of a pipeline has received. */
let log: string[] = [];
beforeEach(() => {
  log = [];
});

/** Logs what it receives and when it is closed; with `catches`, it also catches and logs errors. */
const end = primed(function* end(name: string = '', catches: boolean = false): Consumer<unknown> {
  try {
    for (;;) {
      try {
        log.push(`${name}${String(yield)}`);
      } catch (error) {
        if (!catches) throw error;
        log.push(`${name}caught ${String(error)}`);
      }
    }
  } finally {
    log.push(`${name}closed`);
  }
});

/** Finishes after `count` items. */
const atMost = primed(function* atMost(count: number, name: string): Consumer<string> {
  for (let i = 0; i < count; i += 1) log.push(`${name}${yield}`);
});

const failsAt = primed(function* failsAt(bad: string): Consumer<string> {
  for (;;) if ((yield) === bad) throw new Error(`cannot take ${bad}`);
});

/** Stages to put before a target, by name. */
const stages: Array<[string, (target: Target<string>) => Target<string>]> = [
  ['grep', (target) => grep('', target)],
  ['filter', (target) => filter(() => true, target)],
  ['map', (target) => map((line: string) => line, target)],
  ['broadcast', (target) => broadcast([target])],
  [
    'a chain of grep, map and filter',
    (target) =>
      grep(
        '',
        map(
          (line: string) => line,
          filter(() => true, target),
        ),
      ),
  ],
];

/** Reads a file of `examples/pipelines`. */
const pipelines = (file: string): string =>
  readFileSync(new URL(`../../examples/pipelines/${file}`, import.meta.url), 'utf8');

it('the README of pipelines shows code that occurs in pipeline.ts', () => {
  const blocks = [...pipelines('README.md').matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code);
  expect(blocks).toHaveLength(1);
  for (const code of blocks) expect(pipelines('pipeline.ts')).toContain(code);
});

describe('primed', () => {
  it('runs the body to its first yield, so that the first item is received', () => {
    end().send('first');
    expect(log).toEqual(['first']);
  });

  it('names the target after its function', () => {
    expect([end().name, map(String, end()).name]).toEqual(['end', 'map']);
  });

  it('throws an error that occurs before the first yield', () => {
    const broken = primed(function* broken(): Consumer<string> {
      throw new Error('no such file');
    });
    expect(() => broken()).toThrow('no such file');
  });
});

describe.each(stages)('the stage %s', (_, before) => {
  it('forwards items, and closes its target at the end', () => {
    source(['a', 'b'], before(end()));
    expect(log).toEqual(['a', 'b', 'closed']);
  });

  it('forwards close() once, and accepts nothing after it', () => {
    const stage = before(end());
    stage.close();
    stage.close();
    expect(stage.send('late')).toBe(false);
    expect(log).toEqual(['closed']);
  });

  it('forwards an error, and continues if the target catches it', () => {
    const stage = before(end('', true));
    expect(stage.throw(new Error('E'))).toBe(true);
    expect(stage.send('a')).toBe(true);
    expect(log).toEqual(['caught Error: E', 'a']);
  });

  it('throws an error that no stage catches, and is then closed', () => {
    const stage = before(end());
    expect(() => stage.throw(new Error('E'))).toThrow('E');
    expect([stage.finished, stage.send('late')]).toEqual([true, false]);
    expect(log).toEqual(['closed']);
  });

  it('finishes with its target, so that the source stops', () => {
    let taken = 0;
    function* endless(): Generator<string, void> {
      for (;;) yield String((taken += 1));
    }
    source(endless(), before(atMost(2, '')));
    expect([taken, log]).toEqual([2, ['1', '2']]);
  });

  it('throws an error of its target from send()', () => {
    const stage = before(failsAt('bad'));
    expect(stage.send('good')).toBe(true);
    expect(() => stage.send('bad')).toThrow('cannot take bad');
    expect(stage.finished).toBe(true);
  });
});

describe('a stage whose function throws', () => {
  it.each([
    ['filter', (broken: () => never) => filter(broken, end())],
    ['map', (broken: () => never) => map(broken, end())],
  ])('%s ends, and closes its target', (_, stageOf) => {
    const stage = stageOf(() => {
      throw new Error('broken');
    });
    expect(() => stage.send('a')).toThrow('broken');
    expect(log).toEqual(['closed']);
  });
});

describe('source', () => {
  it('closes the pipeline if the iteration over the items throws', () => {
    function* items(): Generator<string, void> {
      yield 'a';
      throw new Error('disk');
    }
    expect(() => source(items(), grep('', end()))).toThrow('disk');
    expect(log).toEqual(['a', 'closed']);
  });
});

describe('broadcast', () => {
  it('continues with the other targets when one finishes', () => {
    source(['1', '2', '3'], broadcast([atMost(1, 'short '), end('long ')]));
    expect(log).toEqual(['short 1', 'long 1', 'long 2', 'long 3', 'long closed']);
  });

  it('drops and reports a target that fails; the other targets still receive the item', () => {
    const reported: unknown[] = [];
    source(
      ['good', 'bad', 'more'],
      broadcast([failsAt('bad'), end()], (error) => reported.push(error)),
    );
    expect(log).toEqual(['good', 'bad', 'more', 'closed']);
    expect(reported.map(String)).toEqual(['Error: cannot take bad']);
  });

  it('forwards an error to every target, and continues with those that catch it', () => {
    const reported: unknown[] = [];
    const all = broadcast([end('a '), end('b ', true)], (error) => reported.push(error));
    expect(all.throw(new Error('E'))).toBe(true);
    all.send('x');
    expect(log).toEqual(['a closed', 'b caught Error: E', 'b x']);
    expect(reported.map(String)).toEqual(['Error: E']);
  });

  it('closes all targets, even if closing one of them fails', () => {
    const stubborn = primed(function* stubborn(): Consumer<string> {
      try {
        yield;
      } finally {
        throw new Error('cannot close'); // eslint-disable-line no-unsafe-finally -- the fault that is tested
      }
    });
    const reported: unknown[] = [];
    broadcast([stubborn(), end()], (error) => reported.push(error)).close();
    expect(log).toEqual(['closed']);
    expect(reported.map(String)).toEqual(['Error: cannot close']);
  });

  it('with no targets is finished from the start', () => {
    expect(broadcast([]).finished).toBe(true);
  });
});

describe('fan-in', () => {
  it('closes the target with the last sender, not with the first', () => {
    const target = end();
    const [one, two] = [grep('', target), grep('', target)];
    one.close();
    two.send('still open');
    two.close();
    expect(log).toEqual(['still open', 'closed']);
  });
});

describe('a circle in a pipeline', () => {
  /** grep -> map -> back to grep, which is still handling the item. */
  function circle(): Target<string> {
    const back = primed(function* back(): Consumer<string> {
      for (;;) {
        const line = yield;
        first.send(line);
      }
    });
    const first: Target<string> = grep(
      '',
      map((line: string) => line, back()),
    );
    return first;
  }

  it('throws a ReentrancyError that names the stages', () => {
    const message = 'a pipeline leads back to itself: grep -> map -> back -> grep';
    expect(() => circle().send('x')).toThrow(new ReentrancyError(message));
    expect(pipelines('README.md')).toContain(`ReentrancyError: ${message}`);
  });

  it('is reported through a broadcast, and does not affect later pipelines', () => {
    expect(() => broadcast([circle(), end()]).send('x')).toThrow(ReentrancyError);
    log = [];
    grep('', end()).send('fine');
    expect(log).toEqual(['fine']);
  });

  it('is not reported when a target is closed while it handles an item: it ends after that item', () => {
    const box: Array<Target<string>> = [];
    const once = primed(function* once(): Consumer<string> {
      try {
        for (;;) {
          log.push(yield);
          box[0]!.close();
          log.push('handled');
        }
      } finally {
        log.push('closed');
      }
    });
    box.push(once());
    expect(box[0]!.send('a')).toBe(false);
    expect(log).toEqual(['a', 'handled', 'closed']);
  });
});

it('close() throws when a target yields in its finally block', () => {
  const immortal = primed(function* immortal(): Consumer<string> {
    for (;;) {
      try {
        yield;
      } finally {
        yield;
      }
    }
  });
  expect(() => immortal().close()).toThrow('immortal continues although it was closed');
});

describe('events', () => {
  it('forwards an error in the middle of a bus to the target, and keeps the bus', () => {
    const stage = busesToDicts(map((bus: object) => JSON.stringify(bus), end('', true)));
    const events: XmlEvent[] = [
      ['start', 'bus'],
      ['start', 'id'],
      ['text', '14'],
    ];
    for (const event of events) stage.send(event);
    stage.throw(new Error('E'));
    const rest: XmlEvent[] = [
      ['text', '03'],
      ['end', 'id'],
      ['end', 'bus'],
    ];
    for (const event of rest) stage.send(event);
    expect(log).toEqual(['caught Error: E', '{"id":"1403"}']);
  });
});

describe('copipe: follow', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'follow-'));
    path = join(folder, 'log');
    writeFileSync(path, 'old\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets the loop sleep while the file does not change', async () => {
    await run(function* () {
      const task = createTask(follow(path, end()), { eagerStart: true });
      yield* expectQuiet(300, 20);
      task.cancel();
    });
    expect(log).toEqual(['closed']);
  });

  it('joins lines and characters that were written in parts', async () => {
    const bytes = Buffer.from('zwölf\nund\n');
    await run(function* () {
      const task = createTask(follow(path, atMost(2, '')), { eagerStart: true });
      for (const piece of [bytes.subarray(0, 3), bytes.subarray(3, 8), bytes.subarray(8)]) {
        appendFileSync(path, piece);
        yield* sleep(10);
      }
      yield* task;
    });
    expect(log).toEqual(['zwölf', 'und']);
  });
});

describe('threaded', () => {
  it('rejects `ended` with an error of the worker, and closes the output', async () => {
    const { target, ended } = inThread(function* () {
      yield;
      throw new Error('broken in the worker');
    }, end());
    target.send('x');
    await expect(ended).rejects.toThrow('broken in the worker');
    expect(log).toEqual(['closed']);
    target.close();
  });

  it('forwards errors to the coroutine in the worker', async () => {
    const { target, ended } = inThread(function* (say) {
      for (;;) {
        try {
          say(yield);
        } catch (error) {
          say(`caught ${String(error)}`);
        }
      }
    }, end());
    target.send('a');
    target.throw(new RangeError('E'));
    target.close();
    await ended;
    expect(log).toEqual(['a', 'caught RangeError: E', 'closed']);
  });
});

it('a stage that uses received() forwards errors without evaluating the rest of its expression', () => {
  const numbered = primed(function* numbered(target: Target<string>): Consumer<string> {
    using _end = target.join();
    for (let n = 1; !target.finished; n += 1) target.send(`${n} ${yield* received<string>(target)}`);
  });
  const stage = numbered(end('', true));
  stage.send('a');
  stage.throw(new Error('E'));
  stage.send('b');
  expect(log).toEqual(['1 a', 'caught Error: E', '2 b']);
});
