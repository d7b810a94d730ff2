/**
 * The timers of a loop.
 *
 * A cancelled timer stays in the heap until it is at the top, because removing it from the middle would take a search. Programs that set a
 * timeout around every operation cancel nearly all of their timers. So when more than half of a heap of over 100 timers are cancelled, the
 * heap is rebuilt without them (CPython's rule): a million cancelled timeouts leave the heap small.
 */

import type { RingQueue } from '../collections/ring-queue.js';
import { TimerHeap } from '../collections/timer-heap.js';
import type { Instrument } from './instrument.js';
import type { Runnable, Timer } from './runnable.js';

const MIN_SIZE_TO_COMPACT = 100;

/** Timers ordered by deadline, with lazy removal of cancelled ones. */
export class TimerQueue {
  private readonly heap = new TimerHeap<Timer>();
  private cancelledCount = 0;
  private lastSequence = 0;

  /** The number of timers in the heap, including cancelled ones. */
  get size(): number {
    return this.heap.size;
  }

  /** The number of timers that are not cancelled. */
  get live(): number {
    return this.heap.size - this.cancelledCount;
  }

  /** Returns the sequence number for the next timer: timers with equal deadlines run in this order. */
  nextSequence(): number {
    this.lastSequence += 1;
    return this.lastSequence;
  }

  /** Adds a timer. */
  add(timer: Timer): void {
    timer._scheduled = true;
    this.heap.push(timer);
  }

  /** Notes that a timer was cancelled. An arrow function, because timers keep a reference to it. */
  readonly noteCancelled = (timer: Timer, instrument: Instrument | null = null): void => {
    if (!timer._scheduled) return;
    this.cancelledCount += 1;
    if (instrument !== null) instrument.timerCancelled?.(timer);
    if (this.heap.size > MIN_SIZE_TO_COMPACT && this.cancelledCount * 2 > this.heap.size) this.compact(instrument);
  };

  /** Drops the cancelled timers at the top of the heap, so that the first one is live. */
  dropCancelled(instrument: Instrument | null = null): void {
    while (this.cancelledCount > 0) {
      const first = this.heap.peek();
      if (first?.cancelled() !== true) return;
      this.removeFirst();
      this.cancelledCount -= 1;
      if (instrument !== null) instrument.timerDropped?.(first);
    }
  }

  /** Returns the deadline of the first timer, which is live after {@link dropCancelled}; null if there is none. */
  nextDeadline(): number | null {
    return this.heap.peek()?._when ?? null;
  }

  /** Moves every timer that is due to the ready queue, in order. */
  collectDue(now: number, ready: RingQueue<Runnable>, instrument: Instrument | null = null): void {
    for (let first = this.heap.peek(); first !== undefined && first._when <= now; first = this.heap.peek()) {
      this.removeFirst();
      if (first.cancelled()) {
        this.cancelledCount -= 1;
        if (instrument !== null) instrument.timerDropped?.(first);
        continue;
      }
      ready.push(first);
      if (instrument !== null) instrument.timerFired?.(first, first._when);
    }
  }

  /** Returns the timers, including cancelled ones, as they lie in the array of the heap. */
  inHeap(): Iterable<Timer> {
    return this.heap;
  }

  /** Cancels every timer. */
  clear(): void {
    for (const timer of this.heap) timer._scheduled = false;
    this.heap.retain(() => false);
    this.cancelledCount = 0;
  }

  private removeFirst(): void {
    (this.heap.pop() as Timer)._scheduled = false;
  }

  private compact(instrument: Instrument | null): void {
    this.heap.retain((timer) => {
      if (!timer.cancelled()) return true;
      timer._scheduled = false;
      return false;
    });
    this.cancelledCount = 0;
    if (instrument !== null) instrument.timersCompacted?.(this.heap.size);
  }
}
