/** Tests trace format 2 as a recorder returns it: names, keyframes, and what is kept of a long recording. */

import { type EventLoop, createTask, run, sleep } from 'selectloop';
import { type EventTrace, Recorder, traceRun } from 'selectloop/trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Code } from '../../lib/trace/events.js';
import { type State, TraceCursor, dataOf, stateAt } from '../../lib/trace/replay.js';
import { collectErrors } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
let loop: EventLoop;
beforeEach(() => {
  virtual = virtualLoop({ startMs: 70 });
  loop = virtual.loop;
});
afterEach(() => {
  collectErrors(loop); // these tests leave tasks pending, which the loop would report
  virtual[Symbol.dispose]();
});

function turn(n: number): void {
  for (let i = 0; i < n; i += 1) {
    loop.callSoon(function tick() {});
    loop.runOnce();
  }
}

/** What a state and the loop both know, without ids. */
function summary(state: State): unknown {
  const { iteration, ready, heap, descriptors, tasks } = state;
  return {
    iteration,
    ready: ready.length,
    heap: [...heap].map(({ when }) => when),
    fds: [...descriptors.keys()].sort((a, b) => a - b),
    tasks: tasks.size,
  };
}

function truth(): unknown {
  const { ready, heap, descriptors, tasks } = loop._state();
  return {
    iteration: loop.statistics().iterations,
    ready: [...ready].length,
    heap: Array.from(heap, (timer) => timer._when),
    fds: Array.from(descriptors, ({ fd }) => fd),
    tasks: [...tasks].length,
  };
}

const finalState = (trace: EventTrace): State => stateAt(trace, trace.events.length);

describe('a trace of format 2', () => {
  it('says what the loop did, and names everything once', () => {
    const recorder = new Recorder();
    loop.addInstrument(recorder);
    loop.createTask(
      function* main() {
        createTask(() => sleep(5), { name: 'child' });
        yield* sleep(10);
      },
      { name: 'm' },
    );
    loop.runOnce();
    const { names, events, keyframes, beganMs, lost, program } = recorder.toTrace();
    expect({ beganMs, lost, keyframes: keyframes.length }).toEqual({ beganMs: 70, lost: null, keyframes: 1 });
    expect(program).toMatchObject({ pid: process.pid, mode: 'blocking', selector: 'jumping', debug: false });
    expect(names).toEqual({
      1: { kind: 'descriptor', name: 'wake-up', internal: true },
      2: { kind: 'task', name: 'm', function: 'main()' },
      3: { kind: 'task', name: 'child', function: 'anonymous()', parent: 2 },
      4: { kind: 'wait', name: 'sleep' },
    });
    expect(events).toEqual([
      [Code.attached, 0, 0],
      [Code.taskCreated, 0, 2],
      [Code.enqueued, 0, 2, 0],
      [Code.iterationStart, 0, 1],
      [Code.selectStart, 0, 0, 1],
      [Code.selectEnd, 0, 0],
      [Code.collected, 0],
      [Code.handleStart, 0, 2],
      [Code.taskStep, 0, 2, 0],
      [Code.taskCreated, 0, 3],
      [Code.enqueued, 0, 3, 2],
      [Code.timerScheduled, 0, 4, 80, 1],
      [Code.taskWaits, 0, 2, 4],
      [Code.handleEnd, 0, 2],
      [Code.iterationEnd, 0],
    ]);
  });

  it('is the same for two runs of a program in virtual time', () => {
    const traced = (): EventTrace => {
      using other = virtualLoop();
      const recorder = new Recorder();
      other.loop.addInstrument(recorder);
      other.loop.runUntilComplete(other.loop.createTask(() => sleep(5), { name: 'n' }));
      return { ...recorder.toTrace(), beganMs: 0 };
    };
    expect(traced()).toEqual(traced());
  });

  it('has the state at any of its events, forwards and backwards', async () => {
    const { trace } = await traceRun(async () => {
      for (let i = 0; i < 5; i += 1) createTask(async () => await sleep(i), { name: `n${i}` });
      await sleep(6);
    });
    const data = JSON.parse(JSON.stringify(trace.toTrace())) as EventTrace;
    const cursor = new TraceCursor(data);
    const forwards = [dataOf(cursor.state)];
    while (cursor.next() !== null) forwards.push(dataOf(cursor.state));
    expect(forwards).toHaveLength(data.events.length + 1);
    for (let i = data.events.length; i >= 0; i -= 7) expect(dataOf(cursor.seek(i))).toEqual(forwards[i]);
    expect(cursor.seek(-3)).toBe(cursor.seek(0));
    expect(cursor.seek(1e9).atMs).toBe(forwards.at(-1)?.atMs);
  });

  it('includes timers, tasks, readers and handles that existed before the recording', () => {
    loop.callLater(30, () => undefined);
    loop.addReader(7, () => undefined);
    loop.createTask(() => sleep(20), { name: 'old' });
    loop.runOnce();
    loop.callSoon(() => undefined);
    const recorder = new Recorder();
    loop.addInstrument(recorder);
    expect(summary(stateAt(recorder.toTrace(), 0))).toEqual(truth());
    turn(2);
    loop.runOnce();
    expect(summary(finalState(recorder.toTrace()))).toEqual(truth());
    expect(recorder.toText()).toContain("task 'old' anonymous() resumes after: sleep");
  });

  it('continues with a keyframe after a time in which it was not recorded', () => {
    const recorder = new Recorder();
    const attached = loop.addInstrument(recorder);
    turn(2);
    attached[Symbol.dispose]();
    loop.callLater(30, () => undefined);
    turn(3);
    loop.addInstrument(recorder);
    turn(1);
    const trace = recorder.toTrace();
    expect(trace.keyframes.map(({ at }) => at)).toEqual([0, expect.any(Number)]);
    expect(summary(finalState(trace))).toEqual(truth());
    const cursor = new TraceCursor(trace);
    while (cursor.next() !== null);
    expect(summary(cursor.state)).toEqual(truth());
  });
});

