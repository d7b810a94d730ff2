/**
 * A meeting point for a fixed number of tasks.
 *
 * A task that arrives is *outside* while the previous group is still leaving, then *waiting* for the rest of its group, and once all
 * parties have arrived it is *leaving*. Its waiter moves from one queue to the next. A task outside is admitted without being woken, so
 * a later arrival cannot take its place. (CPython wakes every waiter, and each checks the state again under a lock.)
 */

import { outOfRange } from '../errors/index.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { BrokenBarrierError } from './barrier-error.js';
import { BoundToLoop } from './bound-to-loop.js';
import { WaiterQueue } from './waiter-queue.js';

/** Filling until all parties have arrived; then draining (after `reset()`: resetting) until the last has left. */
type State = 'filling' | 'draining' | 'resetting' | 'broken';

/** The result of the waiter of a task that is dismissed by `reset()` or `abort()`. */
const DISMISSED = -1;

/**
 * A barrier at which tasks wait until `parties` of them have arrived; then all of them resume. It can be used any number of times.
 *
 * @example
 * import { Barrier, gather, run } from 'selectloop';
 *
 * await run(async () => {
 *   const barrier = new Barrier(2);
 *   const positions = await gather([barrier.wait(), barrier.wait()]);
 *   console.log(positions.sort().join()); // 0,1
 * });
 */
export class Barrier extends BoundToLoop {
  /** The number of tasks that must arrive. */
  readonly parties: number;
  private state: State = 'filling';
  private readonly outside = new WaiterQueue<number>();
  private readonly waiting = new WaiterQueue<number>();
  private readonly leaving = new WaiterQueue<number>();

  /** @param parties an integer >= 1 */
  constructor(parties: number) {
    super();
    if (!Number.isInteger(parties) || parties < 1) throw outOfRange('Barrier: parties', 'an integer >= 1', parties);
    this.parties = parties;
  }

  /** The number of tasks that are waiting for the rest of their group. */
  get nWaiting(): number {
    return this.waiting.live; // woken ones are leaving
  }

  /** True from `abort()` until `reset()`. */
  get broken(): boolean {
    return this.state === 'broken';
  }

  /**
   * Waits until all parties have arrived. Returns the caller's position in the order of arrival, 0 to `parties` - 1, different for
   * each task.
   *
   * A task cancelled while it waits no longer counts, and does not break the barrier. A task cancelled after the barrier has opened
   * has been counted, and does not hold up the next group.
   *
   * @throws BrokenBarrierError after `abort()`, or if `reset()` is called while the task is waiting
   */
  wait(options?: Abortable): Coroutine<number> {
    return operation('Barrier.wait', this.waitSteps(), options);
  }

  /**
   * Returns the barrier to its initial state, even after `abort()`. Tasks that are waiting, or have not left yet, get a
   * BrokenBarrierError; tasks that arrived while a group was leaving form the next group.
   */
  reset(): void {
    this.dismiss(this.waiting);
    this.state = 'resetting';
    this.startAnewIfAllHaveLeft();
  }

  /** Breaks the barrier: until `reset()`, every task that is waiting, has not left yet, or arrives gets a BrokenBarrierError. */
  abort(): void {
    this.dismiss(this.waiting);
    this.dismiss(this.outside);
    this.state = 'broken';
  }

  private *waitSteps(): Steps<number> {
    if (this.broken) throw new BrokenBarrierError();
    // The last party does not wait. No task is outside while the barrier is filling, so it overtakes none.
    if (this.state === 'filling' && this.nWaiting >= this.parties - 1) return this.open();
    const waiter = this._newWaiter<number>();
    (this.state === 'filling' ? this.waiting : this.outside).add(waiter);
    try {
      const place = yield* waiter;
      // A task that was about to leave is stopped as well if the barrier is reset or aborted first.
      if (this.state !== 'draining')
        throw new BrokenBarrierError(`the barrier was ${this.broken ? 'aborted' : 'reset'}`);
      return place;
    } finally {
      for (const place of [this.outside, this.waiting, this.leaving]) place.delete(waiter);
      if (this.state !== 'filling') this.startAnewIfAllHaveLeft();
    }
  }

  /** Wakes the waiting tasks, each with its position in the order of arrival; returns the position after the last of them. */
  private open(): number {
    let place = 0;
    for (let waiter; (waiter = this.waiting.first) !== null;) {
      this.waiting.delete(waiter);
      if (waiter.done()) continue; // cancelled in this iteration, so it is no longer one of the parties
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
    for (let waiter; (waiter = this.outside.first) !== null;) {
      this.outside.delete(waiter);
      if (waiter.done()) continue; // cancelled
      this.waiting.add(waiter);
      if (this.nWaiting < this.parties) continue;
      this.open();
      return;
    }
  }

  private dismiss(waiters: WaiterQueue<number>): void {
    for (let waiter; (waiter = waiters.first) !== null;) {
      waiters.delete(waiter);
      if (waiter.done()) continue;
      waiter.setResult(DISMISSED);
      this.leaving.add(waiter);
    }
  }

  protected describe(): string {
    return `${this.state}, ${this.nWaiting}/${this.parties}`;
  }
}
