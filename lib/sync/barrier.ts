/**
 * A meeting point.
 *
 * A task that comes stands *outside* while the last round is still leaving, then *waits* for the others, and when all are there
 * it *leaves*. Its future moves from one set to the next: who stands outside is let in where it is, without waking it, so nobody
 * who comes later can take its place. (CPython wakes everybody and lets them look again, one after the other, under a lock.)
 */

import { outOfRange } from '../errors/index.js';
import { Coroutine, type Future, type Steps } from '../tasks/index.js';
import { BrokenBarrierError } from './barrier-error.js';
import { BoundToLoop } from './bound-to-loop.js';

/** Filling until all parties are there; then draining, or after `reset()` resetting, until the last has left. */
type State = 'filling' | 'draining' | 'resetting' | 'broken';

/** The place given to those who are sent away. */
const SENT_AWAY = -1;

/** Tasks wait until `parties` of them have come; then all go on. It can be used again and again. */
export class Barrier extends BoundToLoop {
  /** How many tasks it takes. */
  readonly parties: number;
  private state: State = 'filling';
  private readonly outside = new Set<Future<number>>();
  private readonly waiting = new Set<Future<number>>();
  private readonly leaving = new Set<Future<number>>();

  /** @param parties an integer >= 1 */
  constructor(parties: number) {
    super();
    if (!Number.isInteger(parties) || parties < 1) throw outOfRange('Barrier: parties', 'an integer >= 1', parties);
    this.parties = parties;
  }

  /** How many tasks wait for the others now. */
  get nWaiting(): number {
    return [...this.waiting].filter((waiter) => !waiter.done()).length;
  }

  /** True after `abort()`, until `reset()`. */
  get broken(): boolean {
    return this.state === 'broken';
  }

  /**
   * Waits for the others; returns the place in the order of arrival, 0 to `parties` - 1, another for each. A cancelled task is not
   * counted any more, and does not break the barrier; cancelled when it may leave already, it was counted, and holds nobody up.
   *
   * @throws BrokenBarrierError after `abort()`, and for those whom `reset()` finds waiting
   */
  wait(): Coroutine<number> {
    return new Coroutine(this.waitSteps(), 'Barrier.wait');
  }

  /**
   * Sends those who wait, or have not left yet, away with a BrokenBarrierError, and starts anew; repairs a broken barrier. Those
   * who stand outside come in.
   */
  reset(): void {
    this.dismiss(this.waiting);
    this.state = 'resetting';
    this.startAnewIfAllHaveLeft();
  }

  /** Breaks it: those who wait or have not left yet, and all who come, get a BrokenBarrierError, until `reset()`. */
  abort(): void {
    this.dismiss(this.waiting);
    this.dismiss(this.outside);
    this.state = 'broken';
  }

  private *waitSteps(): Steps<number> {
    if (this.broken) throw new BrokenBarrierError();
    // The last to come does not wait. Nobody stands outside while the barrier fills, so it takes no place from anybody.
    if (this.state === 'filling' && this.atLeastWait(this.parties - 1)) return this.open();
    const waiter = this._newWaiter<number>();
    (this.state === 'filling' ? this.waiting : this.outside).add(waiter);
    try {
      const place = yield* waiter;
      // Also those who may leave are stopped if the barrier is reset or aborted before they have.
      if (this.state !== 'draining')
        throw new BrokenBarrierError(`the barrier was ${this.broken ? 'aborted' : 'reset'}`);
      return place;
    } finally {
      for (const place of [this.outside, this.waiting, this.leaving]) place.delete(waiter);
      if (this.state !== 'filling') this.startAnewIfAllHaveLeft();
    }
  }

  /** Lets those who wait go, each with its place in the order of arrival; returns the place behind the last of them. */
  private open(): number {
    let place = 0;
    for (const waiter of this.waiting) {
      this.waiting.delete(waiter);
      if (waiter.done()) continue; // cancelled in this very turn: it is not one of the parties any more
      waiter.setResult(place);
      this.leaving.add(waiter);
      place += 1;
    }
    this.state = 'draining';
    this.startAnewIfAllHaveLeft();
    return place;
  }

  private startAnewIfAllHaveLeft(): void {
    if (this.leaving.size > 0 || this.broken) return;
    this.state = 'filling';
    for (const waiter of this.outside) {
      this.outside.delete(waiter);
      this.waiting.add(waiter);
      if (!this.atLeastWait(this.parties)) continue;
      this.open();
      return;
    }
  }

  /** Counts one by one, because of the cancelled, only when there can be enough. */
  private atLeastWait(n: number): boolean {
    return this.waiting.size >= n && this.nWaiting >= n;
  }

  private dismiss(waiters: Set<Future<number>>): void {
    for (const waiter of waiters) {
      waiters.delete(waiter);
      if (waiter.done()) continue;
      waiter.setResult(SENT_AWAY);
      this.leaving.add(waiter);
    }
  }

  protected describe(): string {
    return `${this.state}, ${this.nWaiting}/${this.parties}`;
  }
}
