/** Waking a waiting loop, on every selector. */

import { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EventLoop, EventLoop as Loop } from 'selectloop';

import { longWait, selectorNames } from '../support/loops.js';

/** Wakes a loop from a thread without the library, by writing eight bytes: a native-endian 64-bit 1. */
const wakerSource = `
  const { writeSync } = require('node:fs');
  const { workerData } = require('node:worker_threads');
  const { fd, times, shared } = workerData;
  const started = new Int32Array(shared);
  Atomics.wait(started, 0, 0); // until the loop is about to wait
  const one = new BigUint64Array([1n]);
  for (let i = 0; i < times; i += 1) writeSync(fd, one);
`;

describe.each(selectorNames)('waking a loop on %s', (selector) => {
  let loop: EventLoop;
  beforeEach(() => {
    loop = new Loop({ selector });
  });
  afterEach(() => loop.close());

  it('wakeup() before the wait ends it immediately', () => {
    longWait(loop);
    loop.wakeup();
    loop.runOnce();
    expect(loop.statistics()).toMatchObject({ iterations: 1, scheduled: 1 });
  });

  it('a hundred thousand wake-ups count as one: the next wait blocks again', () => {
    for (let i = 0; i < 100_000; i += 1) loop.wakeup();
    longWait(loop);
    loop.runOnce();
    const from = performance.now();
    loop.runOnce(5);
    expect(performance.now() - from).toBeGreaterThanOrEqual(5);
  });

  it('drains the wake-ups even while callbacks keep it busy', () => {
    let turns = 0;
    const again = (): void => {
      loop.wakeup();
      turns += 1;
      if (turns === 1000) loop.stop();
      else loop.callSoon(again);
    };
    loop.callSoon(again);
    loop.runForever();
    loop.runOnce(0); // drains the last one
    const from = performance.now();
    loop.runOnce(5);
    expect(performance.now() - from).toBeGreaterThanOrEqual(5);
  });

  it.each([1, 1000])('another thread wakes it by writing to wakeupFd, %i times', async (times) => {
    const shared = new SharedArrayBuffer(4);
    const worker = new Worker(wakerSource, { eval: true, workerData: { fd: loop.wakeupFd(), times, shared } });
    await new Promise((resolve) => worker.once('online', resolve));
    longWait(loop);
    loop.addInstrument({
      beforeSelect: () => {
        Atomics.store(new Int32Array(shared), 0, 1);
        Atomics.notify(new Int32Array(shared), 0);
      },
    });
    loop.runOnce(); // waits in the kernel: Node runs nothing in this thread meanwhile
    expect(loop.statistics().iterations).toBe(1);
    await new Promise((resolve) => worker.once('exit', resolve));
  });

  it('callbacks scheduled before a wake-up run in order, even from a callback', () => {
    const order: string[] = [];
    loop.callSoon(() => {
      loop.callSoon(() => order.push('hello'));
      loop.wakeup();
      loop.callSoon(() => order.push('world'));
      loop.callSoon(() => loop.stop());
    });
    loop.runForever();
    expect(order).toEqual(['hello', 'world']);
  });
});
