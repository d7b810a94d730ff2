/** Tests the lines of the program in a trace. The program runs by itself, because a test runner executes other lines than those of the file. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createTask, getRunningLoop, run, sleep } from 'selectloop';
import { type EventTrace, Recorder, traceRunSync } from 'selectloop/trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { placing } from '../../lib/tasks/placing.js';
import { startFile } from '../support/child-program.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-places-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROGRAM = `
import { rmSync } from 'node:fs';
import { Event, Future, Lock, Queue, Socket, coroutine, createTask, gather, getRunningLoop, sleep, sockAccept } from 'selectloop';
import { traceRun, traceRunSync } from 'selectloop/trace';
import { napInGone } from './gone.mjs';
import { napInLong } from './long.mjs';

function* napByGenerator() {
  yield* sleep(1); // in a helper
}
const napByCoroutine = coroutine(function* () {
  yield* sleep(1); // in a coroutine
});
async function napByAsync() {
  await sleep(1); // in an async helper
}
function listen() {
  const listener = new Socket();
  listener.setBlocking(false);
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen();
  return listener;
}

function* generators() {
  const loop = getRunningLoop();
  yield* sleep(1); // yield* sleep
  yield* napByGenerator();
  yield* napByCoroutine();
  yield* napInGone();
  yield* napInLong();
  const event = new Event();
  loop.callLater(1, function ring() { event.set(); }); // callLater
  yield* event.wait(); // yield* event
  const future = new Future();
  loop.callSoon(function answer() { future.setResult(1); }); // callSoon
  yield* future; // yield* future
  yield* gather([sleep(1)]); // yield* gather
  const lock = new Lock();
  yield* lock.acquire();
  createTask(function* second() {
    yield* lock.acquire(); // yield* lock
  }); 
  createTask(sleep(1), { name: 'bare' }); // createTask
  yield* sleep(2);
  lock.release();
  using_(listen(), function* (listener) {
    yield* sockAccept(listener); // yield* sockAccept
  });
  yield* sleep(1);
}
function using_(listener, serve) {
  createTask(() => serve(listener), { name: 'server' }).addDoneCallback(() => listener.close());
}
async function asyncs() {
  await sleep(1); // await sleep
  await napByAsync();
  await napByCoroutine();
  const event = new Event();
  getRunningLoop().callLater(1, () => event.set());
  await event.wait(); // await event
  await gather([sleep(1)]); // await gather
  const queue = new Queue();
  createTask(async function put() {
    await sleep(1);
    queue.putNowait(1);
  });
  await queue.get(); // await queue
  const listener = listen();
  createTask(async function server() {
    await sockAccept(listener); // await sockAccept
  }, { name: 'server' }).addDoneCallback(() => listener.close());
  await sleep(1); // a second await
}

const options = { places: true };
const traces = {
  blocking: traceRunSync(generators, options).trace,
  hosted: (await traceRun(generators, options)).trace,
  async: (await traceRun(asyncs, options)).trace,
};
rmSync(new URL('gone.mjs', import.meta.url));
const read = ([name, recorder]) => [name, recorder.toTrace({ sources: true })];
console.log(JSON.stringify(Object.fromEntries(Object.entries(traces).map(read))));
`;

type Kind = 'blocking' | 'hosted' | 'async';
let traces: Record<Kind, EventTrace>;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules/selectloop'));
  const nap = (name: string): string =>
    `import { sleep } from 'selectloop';\nexport function* ${name}() {\n  yield* sleep(1);\n}\n`;
  writeFileSync(file('gone.mjs'), nap('napInGone'));
  writeFileSync(file('long.mjs'), `${nap('napInLong')}// ${'long '.repeat(200_000)}\n`);
  writeFileSync(file('app.mjs'), PROGRAM);
  const { code, stdout, stderr } = await startFile(file('app.mjs'), []).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  traces = JSON.parse(stdout) as typeof traces;
});

/** The comments at the lines of what the trace names: "sleep: yield* sleep". */
function commented({ names }: EventTrace, ...kinds: string[]): string[] {
  const lines = PROGRAM.split('\n');
  return Object.values(names)
    .filter(({ kind, place }) => kinds.includes(kind) && place?.file === file('app.mjs'))
    .map(({ name, place }) => [name, lines[place!.line - 1]!.split('// ')[1]])
    .filter(([, comment]) => comment !== undefined)
    .map(([name, comment]) => `${name!.replace(/fd \d+/, 'fd')}: ${comment}`);
}

