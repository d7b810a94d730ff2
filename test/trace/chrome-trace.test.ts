/** Tests that Chrome traces are valid Trace Event Format and show what happened. */

import {
  type EventLoop,
  type Steps,
  createTask,
  gather,
  getRunningLoop,
  runSync,
  sleep,
  sockRecv,
  socketpair,
} from 'selectloop';
import { type ChromeTrace, type ChromeTraceEvent, Recorder, traceRun, traceRunSync } from 'selectloop/trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { everyLoop, hostedLoops } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

/** The phases that the exporter may write, and the fields that the format requires for each. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  X: ['dur'],
  i: ['s'],
  s: ['id'],
  f: ['id', 'bp'],
  b: ['id'],
  e: ['id'],
  C: ['args'],
  M: ['args'],
};
const METADATA = ['process_name', 'thread_name', 'thread_sort_index'];

/** Returns the violations of the Trace Event Format (Google, 2016), as sentences. */
function faultsOf(trace: ChromeTrace): string[] {
  const read = JSON.parse(JSON.stringify(trace)) as ChromeTrace;
  const events = read.traceEvents;
  const faults: string[] = [];
  const fault = (event: ChromeTraceEvent, what: string): void => void faults.push(`${what}: ${JSON.stringify(event)}`);
  const named = new Set(events.filter(({ name }) => name === 'thread_name').map(({ tid }) => tid));
  for (const event of events) {
    for (const field of ['ph', 'name', 'cat', 'pid', 'tid', 'ts', ...(REQUIRED[event.ph] ?? [])]) {
      if (!(field in event)) fault(event, `no ${field}`);
    }
    if (!(event.ph in REQUIRED)) fault(event, 'unknown phase');
    if (!Number.isInteger(event.pid) || !Number.isInteger(event.tid)) fault(event, 'pid or tid is not an integer');
    if (!(event.ts >= 0 && event.ts < Infinity)) fault(event, 'ts is not a time');
    if (event.ph === 'X' && !((event.dur ?? -1) >= 0)) fault(event, 'dur is not a duration');
    if (event.ph === 'M' && !METADATA.includes(event.name)) fault(event, 'unknown metadata');
    if (event.ph === 'C' && !Object.values(event.args ?? {}).every(Number.isFinite)) fault(event, 'counts no number');
    if (event.ph !== 'M' && !named.has(event.tid)) fault(event, 'its track has no name');
  }
  return [...faults, ...overlaps(events), ...unmatched(events)];
}

