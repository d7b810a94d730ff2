/** Tests the recorder: what it keeps, when it records, and which misuse it rejects. */

import { type EventLoop, type Steps, createTask, getRunningLoop, run, sleep } from 'selectloop';
import { Recorder, type RecorderOptions, type TraceData, traceRun, traceRunSync } from 'selectloop/trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { collectErrors, runUntilQuiet } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';
import { collectGarbage } from '../tasks/both-flavours.js';

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

/** Runs `n` iterations with one handle each. */
function turn(n: number): void {
  for (let i = 0; i < n; i += 1) {
    loop.callSoon(function tick() {});
    loop.runOnce();
  }
}

const numbersOf = (recorder: Recorder): number[] => recorder.toJSON().iterations.map(({ number }) => number);

describe('the data of a trace', () => {
  it('is plain JSON data with a version', () => {
    const recorder = new Recorder();
    loop.addInstrument(recorder);
    virtual.selector.setReady(7, 1);
    loop.addReader(7, function onReadable() {});
    loop.callLater(0, function tick() {});
    loop.createTask(
      function* work() {
        yield* sleep(10);
      },
      { name: 'w' },
    );
    loop.runOnce();
    const written: unknown = JSON.parse(JSON.stringify(recorder));
    expect(written).toEqual(recorder.toJSON());
    const task = { id: 1, name: 'w', coroutine: 'work()' };
    const tick = { id: 1, name: 'tick()', dueMs: 0 };
    const at0 = { startMs: 0, endMs: 0 };
    const none = { error: null, events: [] };
    expect(written).toEqual({
      format: 'selectloop-trace',
      version: 1,
      beganMs: 70,
      droppedIterations: 0,
      iterations: [
        {
          ...{ number: 0, ...at0, select: null, skippedWith: null, timersFired: [], leftOut: 0, timersLeft: 1 },
          handles: [
            {
              ...{ kind: 'outside', name: 'outside', ...at0, error: null },
              events: [
                { type: 'timer-scheduled', atMs: 0, timer: tick },
                { type: 'task-created', atMs: 0, task },
              ],
            },
          ],
        },
        {
          ...{ number: 1, ...at0, skippedWith: null, timersFired: [tick], leftOut: 0, timersLeft: 1 },
          select: {
            ...{ ...at0, timeoutMs: 0, limit: 'ready' },
            ready: [{ fd: 7, readable: true, writable: false, what: null }],
          },
          handles: [
            {
              ...{ kind: 'task', name: "task 'w'", ...at0, error: null },
              events: [
                { type: 'task-runs', atMs: 0, task, begins: true, after: null, cancelled: false },
                { type: 'timer-scheduled', atMs: 0, timer: { id: 2, name: 'sleep', dueMs: 10 } },
                { type: 'task-waits', atMs: 0, task, for: 'sleep', dueMs: 10 },
              ],
            },
            { kind: 'callback', name: 'onReadable(), reader of fd 7', ...at0, ...none },
            { kind: 'timer', name: 'tick()', ...at0, ...none },
          ],
        },
      ],
    } satisfies TraceData);
  });
});

