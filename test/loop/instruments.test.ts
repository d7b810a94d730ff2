/** Instruments and statistics: what an observer sees of the loop. */

import { sleep, type Steps } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { collectErrors, openLoop, recordingInstrument } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
beforeEach(() => {
  virtual = virtualLoop();
});
afterEach(() => virtual[Symbol.dispose]());

function* nap(): Steps<void> {
  yield* sleep(10);
}

describe('an instrument', () => {
  it('sees every step of an iteration, in order', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument(recordingInstrument(log));
    loop.callSoon(function tick() {});
    loop.callLater(5, function tock() {});
    loop.runOnce();
    loop.runOnce();
    expect(log).toEqual([
      'timerScheduled(<TimedHandle tock() when=5.000>)',
      'iterationStart(1)',
      'beforeSelect(0)',
      'afterSelect(0)',
      'handleStart(<Handle tick()>)',
      'handleEnd(<Handle tick()>)',
      'iterationStart(2)',
      'beforeSelect(5)',
      'afterSelect(0)',
      'handleStart(<TimedHandle tock() when=5.000>)',
      'handleEnd(<TimedHandle tock() when=5.000>)',
    ]);
  });

  it('sees the life of a task', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument(recordingInstrument(log));
    loop.createTask(nap, { name: 'n' });
    loop.runOnce();
    loop.runOnce();
    const hooks = log.map((entry) => entry.replace(/\(.*/s, ''));
    expect(hooks).toEqual([
      'taskCreated',
      ...['iterationStart', 'beforeSelect', 'afterSelect', 'handleStart', 'taskStep', 'timerScheduled', 'handleEnd'],
      ...['iterationStart', 'beforeSelect', 'afterSelect', 'handleStart', 'taskStep', 'taskDone', 'handleEnd'],
    ]);
    expect(log.filter((entry) => entry.startsWith('task')).every((entry) => entry.includes("name='n'"))).toBe(true);
  });

  it('is told how many descriptors were ready, and of a wait without end', () => {
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

  it('is told the end of a handle that failed, but not of one that is cancelled', () => {
    const { loop } = virtual;
    collectErrors(loop);
    const log: string[] = [];
    loop.addInstrument({ handleStart: () => log.push('start'), handleEnd: () => log.push('end') });
    loop.callSoon(() => {
      throw new Error('boom');
    });
    loop.callSoon(() => {}).cancel();
    loop.runOnce();
    expect(log).toEqual(['start', 'end']);
  });

  it('keeps its this', () => {
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

  it('is one of several: each is called, in the order in which they were added', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument(recordingInstrument(log, 'a.'));
    loop.addInstrument({ handleStart: () => log.push('b.handleStart') });
    loop.addInstrument(recordingInstrument(log, 'c.'));
    loop.callSoon(function tick() {});
    loop.runOnce();
    expect(log).toEqual([
      ...['a.iterationStart(1)', 'c.iterationStart(1)', 'a.beforeSelect(0)', 'c.beforeSelect(0)'],
      ...['a.afterSelect(0)', 'c.afterSelect(0)'],
      ...['a.handleStart(<Handle tick()>)', 'b.handleStart', 'c.handleStart(<Handle tick()>)'],
      ...['a.handleEnd(<Handle tick()>)', 'c.handleEnd(<Handle tick()>)'],
    ]);
  });

  it('is removed by disposing of what addInstrument returned; once is enough', () => {
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

describe('statistics', () => {
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

  it('tell where the time went', () => {
    const { loop, clock } = virtual;
    loop.callLater(40, () => clock.advance(3));
    loop.callLater(50, () => clock.advance(4));
    loop.runOnce();
    loop.runOnce();
    expect(loop.statistics()).toMatchObject({ iterations: 2, selectTimeMs: 40 + 7, runTimeMs: 7 });
  });

  it('forget a task that is done', () => {
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
