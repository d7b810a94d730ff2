/** A clock that advances only when told to. */

import { outOfRange, wrongType } from '../errors/index.js';
import type { Clock } from '../loop/clock.js';

/**
 * A clock that stands still until it is moved. {@link virtualLoop} creates one and moves it; pass your own to read or move it from
 * outside. Two loops can share a clock.
 */
export class VirtualClock implements Clock {
  private time: number;

  /** @param startMs the initial time in milliseconds; finite. Default: 0 */
  constructor(startMs = 0) {
    this.time = checkedMs(startMs, 'VirtualClock', 'startMs');
  }

  /** Returns the time in milliseconds. */
  now(): number {
    return this.time;
  }

  /** Advances the clock by `ms` milliseconds. Timers that become due run in the next iteration. @throws RangeError for a negative `ms` */
  advance(ms: number): void {
    checkedMs(ms, 'advance', 'ms');
    if (ms < 0) throw outOfRange('advance: ms', 'a number >= 0', ms);
    this.time += ms;
  }

  /** Moves the clock to exactly `whenMs`. @throws RangeError if that is in the past */
  jumpTo(whenMs: number): void {
    checkedMs(whenMs, 'jumpTo', 'whenMs');
    if (whenMs < this.time) throw outOfRange('jumpTo: whenMs', `a time >= ${this.time}`, whenMs);
    this.time = whenMs;
  }
}

function checkedMs(value: number, method: string, name: string): number {
  if (typeof value !== 'number') throw wrongType(`${method}: ${name}`, 'a number of milliseconds', value);
  if (!Number.isFinite(value)) throw outOfRange(`${method}: ${name}`, 'a finite number of milliseconds', value);
  return value;
}
