import { describe, expect, it } from 'vitest';

import { RingQueue } from '../../lib/collections/ring-queue.js';
import { TimedHandle } from '../../lib/loop/handle.js';
import type { Runnable } from '../../lib/loop/runnable.js';
import { TimerQueue } from '../../lib/loop/timer-queue.js';

function add(queue: TimerQueue, when: number): TimedHandle {
  const timer = new TimedHandle(when, queue.nextSequence(), queue.noteCancelled, () => {}, []);
  queue.add(timer);
  return timer;
}

function due(queue: TimerQueue, now: number): number[] {
  const ready = new RingQueue<Runnable>();
  queue.collectDue(now, ready);
  return [...ready].map((timer) => (timer instanceof TimedHandle ? timer.when() : NaN));
}

describe('TimerQueue', () => {
  it('stays small when a million timers are made and cancelled', () => {
    const queue = new TimerQueue();
    const live = Array.from({ length: 10 }, (_, i) => add(queue, 1e6 + i));
    let largest = 0;
    for (let i = 0; i < 1_000_000; i += 1) {
      add(queue, 1000 + i).cancel();
      largest = Math.max(largest, queue.size);
    }
    expect(largest).toBeLessThanOrEqual(101);
    expect(queue.live).toBe(10);
    expect(due(queue, 2e6)).toEqual(live.map((timer) => timer.when()));
    expect(queue.size).toBe(0);
  });

  it('keeps the live timers, in order, when it compacts', () => {
    const queue = new TimerQueue();
    const timers = Array.from({ length: 1000 }, (_, i) => add(queue, (i * 7919) % 1000));
    const kept = timers.filter((_, i) => i % 3 === 0);
    for (const timer of timers) if (!kept.includes(timer)) timer.cancel();
    expect(queue.live).toBe(kept.length);
    expect(queue.size).toBeLessThan(1000);
    expect(due(queue, 1000)).toEqual(kept.map((timer) => timer.when()).sort((a, b) => a - b));
  });

  it('does not compact a small heap: cancelled timers are dropped when they reach the top', () => {
    const queue = new TimerQueue();
    const timers = Array.from({ length: 100 }, (_, i) => add(queue, i));
    for (const timer of timers.slice(1)) timer.cancel();
    expect([queue.size, queue.live]).toEqual([100, 1]);
    expect(queue.nextDeadline()).toBe(0);
    timers[0]?.cancel();
    queue.dropCancelled();
    expect(queue.nextDeadline()).toBeNull();
    expect([queue.size, queue.live]).toEqual([0, 0]);
  });

  it('counts a timer once, however often it is cancelled', () => {
    const queue = new TimerQueue();
    const timer = add(queue, 1);
    add(queue, 2);
    timer.cancel();
    timer.cancel();
    expect(queue.live).toBe(1);
  });

  it('does not count a timer that is cancelled after it has left the heap', () => {
    const queue = new TimerQueue();
    const timer = add(queue, 1);
    add(queue, 5);
    expect(due(queue, 1)).toEqual([1]);
    timer.cancel();
    expect([queue.size, queue.live]).toEqual([1, 1]);
  });

  it('does not count a timer that is cancelled after clear()', () => {
    const queue = new TimerQueue();
    const timer = add(queue, 1);
    queue.clear();
    timer.cancel();
    expect([queue.size, queue.live, queue.nextDeadline()]).toEqual([0, 0, null]);
  });
});
