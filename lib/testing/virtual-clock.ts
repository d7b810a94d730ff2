/** A clock that stands still until it is moved. */

import { outOfRange, wrongType } from '../errors/index.js';
import type { Clock } from '../loop/clock.js';

/**
 * Virtual time. {@link virtualLoop} makes one and moves it; give it your own to look at the time, or to move it, from outside.
 *
 * Two loops may share one.
 */
export class VirtualClock implements Clock {
  private time: number;

  /** @param startMs what `now()` says at first, in milliseconds; finite. Default: 0 */
  constructor(startMs = 0) {
    this.time = checkedMs(startMs, 'VirtualClock', 'startMs');
  }

  /** The time in milliseconds. */
  now(): number {
    return this.time;
  }

  /** Moves the clock forward by `ms` milliseconds. Timers that are due then run in the next iteration of the loop. RangeError for a step back. */
  advance(ms: number): void {
    checkedMs(ms, 'advance', 'ms');
    if (ms < 0) throw outOfRange('advance: ms', 'a step forward in time', ms);
    this.time += ms;
  }

  /** Moves the clock to exactly `whenMs`. RangeError if that is in the past. */
  jumpTo(whenMs: number): void {
    checkedMs(whenMs, 'jumpTo', 'whenMs');
    if (whenMs < this.time) throw outOfRange('jumpTo: whenMs', `a time from ${this.time} on`, whenMs);
    this.time = whenMs;
  }
}

function checkedMs(value: number, method: string, name: string): number {
  if (typeof value !== 'number') throw wrongType(`${method}: ${name}`, 'a number of milliseconds', value);
  if (!Number.isFinite(value)) throw outOfRange(`${method}: ${name}`, 'a finite number of milliseconds', value);
  return value;
}
