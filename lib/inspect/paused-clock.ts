/** A clock that stands still while its loop is paused. */

import type { Clock } from '../loop/clock.js';

/** Subtracts the time for which the loop was paused: a `timeout(100)` does not expire while a person reads the screen. */
export class PausedClock implements Clock {
  private pausedMs = 0;
  /** The time at which it stands still; null while it runs. */
  private frozenMs: number | null = null;

  constructor(private readonly inner: Clock) {}

  now(): number {
    return this.frozenMs ?? this.inner.now() - this.pausedMs;
  }

  /** Stands still until {@link resume}. */
  pause(): void {
    this.frozenMs = this.now();
  }

  /** Goes on from where it stands. */
  resume(): void {
    if (this.frozenMs === null) return;
    this.pausedMs = this.inner.now() - this.frozenMs;
    this.frozenMs = null;
  }
}