/** Rounds to whole nanoseconds, as Perfetto does. */
const nanoseconds = (microseconds: number): number => Math.round(microseconds * 1000);
const endOf = ({ ts, dur = 0 }: ChromeTraceEvent): number => nanoseconds(ts) + nanoseconds(dur);

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => unknown): Map<unknown, T[]> {
  const groups = new Map<unknown, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Checks that the slices of a track follow each other or nest. */
function overlaps(events: readonly ChromeTraceEvent[]): string[] {
  const faults: string[] = [];
  const tracks = groupedBy(
    events.filter(({ ph }) => ph === 'X'),
    ({ tid }) => tid,
  );
  for (const slices of tracks.values()) {
    const sorted = slices.toSorted((a, b) => a.ts - b.ts || endOf(b) - endOf(a));
    const around: ChromeTraceEvent[] = [];
    for (const slice of sorted) {
      while (around.length > 0 && endOf(around.at(-1)!) <= nanoseconds(slice.ts)) around.pop();
      const outer = around.at(-1);
      if (outer !== undefined && endOf(slice) > endOf(outer)) {
        faults.push(`overlap: ${JSON.stringify(outer)} ${JSON.stringify(slice)}`);
      }
      around.push(slice);
    }
  }
  return faults;
}

/** Checks that each asynchronous event and arrow has one beginning followed by one end, and that arrows begin and end in slices. */
function unmatched(events: readonly ChromeTraceEvent[]): string[] {
  const faults: string[] = [];
  const slices = events.filter(({ ph }) => ph === 'X');
  const pairs = groupedBy(
    events.filter(({ ph }) => 'besf'.includes(ph)),
    ({ cat, id }) => `${cat} ${id}`,
  );
  for (const pair of pairs.values()) {
    const [begin, end] = pair.toSorted((a, b) => a.ts - b.ts || (a.ph < b.ph ? -1 : 1));
    const phases = pair.map(({ ph }) => ph).toSorted();
    if (pair.length !== 2 || !['be', 'fs'].includes(phases.join('')) || begin!.ts > end!.ts) {
      faults.push(`not a pair: ${JSON.stringify(pair)}`);
    }
    for (const { ph, ts, tid } of pair) {
      const inside = slices.some((slice) => slice.tid === tid && slice.ts <= ts && nanoseconds(ts) <= endOf(slice));
      if ('sf'.includes(ph) && !inside) faults.push(`an arrow outside of slices: ${JSON.stringify(pair)}`);
    }
  }
  return faults;
}

/** Returns the tracks by name, each with its slices as `name ts+dur`. */
function tracksOf({ traceEvents }: ChromeTrace): Record<string, string[]> {
  const names = traceEvents.filter(({ name }) => name === 'thread_name');
  return Object.fromEntries(
    names.map(({ tid, args }) => [
      String(args?.['name']),
      traceEvents
        .filter((event) => event.ph === 'X' && event.tid === tid)
        .map(({ name, ts, dur }) => `${name} ${ts}+${dur}`),
    ]),
  );
}

let virtual: VirtualLoop;
let recorder: Recorder;
let loop: EventLoop;
beforeEach(() => {
  virtual = virtualLoop({ startMs: 5000 });
  loop = virtual.loop;
  recorder = new Recorder();
  loop.addInstrument(recorder);
});
afterEach(() => {
  collectErrors(loop); // these tests leave tasks pending, which the loop would report
  virtual[Symbol.dispose]();
});

describe('a Chrome trace', () => {
  it('has a track for select, one for callbacks, and one for each task, with times in microseconds', () => {
    loop.createTask(
      function* work() {
        virtual.clock.advance(0.25);
        yield* sleep(10);
        virtual.clock.advance(0.5);
      },
      { name: 'w' },
    );
    loop.callSoon(function tick() {
      virtual.clock.advance(1);
    });
    loop.runOnce();
    loop.runOnce();
    const trace = recorder.toChromeTrace();
    expect(faultsOf(trace)).toEqual([]);
    expect(tracksOf(trace)).toEqual({
      select: ['select 0+0', 'select 1250+9000'],
      callbacks: ["task 'w' 0+250", 'tick() 250+1000', 'sleep 10250+500'],
      'task w work()': ['ready to begin 0+0', 'begins 0+250', 'waits for sleep 250+10000', 'resumes 10250+500'],
    });
    expect(trace.traceEvents[0]).toEqual({
      ...{ ph: 'M', name: 'process_name', cat: '__metadata', pid: 1, tid: 0, ts: 0 },
      args: { name: 'selectloop' },
    });
  });

  it('shows timers from the time they are set until they fire, are cancelled, or the recording ends', () => {
    loop.callLater(5, function first() {});
    const second = loop.callLater(50, function second() {});
    loop.callLater(500, function third() {});
    loop.runOnce();
    second.cancel();
    const { traceEvents } = recorder.toChromeTrace();
    const timers = traceEvents
      .filter(({ cat }) => cat === 'timer')
      .map(({ ph, name, ts, args }) => [ph, name, ts, args]);
    expect(timers).toEqual([
      ['b', 'timer first()', 0, { dueMs: 5 }],
      ['b', 'timer second()', 0, { dueMs: 50 }],
      ['b', 'timer third()', 0, { dueMs: 500 }],
      ['e', 'timer first()', 5000, { how: 'fired' }],
      ['e', 'timer second()', 5000, { how: 'cancelled' }],
      ['e', 'timer third()', 5000, { how: 'still scheduled' }],
    ]);
    expect(faultsOf(recorder.toChromeTrace())).toEqual([]);
  });

  it('draws arrows from a select to the handles it made ready, and from the creation of a task to its first step', () => {
    virtual.selector.setReady(7, 1);
    loop.addReader(7, function onReadable() {
      loop.removeReader(7);
      loop.createTask(() => sleep(1), { name: 'child' });
    });
    loop.runOnce();
    loop.runOnce();
    const trace = recorder.toChromeTrace();
    const arrows = trace.traceEvents.filter(({ cat }) => cat === 'flow').map(({ ph, name, tid }) => [ph, name, tid]);
    expect(arrows.toSorted()).toEqual([
      ['f', 'created', 11],
      ['f', 'ready', 2],
      ['s', 'created', 2],
      ['s', 'ready', 1],
    ]);
    expect(faultsOf(trace)).toEqual([]);
  });

  it('has no dangling arrow for a task that is created but never runs', () => {
    loop.callSoon(() => loop.createTask(() => sleep(1)));
    loop.runOnce();
    const trace = recorder.toChromeTrace();
    expect(faultsOf(trace)).toEqual([]);
    expect(trace.traceEvents.filter(({ cat }) => cat === 'flow')).toEqual([]);
  });

  it('is valid when its first iterations, or most events of an iteration, were dropped', () => {
    const small = new Recorder({ maxIterations: 3, maxEventsPerIteration: 7 });
    loop.addInstrument(small);
    for (let i = 0; i < 20; i += 1) {
      loop.callLater(i, () => loop.callLater(3, () => {}));
      loop.createTask(function* () {
        yield* sleep(2);
        yield;
      });
      loop.runOnce();
      expect(faultsOf(small.toChromeTrace())).toEqual([]);
    }
  });

  it('is empty when nothing was recorded', () => {
    const { traceEvents } = new Recorder().toChromeTrace();
    expect(traceEvents.every(({ ph }) => ph === 'M')).toBe(true);
  });
});

describe.each(everyLoop)('a Chrome trace of a program ($name)', ({ selector, hosted }) => {
  it('is valid', async () => {
    function* main(): Steps<void> {
      const [left, right] = socketpair();
      left.setBlocking(false);
      right.setBlocking(false);
      const reading = createTask(function* read() {
        yield* sockRecv(left, 10);
      });
      const naps = [1, 2, 3].map((ms) => createTask(() => sleep(ms)));
      getRunningLoop().callLater(1, () => right.send(Buffer.from('x')));
      createTask(() => sleep(1e6));
      yield* gather([...naps, reading]);
      left.close();
      right.close();
    }
    const { trace } = hosted ? await traceRun(main, { selector }) : traceRunSync(main, { selector });
    expect(faultsOf(trace.toChromeTrace())).toEqual([]);
  });
});

/** More than the arguments that a call may have, such as those of `push(...events)`: about 120,000 in Node. */
const MANY = 130_000;

it('a Chrome trace of an iteration with 130,000 handles can be written', () => {
  const recorder = new Recorder({ maxEventsPerIteration: 1_000_000 });
  const main = function* (): Steps<void> {
    const loop = getRunningLoop();
    loop.addInstrument(recorder);
    for (let i = 0; i < MANY; i += 1) loop.callSoon(() => undefined);
    yield* sleep(0);
  };
  runSync(main);
  expect(recorder.toChromeTrace().traceEvents.length).toBeGreaterThan(MANY);
  expect(recorder.toText({ times: false })).toContain('callback anonymous()');
});

describe.each(hostedLoops)('a Chrome trace of async functions ($name)', ({ selector }) => {
  it('is valid when a task waits for several things concurrently', async () => {
    const main = async (): Promise<void> => {
      const work = async (ms: number): Promise<void> => {
        await Promise.all([sleep(ms), sleep(2 * ms), new Promise((resolve) => setTimeout(resolve, 2))]);
      };
      await Promise.all([1, 2, 3].map((ms) => createTask(() => work(ms))));
    };
    const { trace } = await traceRun(main, { selector });
    expect(faultsOf(trace.toChromeTrace())).toEqual([]);
  });
});
