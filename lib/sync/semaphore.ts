/** A bounded number of tasks at a time. */

import { outOfRange } from '../errors/index.js';
import { Coroutine } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import { Guard } from './guard.js';
import { type QueueRules, QueuedSteps } from './queued-steps.js';
import { WaiterQueue } from './waiter-queue.js';

/**
 * A counter that `acquire()` lowers and `release()` raises; who finds it at zero waits, first come, first served. A release that
 * finds a waiter gives the slot to it directly, so a task that releases and asks again goes to the end of the queue.
 */
export class Semaphore extends BoundToLoop {
  /** The name of its coroutine: made once, not for each `acquire()`. */
  private readonly operation = `${this.constructor.name}.acquire`;
  /** Slots that nobody holds and nobody was given. */
  private free: number;
  private readonly waiters = new WaiterQueue();
  private readonly acquiring: QueueRules<void, Guard> = {
    primitive: this,
    waiters: this.waiters,
    mustWait: (woken) => !woken && this.locked(),
    finish: (_, woken) => {
      if (woken) this.wakeWhileFree();
      else this.free -= 1; // who is woken was given its slot by whoever woke it
      return new Guard(this);
    },
    passOn: (woken) => {
      if (woken) this.free += 1; // the slot that it was given goes back
      this.wakeWhileFree();
    },
  };

  /** @param value how many may hold it at a time; an integer >= 0 */
  constructor(value = 1) {
    super();
    if (!Number.isInteger(value) || value < 0) throw outOfRange('Semaphore: value', 'an integer >= 0', value);
    this.free = value;
  }

  /** True if `acquire()` would wait: no slot is free, or others wait already. */
  locked(): boolean {
    return this.free === 0 || this.waiters.anyoneQueues();
  }

  /**
   * Takes a slot, waiting for one if need be. Dispose of the result, or call `release()`, to give it back. Cancelled while it
   * waits, the task holds no slot, and one that it was just given goes to the next.
   */
  acquire(): Coroutine<Guard> {
    return new Coroutine(new QueuedSteps(this.acquiring, undefined), this.operation);
  }

  /** Gives a slot back, to the first who waits. Of a plain semaphore anybody may release, and so make slots. */
  release(): void {
    this.free += 1;
    this.wakeNext();
  }

  private wakeNext(): boolean {
    const waiter = this.waiters.firstPending();
    if (waiter === null) return false;
    this.free -= 1;
    waiter.setResult();
    return true;
  }

  /** Others may have queued up, for fairness, behind one that has left while slots were free: they can go on now. */
  private wakeWhileFree(): void {
    while (this.free > 0 && this.wakeNext());
  }

  /** @internal How many slots nobody holds. */
  protected freeSlots(): number {
    return this.free;
  }

  protected describe(): string {
    return `${this.locked() ? 'locked' : `unlocked, value: ${this.free}`}${this.waiters.describe()}`;
  }
}

/** A semaphore that is never released more often than it was acquired: a mistake there is an error, not one slot more. */
export class BoundedSemaphore extends Semaphore {
  private readonly bound: number;

  /** @param value how many may hold it at a time; an integer >= 0 */
  constructor(value = 1) {
    super(value);
    this.bound = value;
  }

  /** Gives a slot back. RangeError when that would be more than there were at first. */
  override release(): void {
    if (this.freeSlots() >= this.bound) {
      throw new RangeError(`BoundedSemaphore.release: released too many times (${this.bound} slots)`);
    }
    super.release();
  }
}
