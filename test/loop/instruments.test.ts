/** Instruments and statistics: what an observer can see of the loop. */

import { type Steps, type Task, createTask, getRunningLoop, run, sleep } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { collectErrors, openLoop, recordingInstrument, runUntilQuiet } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
beforeEach(() => {
  virtual = virtualLoop();
});
afterEach(() => virtual[Symbol.dispose]());

function* nap(): Steps<void> {
  yield* sleep(10);
}

const nameOf = (task: unknown): string => (task as Task).getName();

describe('an instrument', () => {
  it('is called at every step of an iteration, in order', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument(recordingInstrument(log));
    loop.callSoon(function tick() {});
    loop.callLater(5, function tock() {});
    loop.runOnce();
    loop.runOnce();
    expect(log).toEqual([
      'attached',
      'enqueued(<Handle tick()>)',
      'timerScheduled(<TimedHandle tock() when=5.000>)',
      'iterationStart(1)',
      'beforeSelect(0)',
      'afterSelect(0)',
      'handlesReady(1)',
      'handleStart(<Handle tick()>)',
      'handleEnd(<Handle tick()>)',
      'iterationEnd(1)',
      'iterationStart(2)',
      'beforeSelect(5)',
      'afterSelect(0)',
      'timerFired(<TimedHandle tock() when=5.000>)',
      'handlesReady(1)',
      'handleStart(<TimedHandle tock() when=5.000>)',
      'handleEnd(<TimedHandle tock() when=5.000>)',
      'iterationEnd(2)',
    ]);
  });

  it('is called for each stage of a task', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument(recordingInstrument(log));
    loop.createTask(nap, { name: 'n' });
    loop.runOnce();
    loop.runOnce();
    const hooks = log.map((entry) => entry.replace(/\(.*/s, ''));
    expect(hooks).toEqual([
      ...['attached', 'taskCreated', 'enqueued'],
      ...[
        'iterationStart',
        'beforeSelect',
        'afterSelect',
        'handlesReady',
        'handleStart',
        'taskStep',
        'timerScheduled',
        'taskWaits',
      ],
      ...['handleEnd', 'iterationEnd'],
      ...[
        'iterationStart',
        'beforeSelect',
        'afterSelect',
        'timerFired',
        'handlesReady',
        'handleStart',
        'taskStep',
        'taskDone',
      ],
      ...['handleEnd', 'iterationEnd'],
    ]);
    const ofTask = log.filter((entry) => /^task(Created|Step)/.test(entry));
    expect(ofTask.every((entry) => entry.includes("name='n'"))).toBe(true);
  });

  it('is notified of what a task waits for, when it only yields, and how it ends', () => {
    const { loop } = virtual;
    collectErrors(loop);
    const log: string[] = [];
    loop.addInstrument({
      taskWaits: (_, future) => log.push(`waits ${future === null ? 'for nothing' : String(future)}`),
      taskDone: (_, outcome, error) => log.push(`${outcome} ${String(error)}`),
    });
    const future = loop.createFuture<void>();
    loop.createTask(function* () {
      yield;
      yield* future;
    });
    runUntilQuiet(loop);
    future.setResult();
    runUntilQuiet(loop);
    loop.createTask(function* () {
      throw new Error('boom');
    });
    loop.createTask(nap).cancel('no more');
    runUntilQuiet(loop);
    expect(log).toEqual([
      'waits for nothing',
      'waits <Future pending>',
      'returned undefined',
      'failed Error: boom',
      'cancelled CancelledError: no more',
    ]);
  });

  it('is notified of every first wait of a task in an async function', async () => {
    const waits: string[] = [];
    await run(async () => {
      getRunningLoop().addInstrument({ taskWaits: (task, future) => waits.push(`${nameOf(task)}: ${String(future)}`) });
      const future = getRunningLoop().createFuture<void>();
      const child = createTask(
        async () => {
          await future;
        },
        { name: 'child' },
      );
      await sleep(0);
      future.setResult();
      await child;
    });
    expect(waits).toEqual([
      expect.stringMatching(/^Task-\d+: null$/),
      'child: <Future pending>',
      expect.stringMatching(/^Task-\d+: <Task pending name='child'/),
    ]);
  });

  it('is notified which descriptor is ready, its callbacks, its owner and its purpose', () => {
    const { loop, selector } = virtual;
    const seen: unknown[] = [];
    loop.addInstrument({
      descriptorReady: ({ fd, reader, writer, owner, purpose }, events) =>
        seen.push([fd, events, reader && String(reader), writer && String(writer), owner, purpose]),
    });
    selector.setReady(7, 3);
    loop.addReader(7, function onReadable() {});
    loop.runOnce();
    selector.setReady(7, 0);
    selector.setReady(loop.wakeupFd(), 1);
    loop.runOnce();
    expect(seen).toEqual([
      [7, 1, '<Handle onReadable()>', null, null, null],
      [loop.wakeupFd(), 1, null, null, null, 'wake-up'],
    ]);
  });

  it('is notified of timers that fire or are cancelled, but not of those cancelled after they ran', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument({
      timerFired: (timer, whenMs) => log.push(`fired ${String(timer)} ${whenMs}`),
      timerCancelled: (timer) => log.push(`cancelled ${String(timer)}`),
    });
    const first = loop.callLater(5, function tick() {});
    const second = loop.callLater(9, function tock() {});
    loop.runOnce();
    second.cancel();
    second.cancel();
    first.cancel();
    const nap = loop.createTask(() => sleep(50));
    loop.runOnce();
    nap.cancel();
    loop.runOnce();
    expect(log).toEqual([
      'fired <TimedHandle tick() when=5.000> 5',
      'cancelled <TimedHandle cancelled when=9.000>',
      'cancelled <Sleep cancelled>',
    ]);
  });

  it('is notified of each attachment and detachment, and may refuse', () => {
    const { loop } = virtual;
    const log: string[] = [];
    const instrument = {
      attached: (to: unknown) => {
        if (log.length > 2) throw new RangeError('no more');
        log.push(`attached ${to === loop}`);
      },
      detached: (from: unknown) => log.push(`detached ${from === loop}`),
    };
    const first = loop.addInstrument(instrument);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    loop.addInstrument(instrument);
    expect(() => loop.addInstrument(instrument)).toThrow('no more');
    expect(log).toEqual(['attached true', 'detached true', 'attached true']);
  });

  it('is notified how many descriptors are ready, and of a wait without a timeout', () => {
    const { loop, selector } = virtual;
    const log: string[] = [];
    loop.addInstrument({
      beforeSelect: (timeoutMs) => log.push(`before ${timeoutMs}`),
      afterSelect: (events) => log.push(`after ${events}`),
    });
    for (const fd of [7, 8]) {
      selector.setReady(fd, 1);
      loop.addReader(fd, () => {});
    }
    loop.runOnce();
    expect(log).toEqual(['before null', 'after 2']);
  });

  it('is notified of the end of a handle that failed, but not of one that is cancelled', () => {
    const { loop } = virtual;
    collectErrors(loop);
    const log: string[] = [];
    loop.addInstrument({ handleStart: () => log.push('start'), handleEnd: () => log.push('end') });
    loop.addInstrument({ handleFailed: (handle, error) => log.push(`${String(handle)}: ${String(error)}`) });
    loop.callSoon(function bad() {
      throw new Error('boom');
    });
    loop.callSoon(() => {}).cancel();
    loop.runOnce();
    expect(log).toEqual(['start', '<Handle bad()>: Error: boom', 'end']);
  });

  it('is called with its own `this`', () => {
    const { loop } = virtual;
    class Counter {
      iterations = 0;
      iterationStart(): void {
        this.iterations += 1;
      }
    }
    const [alone, second] = [new Counter(), new Counter()];
    loop.addInstrument(alone);
    loop.runOnce(0);
    loop.addInstrument(second);
    loop.runOnce(0);
    expect([alone.iterations, second.iterations]).toEqual([2, 1]);
  });

  it('is called in the order of addition among several', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument(recordingInstrument(log, 'a.'));
    loop.addInstrument({ handleStart: () => log.push('b.handleStart') });
    loop.addInstrument(recordingInstrument(log, 'c.'));
    loop.callSoon(function tick() {});
    loop.runOnce();
    expect(log).toEqual([
      ...[
        'a.attached',
        'c.attached',
        'a.enqueued(<Handle tick()>)',
        'c.enqueued(<Handle tick()>)',
        'a.iterationStart(1)',
        'c.iterationStart(1)',
        'a.beforeSelect(0)',
        'c.beforeSelect(0)',
      ],
      ...['a.afterSelect(0)', 'c.afterSelect(0)'],
      ...['a.handlesReady(1)', 'c.handlesReady(1)'],
      ...['a.handleStart(<Handle tick()>)', 'b.handleStart', 'c.handleStart(<Handle tick()>)'],
      ...['a.handleEnd(<Handle tick()>)', 'c.handleEnd(<Handle tick()>)'],
      ...['a.iterationEnd(1)', 'c.iterationEnd(1)'],
    ]);
  });

  it('is removed by disposing of what addInstrument returned; a second disposal has no effect', () => {
    const { loop } = virtual;
    const log: string[] = [];
    const instrument = { iterationStart: () => log.push('called') };
    const first = loop.addInstrument(instrument);
    const second = loop.addInstrument(instrument);
    loop.runOnce(0);
    expect(log).toHaveLength(2);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    loop.runOnce(0);
    expect(log).toHaveLength(3);
    second[Symbol.dispose]();
    loop.runOnce(0);
    expect(log).toHaveLength(3);
  });

  it('costs a comparison with null when there is none', () => {
    using loop = openLoop();
    expect(loop._instrument).toBeNull();
    const added = loop.addInstrument({});
    expect(loop._instrument).not.toBeNull();
    added[Symbol.dispose]();
    expect(loop._instrument).toBeNull();
    loop.setDebug(true);
    loop.setDebug(false);
    expect(loop._instrument).toBeNull();
  });

  it('may be removed while it is called', () => {
    const { loop } = virtual;
    let calls = 0;
    const added = loop.addInstrument({
      handleStart: () => {
        calls += 1;
        added[Symbol.dispose]();
      },
    });
    loop.callSoon(() => {});
    loop.callSoon(() => {});
    loop.runOnce();
    expect(calls).toBe(1);
  });
});

