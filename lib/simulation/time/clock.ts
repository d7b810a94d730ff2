/** Virtual time: it stands still while programs compute, and jumps to the next event when all of them wait. */

import { EventQueue, type ScheduledEvent } from './event-queue.js';

export const NANOSECONDS_PER_MS = 1_000_000;
export const NANOSECONDS_PER_SECOND = 1_000_000_000;

/**
 * A clock that moves only when the kernel moves it.
 *
 * Invariant: the time is an integer number of nanoseconds. Sums of fractions depend on the order of the additions, and a rounding error
 * could swap two segments.
 */
export class Clock {
  private readonly events = new EventQueue();
  private time = 0;

  /** Nanoseconds since the start of the simulation. */
  get now(): number {
    return this.time;
  }

  /** The time of the next event; null if nothing will happen. */
  get nextTime(): number | null {
    return this.events.nextTime;
  }

  /** Schedules an action. A delay of 0 means: when the present system call is about to return. */
  after(delayNs: number, action: () => void): ScheduledEvent {
    return this.events.add(this.time + Math.ceil(delayNs), action);
  }

  /** Runs everything that is due, including what that adds. */
  runDue(): void {
    for (let next = this.nextTime; next !== null && next <= this.time; next = this.nextTime) this.events.take()!();
  }

  /**
   * Moves to the next event and runs what is due then; or to `untilNs`, if nothing happens before.
   *
   * @param untilNs null: no limit
   * @returns false if nothing has happened
   */
  advance(untilNs: number | null): boolean {
    const next = this.nextTime;
    if (next === null || (untilNs !== null && next > untilNs)) {
      if (untilNs !== null && untilNs > this.time) this.time = untilNs;
      return false;
    }
    this.time = Math.max(this.time, next);
    this.runDue();
    return true;
  }
}