describe('a long recording', () => {
  it('has a keyframe after every 10,000 events, and drops its oldest part and says so', () => {
    const recorder = new Recorder({ maxEvents: 20_000 });
    loop.addInstrument(recorder);
    loop.callLater(1e6, () => undefined);
    turn(10_000);
    const trace = recorder.toTrace();
    expect(trace.events.length).toBeGreaterThanOrEqual(20_000);
    expect(trace.events.length).toBeLessThan(40_000);
    expect(trace.lost?.events).toBe(recorder._eventCount - trace.events.length);
    const gaps = trace.keyframes.slice(1).map(({ at }, i) => at - (trace.keyframes[i]?.at ?? 0));
    expect(gaps.every((gap) => gap >= 10_000 && gap < 10_010)).toBe(true);
    for (const { at } of trace.keyframes) {
      const { ready, heap, descriptors, tasks, iteration } = dataOf(stateAt(trace, at));
      expect({ ready, heap, descriptors, tasks, iteration }).toEqual({
        ...{ ready: [expect.any(Number)], heap: [expect.objectContaining({ sequence: 1 })] },
        ...{
          descriptors: [expect.objectContaining({ events: 1 })],
          tasks: [],
          iteration: expect.any(Number) as number,
        },
      });
    }
    const ran = trace.events.filter(([code]) => code === Code.handleStart);
    expect(ran.every(([, , id]) => trace.names[id as number]?.name === 'tick()')).toBe(true);
    const { iterations, droppedIterations } = recorder.toJSON();
    expect(droppedIterations + iterations.length).toBe(10_001); // with the one before the first
    expect(recorder.droppedIterations).toBe(droppedIterations);
  });

  it('keeps no more than it was told of an iteration that does not end, and continues with the next', () => {
    const recorder = new Recorder({ maxEvents: 1000 });
    loop.addInstrument(recorder);
    loop.callSoon(() => {
      for (let i = 0; i < 50_000; i += 1) loop.callSoon(() => undefined);
    });
    loop.runOnce();
    loop.runOnce();
    turn(2);
    const trace = recorder.toTrace();
    expect(trace.events.length).toBeLessThan(10_000);
    const gap = trace.events.find(([code]) => code === Code.gap);
    expect(trace.lost?.events).toBeGreaterThan(100_000);
    expect(gap === undefined || (gap[2] as number) > 40_000).toBe(true);
    expect(summary(finalState(trace))).toEqual(truth());
    expect(recorder.toJSON().iterations.at(-1)).toMatchObject({ number: 4, leftOut: 0 });
  });

  it('names what it sees again after the part that named it was dropped', async () => {
    const recorder = new Recorder({ maxEvents: 10_000 });
    await run(async () => {
      const { getRunningLoop } = await import('selectloop');
      getRunningLoop().addInstrument(recorder);
      const tick = createTask(
        async () => {
          for (let i = 0; i < 5000; i += 1) await sleep(0);
        },
        { name: 'before' },
      );
      await sleep(0);
      tick.setName('after');
      await tick;
    });
    const trace = recorder.toTrace();
    expect(trace.lost).not.toBeNull();
    const steps = trace.events.filter(([code]) => code === Code.taskStep);
    expect(steps.every(([, , id]) => trace.names[id as number]?.kind === 'task')).toBe(true);
    expect(Object.values(trace.names).map(({ name }) => name)).toContain('after');
    expect(Object.values(trace.names).map(({ name }) => name)).not.toContain('before');
  });
});
