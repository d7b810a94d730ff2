/**
 * The steps of an operation that may have to queue up. Locks, semaphores, events and queues differ in their rules only.
 *
 * Each step looks whether the operation can go on; if it cannot, it waits to be woken and looks again. Here is the one place where
 * such a wait ends: the waiter leaves the queue, and when its task does not go on (cancelled, closed) the rules get to pass
 * the wake-up on, or it would be lost.
 *
 * This would be a generator with a loop, a `try` and a `yield*` in it. It is written out as an iterator, because tasks hand items
 * and locks to each other all the time: with the nested generators, their saved registers and closures, a hand-off took three
 * times as long. Now a wait costs two objects, these steps and the waiter.
 */

import type { Future, Steps } from '../tasks/index.js';
import type { BoundToLoop } from './bound-to-loop.js';
import type { Waiter, WaiterQueue } from './waiter-queue.js';

/** What an operation of a primitive does. One object for all its calls. */
export interface QueueRules<A, T> {
  readonly primitive: BoundToLoop;
  readonly waiters: WaiterQueue;
  /** Whether it cannot go on. `woken`: it has queued up, and was woken. */
  mustWait(woken: boolean): boolean;
  /** Does what it may have waited for; its waiter has left the queue. `woken` as before. */
  finish(argument: A, woken: boolean): T;
  /** It does not go on, and its waiter has left the queue. `woken`: somebody has woken it, and that is now wasted. */
  passOn(woken: boolean): void;
}

type Step<T> = IteratorResult<Future | undefined, T>;

/** One call of such an operation. */
export class QueuedSteps<A, T> implements Steps<T> {
  private waiter: Waiter | null = null;
  private ended = false;

  constructor(
    private readonly rules: QueueRules<A, T>,
    private readonly argument: A,
  ) {}

  next(): Step<T> {
    if (this.ended) return { done: true, value: undefined as T };
    const { rules, waiter } = this;
    const woken = waiter !== null;
    if (woken) this.comeBack(waiter);
    if (rules.mustWait(woken)) return { done: false, value: this.queueUp() };
    this.ended = true;
    return { done: true, value: rules.finish(this.argument, woken) };
  }

  throw(error: unknown): never {
    this.giveUp();
    throw error;
  }

  return(value: T): Step<T> {
    this.giveUp();
    return { done: true, value };
  }

  [Symbol.iterator](): this {
    return this;
  }

  get [Symbol.toStringTag](): string {
    return 'Generator';
  }

  [Symbol.dispose](): void {
    this.giveUp();
  }

  private queueUp(): Waiter {
    const { primitive, waiters } = this.rules;
    const waiter = primitive._newWaiter();
    waiters.add(waiter);
    this.waiter = waiter;
    waiter._yielded = true; // it is handed to the task as `yield*` would do it
    return waiter;
  }

  private comeBack(waiter: Waiter): void {
    try {
      waiter.result();
    } catch (error) {
      this.throw(error); // cancelled; or not done, if anything but a task drives this
    }
    this.rules.waiters.delete(waiter);
    this.waiter = null;
  }

  private giveUp(): void {
    const { rules, waiter } = this;
    this.ended = true;
    if (waiter === null) return;
    this.waiter = null;
    rules.waiters.delete(waiter);
    rules.passOn(waiter.done() && !waiter.cancelled());
  }
}
