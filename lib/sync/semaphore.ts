/** Limits how many tasks do something at a time. */

import { outOfRange } from '../errors/index.js';
import { type Abortable, type Coroutine, operation } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import { Guard } from './guard.js';
import { type QueueRules, QueuedSteps } from './queued-steps.js';
import { WaiterQueue } from './waiter-queue.js';

/**
 * A counter of free slots: `acquire()` takes one, waiting in first-come, first-served order if there is none, and `release()` returns
 * one. A release hands the slot directly to the first waiter, so a task that releases and acquires again goes to the end of the queue.
 *
 * @example
 * import { Semaphore, run, sleep, taskGroup } from 'selectloop';
 *
 * const slots = new Semaphore(2);
 * let running = 0;
 * let most = 0;
 *
 * async function download() {
 *   using guard = await slots.acquire();
 *   running += 1;
 *   most = Math.max(most, running);
 *   await sleep(10);
 *   running -= 1;
 * }
 *
 * await run(async () => {
 *   await taskGroup(async (group) => {
 *     for (let i = 0; i < 5; i += 1) group.createTask(download);
 *   });
 *   console.log(most); // 2
 * });
 */
export class Semaphore extends BoundToLoop {
  /** The name of its coroutine, built once rather than for each `acquire()`. */
  private readonly operation = `${this.constructor.name}.acquire`;
  /** The number of slots that are neither held nor handed to a woken waiter. */
  private free: number;
  private readonly waiters = new WaiterQueue();
  private readonly acquiring: QueueRules<void, Guard> = {
    primitive: this,
    waiters: this.waiters,
    mustWait: (woken) => !woken && this.locked(),
    finish: (_, woken) => {
      if (woken) this.wakeWhileFree();
      else this.free -= 1; // a woken task already owns the slot: `wakeNext` took it
      return new Guard(this);
    },
    passOn: (woken) => {
      if (woken) this.free += 1; // returns the slot that it had been handed
      this.wakeWhileFree();
    },
  };

  /** @param value the number of slots, an integer >= 0 */
  constructor(value = 1) {
    super();
    if (!Number.isInteger(value) || value < 0) throw outOfRange('Semaphore: value', 'an integer >= 0', value);
    this.free = value;
  }

  /** Returns true if `acquire()` would wait: no slot is free, or other tasks are waiting already. */
  locked(): boolean {
    return this.free === 0 || this.waiters.anyoneQueues();
  }

  /**
   * Takes a slot, waiting until one is free. To return it, either dispose the guard or call `release()`, once. A task cancelled while
   * it waits holds no slot, and one that had just been handed to it goes to the next waiter.
   */
  acquire(options?: Abortable): Coroutine<Guard> {
    return operation(this.operation, new QueuedSteps(this.acquiring, undefined), options);
  }

  /** Returns a slot, handing it to the first waiter if there is one. Unmatched releases of a plain semaphore add slots. */
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

  /** Wakes tasks that had to queue although slots were free, because they came after a waiter that has now left. */
  private wakeWhileFree(): void {
    while (this.free > 0 && this.wakeNext());
  }

  /** @internal Returns the number of free slots. */
  protected freeSlots(): number {
    return this.free;
  }

  protected describe(): string {
    return `${this.locked() ? 'locked' : `unlocked, value: ${this.free}`}${this.waiters.describe()}`;
  }
}

/** A semaphore that throws if it is released more often than it was acquired, instead of gaining a slot. */
export class BoundedSemaphore extends Semaphore {
  private readonly bound: number;

  /** @param value the number of slots, an integer >= 0 */
  constructor(value = 1) {
    super(value);
    this.bound = value;
  }

  /** Returns a slot; see {@link Semaphore.release}. Throws RangeError if all slots are free already. */
  override release(): void {
    if (this.freeSlots() >= this.bound) {
      throw new RangeError(`BoundedSemaphore.release: released too many times (${this.bound} slots)`);
    }
    super.release();
  }
}