describe('a recorder', () => {
  it.each([1, 3, 10])('keeps the last %i iterations and counts those that it dropped', (maxIterations) => {
    const recorder = new Recorder({ maxIterations });
    loop.addInstrument(recorder);
    turn(25);
    const expected = Array.from({ length: maxIterations }, (_, i) => 25 - maxIterations + 1 + i);
    expect(numbersOf(recorder)).toEqual(expected);
    expect(recorder.droppedIterations).toBe(25 - maxIterations);
    expect(recorder.toText()).toMatch(new RegExp(`^\\(${25 - maxIterations} older iterations were dropped\\)\n#`));
    expect(recorder.toJSON().droppedIterations).toBe(25 - maxIterations);
    expect(recorder.toChromeTrace().otherData).toMatchObject({ droppedIterations: 25 - maxIterations });
  });

  it('keeps a limited number of events per iteration and counts the rest', () => {
    const recorder = new Recorder({ maxEventsPerIteration: 5 });
    loop.addInstrument(recorder);
    for (let i = 0; i < 8; i += 1) loop.callSoon(() => {});
    loop.callSoon(() => {
      for (let i = 0; i < 1000; i += 1) loop.callLater(1, () => {});
    });
    loop.runOnce();
    turn(1);
    const [first, second] = recorder.toJSON().iterations;
    expect(first?.handles).toHaveLength(5);
    expect(first?.leftOut).toBe(8 + 1 - 5 + 1000);
    expect(second?.leftOut).toBe(0);
    expect(recorder.toText().split('\n')[0]).toMatch(/timers left: 1000 \| left out: 1004$/);
  });

  it('can be attached and detached repeatedly during a run', () => {
    const recorder = new Recorder();
    turn(2);
    for (let i = 0; i < 2; i += 1) {
      const attached = loop.addInstrument(recorder);
      turn(1);
      attached[Symbol.dispose]();
      turn(3);
    }
    expect(numbersOf(recorder)).toEqual([3, 7]);
  });

  it('records the rest of the iteration when a task attaches and detaches it', () => {
    const recorder = new Recorder();
    turn(4);
    loop.createTask(
      function* watched() {
        const attached = loop.addInstrument(recorder);
        yield* sleep(5);
        attached[Symbol.dispose]();
        yield;
      },
      { name: 'watched' },
    );
    loop.callSoon(function next() {});
    runUntilQuiet(loop);
    loop.runOnce();
    runUntilQuiet(loop);
    expect(recorder.toText()).toBe(`\
#5 at 0.00 ms | recording began after the select | ran: callback next() | timers left: 1
    outside of handles: task 'watched' waits for: sleep until 5.00 ms
    callback next(): ran (took 0.00 ms)
#6 at 0.00 ms | select at most 5.00 ms (first timer), waited 5.00 ms | descriptors ready: none | ran: task 'watched' | timers left: 0
    task 'watched' watched() resumes after: sleep (took 0.00 ms)
`);
  });

  it('does not affect another recorder on the same loop', () => {
    const [first, second] = [new Recorder(), new Recorder({ maxIterations: 2 })];
    const attached = loop.addInstrument(first);
    loop.addInstrument(second);
    loop.createTask(() => sleep(5), { name: 'n' });
    loop.runOnce();
    loop.runOnce();
    expect(first.toText()).toContain("task 'n' anonymous() resumes after: sleep");
    expect(second.toText()).toContain("task 'n' anonymous() resumes after: sleep");
    attached[Symbol.dispose]();
    turn(2);
    expect([numbersOf(first), numbersOf(second)]).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it('throws when it is attached to a second loop or attached twice; the loop continues without it', () => {
    const recorder = new Recorder();
    const attached = loop.addInstrument(recorder);
    expect(() => loop.addInstrument(recorder)).toThrow('the recorder is already recording a loop');
    attached[Symbol.dispose]();
    using other = virtualLoop();
    expect(() => other.loop.addInstrument(recorder)).toThrow('the recorder has recorded another loop');
    other.loop.callSoon(() => {});
    other.loop.runOnce();
    expect(recorder.toText()).toBe('#0 at 0.00 ms | before the first iteration | timers left: 0\n');
  });

  it.each<[RecorderOptions, string]>([
    [{ maxIterations: 0 }, 'maxIterations: expected an integer >= 1, got 0'],
    [{ maxIterations: 1.5 }, 'maxIterations: expected an integer >= 1, got 1.5'],
    [{ maxEventsPerIteration: Infinity }, 'maxEventsPerIteration: expected an integer >= 1, got Infinity'],
    [{ maxIterations: '3' as never }, 'maxIterations: expected an integer >= 1, got "3"'],
  ])('refuses %j', (options, message) => {
    expect(() => new Recorder(options)).toThrow(message);
  });

  it('does not keep tasks, or the futures they wait for, from being garbage-collected', async () => {
    const recorder = new Recorder();
    let watched: WeakRef<object> | null = null;
    await run(function* main() {
      const attached = getRunningLoop().addInstrument(recorder);
      const task = createTask(() => sleep(1));
      watched = new WeakRef(task);
      yield* task;
      attached[Symbol.dispose]();
      yield;
    });
    await collectGarbage();
    expect((watched as WeakRef<object> | null)?.deref()).toBeUndefined();
    expect(recorder.toText()).toContain('resumes after: sleep; is done: returned');
  });

  it('does not mark an error as retrieved', () => {
    const reported: string[] = [];
    loop.setExceptionHandler((_, { message }) => reported.push(message));
    loop.addInstrument(new Recorder());
    loop.createTask(
      function* () {
        throw new Error('boom');
      },
      { name: 'failing' },
    );
    loop.runOnce();
    loop.close();
    expect(reported).toEqual(["Task 'failing' exception was never retrieved"]);
  });
});

describe('traceRun and traceRunSync', () => {
  function* answer(): Steps<number> {
    yield* sleep(1);
    return 42;
  }

  it('return the result of main, and a trace that includes the clean-up', async () => {
    function* main(): Steps<number> {
      createTask(() => sleep(1e6), { name: 'left over' });
      return yield* answer();
    }
    for (const { result, trace } of [await traceRun(main), traceRunSync(main)]) {
      expect(result).toBe(42);
      expect(trace.toText()).toMatch(/task 'left over' anonymous\(\) resumes, cancelled in: sleep; is done: cancelled/);
    }
  });

  it('throw the error of main; the given recorder has the trace', async () => {
    function* main(): Steps<never> {
      yield* sleep(1);
      throw new RangeError('boom');
    }
    const recorders = [new Recorder(), new Recorder()] as const;
    await expect(traceRun(main, { recorder: recorders[0] })).rejects.toThrow('boom');
    expect(() => traceRunSync(main, { recorder: recorders[1] })).toThrow('boom');
    for (const recorder of recorders) {
      expect(recorder.toText()).toContain('is done: failed with RangeError: boom');
      expect(recorder.toText()).toMatch(/ran: callback stop\(\)/);
    }
  });

  it('accept the options of run and of the recorder', async () => {
    const { trace } = await traceRun(answer, { selector: 'poll', debug: true, maxIterations: 2 });
    expect(trace.toJSON().iterations).toHaveLength(2);
    expect(trace.droppedIterations).toBeGreaterThan(0);
  });

  it('throw for a recorder that is in use, and close the loop they created', async () => {
    const recorder = new Recorder();
    loop.addInstrument(recorder);
    await expect(traceRun(answer, { recorder })).rejects.toThrow('the recorder is already recording a loop');
    expect(() => traceRunSync(answer, { recorder })).toThrow('the recorder is already recording a loop');
  });

  it('run an async function only on a hosted loop', async () => {
    const main = async (): Promise<string> => {
      await sleep(1);
      return 'done';
    };
    expect((await traceRun(main)).result).toBe('done');
    expect(() => traceRunSync(main)).toThrow(expect.objectContaining({ code: 'ERR_NEEDS_HOST' }) as Error);
  });
});
