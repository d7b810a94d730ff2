import { describe, expect, it } from 'vitest';

import { Clock } from '../../lib/simulation/time/clock.js';
import { EventQueue } from '../../lib/simulation/time/event-queue.js';
import { Random } from '../fuzz/random.js';

describe('the event queue', () => {
  it('returns events by time, and those of the same time in the order in which they were added', () => {
    const random = new Random(1);
    const queue = new EventQueue();
    const times = Array.from({ length: 500 }, () => random.between(0, 20));
    const happened: Array<[time: number, index: number]> = [];
    for (const [index, time] of times.entries()) queue.add(time, () => happened.push([time, index]));
    for (let action = queue.take(); action !== null; action = queue.take()) action();
    expect(happened).toEqual([...times.entries()].map(([i, time]) => [time, i]).sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)); // prettier-ignore
  });

  it('skips cancelled events, wherever they are', () => {
    const queue = new EventQueue();
    const happened: number[] = [];
    const events = [5, 1, 3, 2, 4].map((time) => queue.add(time, () => happened.push(time)));
    events[1]!.cancel();
    events[2]!.cancel();
    expect(queue.nextTime).toBe(2);
    for (let action = queue.take(); action !== null; action = queue.take()) action();
    expect(happened).toEqual([2, 4, 5]);
    events[0]!.cancel();
    expect(queue.nextTime).toBeNull();
  });
});

describe('the clock', () => {
  it('jumps to the next event, and not beyond the limit', () => {
    const clock = new Clock();
    const seen: number[] = [];
    clock.after(100, () => seen.push(clock.now));
    clock.after(250.5, () => seen.push(clock.now));
    expect(clock.advance(50)).toBe(false);
    expect(clock.now).toBe(50);
    expect(clock.advance(null)).toBe(true);
    expect(clock.advance(null)).toBe(true);
    expect(seen).toEqual([100, 251]);
    expect(clock.advance(null)).toBe(false);
    expect(clock.now).toBe(251);
  });

  it('runs what is due now, and what that adds for now', () => {
    const clock = new Clock();
    const seen: string[] = [];
    clock.after(0, () => {
      seen.push('first');
      clock.after(0, () => seen.push('second'));
      clock.after(1, () => seen.push('later'));
    });
    clock.runDue();
    expect(seen).toEqual(['first', 'second']);
    expect(clock.now).toBe(0);
  });
});