describe('a recording with places', () => {
  it.each(['blocking', 'hosted'] as const)('has the line where a generator waits, in a %s loop', (kind) => {
    expect(commented(traces[kind], 'wait')).toEqual([
      'sleep: yield* sleep',
      'sleep: in a helper',
      'sleep: in a coroutine',
      'Event: yield* event',
      'a future: yield* future',
      'gather of 1: yield* gather',
      'sleep: yield* gather',
      'Lock: yield* lock',
      'sleep: createTask',
      'fd readable, for accept: yield* sockAccept',
    ]);
  });

  it('has the line where an async function waits', () => {
    expect(commented(traces.async, 'wait')).toEqual([
      'sleep: await sleep',
      'sleep: in an async helper',
      'sleep: in a coroutine',
      'Event: await event',
      'gather of 1: await gather',
      'sleep: await gather',
      'Queue: await queue',
      'sleep: a second await',
      'fd readable, for accept: await sockAccept',
    ]);
  });

  it.each(['blocking', 'hosted'] as const)(
    'has the line that creates a task, a timer or a callback, in a %s loop',
    (kind) => {
      expect(commented(traces[kind], 'timer', 'callback')).toEqual(['ring(): callLater', 'answer(): callSoon']);
      expect(commented(traces[kind], 'task')).toContain('bare: createTask');
    },
  );

  it('never names a line of the library or of Node', () => {
    for (const { names } of Object.values(traces)) {
      const files = new Set(Object.values(names).flatMap(({ place }) => place?.file ?? []));
      for (const each of files) expect([file('app.mjs'), file('gone.mjs'), file('long.mjs')]).toContain(each);
    }
  });

  it('includes the texts of the files, without one that was deleted, and with a note for one that is too long', () => {
    const { names, sources } = traces.blocking;
    expect(Object.values(names).map(({ place }) => place?.file)).toContain(file('gone.mjs'));
    expect(sources).toEqual({
      [file('app.mjs')]: PROGRAM,
      [file('long.mjs')]: expect.stringMatching(
        /^Not included: this file has \d{7} bytes, and the limit is 1000000\.$/,
      ) as unknown,
    });
  });
});

describe('places', () => {
  it('are taken only while a recorder that wants them is attached', async () => {
    const recorder = new Recorder({ places: true });
    expect(placing).toBeNull();
    await run(function* () {
      yield* sleep(0);
      const loop = getRunningLoop();
      const first = loop.addInstrument(recorder);
      const second = loop.addInstrument(new Recorder({ places: true }));
      first[Symbol.dispose]();
      expect(placing).not.toBeNull();
      second[Symbol.dispose]();
      expect(placing).toBeNull();
    });
  });

  it('are not in a recording without the option, and neither are sources', () => {
    const { trace } = traceRunSync(function* () {
      yield* createTask(() => sleep(1));
    });
    const { names, sources } = trace.toTrace();
    expect(Object.values(names).filter(({ place }) => place !== undefined)).toEqual([]);
    expect(sources).toBeUndefined();
    expect(trace.toTrace({ sources: true }).sources).toEqual({});
  });

  it('do not hide from getStack where a task waits', () => {
    let stack: string[] = [];
    const { trace } = traceRunSync(
      function* () {
        const task = createTask(sleep(2));
        yield* sleep(1);
        stack = task.getStack();
        yield* task;
      },
      { places: true },
    );
    expect(stack).toEqual([expect.stringMatching(/^sleep \(.*:\d+:\d+\)$/)]);
    expect(trace.toHTML()).toContain('"sources":{"');
    expect(trace.toHTML({ sources: false })).not.toContain('"sources":');
  });

  it.each([
    [() => new Recorder({ places: 1 as never }), 'Recorder: places: expected a boolean, got 1'],
    [() => new Recorder().toTrace({ sources: 'yes' as never }), 'toTrace: sources: expected a boolean, got "yes"'],
    [() => new Recorder().toHTML({ sources: null as never }), 'toHTML: sources: expected a boolean, got null'],
  ])('are refused unless the option is a boolean: %#', (act, message) => {
    expect(act).toThrow(message);
  });
});
