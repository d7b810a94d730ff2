/** Instruments that follow what the loop holds: its ready queue, its timer heap, its registrations. */

import { type Task, type TimedHandle, getRunningLoop, run, sleep, waitReadable } from 'selectloop';
import { MemorySelector } from 'selectloop/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Runnable } from '../../lib/loop/runnable.js';
import { openLoop, recordingInstrument } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
beforeEach(() => {
  virtual = virtualLoop();
});
afterEach(() => virtual[Symbol.dispose]());

const nameOf = (task: unknown): string => (task as Task).getName();

describe('an instrument', () => {
  it('is notified when a handle joins the ready queue, and when a cancelled one is skipped', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument({
      enqueued: (handle) => log.push(`enqueued ${String(handle)}`),
      handleSkipped: (handle) => log.push(`skipped ${String(handle)}`),
    });
    const cancelled = loop.callSoon(function never() {});
    loop.callSoon(function tick() {
      loop.callSoon(function next() {});
    });
    cancelled.cancel();
    loop.runOnce();
    expect(log).toEqual([
      'enqueued <Handle never()>',
      'enqueued <Handle tick()>',
      'skipped <Handle cancelled>',
      'enqueued <Handle next()>',
    ]);
  });

  it('is notified when cancelled timers leave the heap, one by one or all together', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument({
      timerDropped: (timer) => log.push(`dropped at ${(timer as Runnable & Pick<TimedHandle, 'when'>).when()}`),
      timersCompacted: (kept) => log.push(`kept ${kept}`),
    });
    loop.callLater(5, () => {}).cancel();
    loop.runOnce(0);
    const timers = Array.from({ length: 101 }, (_, i) => loop.callLater(10 + i, () => {}));
    for (const timer of timers.slice(0, 51)) timer.cancel();
    loop.callLater(1, () => {}).cancel();
    loop.statistics();
    expect(log).toEqual(['dropped at 5', 'kept 50', 'dropped at 1']);
  });

  it('is notified of registrations, of their readers and writers, and when they end', () => {
    const { loop, selector } = virtual;
    const log: string[] = [];
    const { descriptorChanged } = recordingInstrument(log);
    loop.addInstrument({ descriptorChanged });
    loop.addReader(7, function onReadable() {});
    loop.addWriter(7, function onWritable() {});
    loop.removeWriter(7);
    loop.removeReader(7);
    selector.setReady(8, 1);
    loop.createTask(() => waitReadable(8));
    loop.runOnce();
    loop.runOnce();
    expect(log).toEqual([
      'descriptorChanged(7, 1, <Handle onReadable()>, null)',
      'descriptorChanged(7, 3, <Handle onReadable()>, <Handle onWritable()>)',
      'descriptorChanged(7, 1, <Handle onReadable()>, null)',
      'descriptorChanged(7, 0, null, null)',
      'descriptorChanged(8, 1, <Readiness pending reader of fd 8>, null)',
      'descriptorChanged(8, 1, null, null)',
      'descriptorChanged(8, 0, null, null)',
    ]);
  });

  it('is notified when a hosted loop returns control to Node, where promises run, and when control is back', async () => {
    const log: string[] = [];
    await run(async () => {
      await sleep(0);
      const { iterationStart, iterationEnd, outsideStart, outsideEnd, handleStart } = recordingInstrument(log);
      const instrument = { iterationStart, iterationEnd, outsideStart, outsideEnd, handleStart };
      const attached = getRunningLoop().addInstrument(instrument);
      await sleep(0);
      log.push('the program');
      attached[Symbol.dispose]();
    });
    expect(log.map((entry) => entry.replace(/\(.*/s, '')).slice(-6)).toEqual([
      ...['outsideEnd', 'iterationStart', 'handleStart', 'iterationEnd', 'outsideStart'],
      'the program',
    ]);
  });

  it('is notified when a task is renamed', () => {
    const { loop } = virtual;
    const log: string[] = [];
    loop.addInstrument({
      taskCreated: (task) => log.push(`created ${nameOf(task)}`),
      taskRenamed: (task) => log.push(`renamed ${nameOf(task)}`),
    });
    const task = loop.createTask(() => sleep(1), { name: 'first' });
    task.setName('second');
    task.cancel();
    loop.runOnce();
    expect(log).toEqual(['created first', 'renamed second']);
  });

  it('leaves the polls of a busy loop as they are, and is called for those that it makes', () => {
    const selector = new MemorySelector();
    const polls = vi.spyOn(selector, '_poll');
    using loop = openLoop({ selector });
    const thirtyIterations = (): number => {
      polls.mockClear();
      let left = 30;
      loop.callSoon(function again() {
        if ((left -= 1) > 0) loop.callSoon(again);
        else loop.stop();
      });
      loop.runForever();
      return polls.mock.calls.length;
    };
    expect(thirtyIterations()).toBeLessThan(5);
    const log: string[] = [];
    using _ = loop.addInstrument(recordingInstrument(log));
    const observed = thirtyIterations() + thirtyIterations();
    expect(observed).toBeLessThan(5);
    const heard = (name: string): number => log.filter((entry) => entry.startsWith(name)).length;
    expect(heard('iterationStart')).toBe(60);
    expect(heard('beforeSelect')).toBeGreaterThan(0);
    expect(heard('beforeSelect')).toBe(heard('afterSelect'));

    const [first, second] = [loop._pollInEveryIteration(), loop._pollInEveryIteration()];
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(thirtyIterations()).toBe(30);
    second[Symbol.dispose]();
    expect(thirtyIterations()).toBeLessThan(5);
  });
});