describe('statistics of a loop', () => {
  it('count what is scheduled', () => {
    const { loop } = virtual;
    expect(loop.statistics()).toEqual({
      iterations: 0,
      ready: 0,
      scheduled: 0,
      readers: 0,
      writers: 0,
      tasks: 0,
      selectTimeMs: 0,
      runTimeMs: 0,
      nextDeadlineMs: null,
    });
    loop.callSoon(() => {});
    loop.callLater(30, () => {});
    loop.callLater(20, () => {});
    loop.addReader(7, () => {});
    loop.addWriter(7, () => {});
    loop.addWriter(8, () => {});
    loop.createTask(nap);
    expect(loop.statistics()).toMatchObject({
      ready: 2,
      scheduled: 2,
      readers: 1,
      writers: 2,
      tasks: 1,
      nextDeadlineMs: 20,
    });
  });

  it('contain the time spent in select and in callbacks', () => {
    const { loop, clock } = virtual;
    loop.callLater(40, () => clock.advance(3));
    loop.callLater(50, () => clock.advance(4));
    loop.runOnce();
    loop.runOnce();
    expect(loop.statistics()).toMatchObject({ iterations: 2, selectTimeMs: 40 + 7, runTimeMs: 7 });
  });

  it('do not count a task that is done', () => {
    const { loop } = virtual;
    loop.createTask(nap);
    const failed = loop.createTask(function* () {
      throw new Error('boom');
    });
    expect(loop.statistics().tasks).toBe(2);
    loop.runOnce();
    expect(loop.statistics().tasks).toBe(1);
    loop.runOnce();
    expect(loop.statistics().tasks).toBe(0);
    failed.exception();
  });
});
