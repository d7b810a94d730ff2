/**
 * The steps of an operation that may have to wait in a queue. Locks, semaphores, events and queues differ only in their rules.
 *
 * Each step checks whether the operation must wait; if so, it parks the task on a waiter and checks again when woken. Every such wait
 * ends here: the waiter leaves the queue, and if its task does not resume (it was cancelled or closed), the rules pass the wake-up on
 * to another waiter, or it would be lost.
 *
 * A generator with a loop, a `try` and a `yield*` would do the same. This is a hand-written iterator because tasks hand items and
 * locks to each other all the time, and nested generators with their saved registers and closures made a hand-off three times as
 * slow. As it is, a wait allocates two objects: these steps and the waiter.
 */

import type { Future, Steps } from '../tasks/index.js';
import type { BoundToLoop } from './bound-to-loop.js';
import type { Waiter, WaiterQueue } from './waiter-queue.js';

/** The rules of one operation of a primitive; one object serves all its calls. */
export interface QueueRules<A, T> {
  readonly primitive: BoundToLoop;
  readonly waiters: WaiterQueue;
  /** Returns true if the operation has to wait. `woken`: it has waited in the queue and was woken. */
  mustWait(woken: boolean): boolean;
  /** Completes the operation; its waiter has left the queue. `woken` as above. */
  finish(argument: A, woken: boolean): T;
  /** Called if the operation is abandoned; its waiter has left the queue. `woken`: it had been woken, and that must not be wasted. */
  passOn(woken: boolean): void;
}

type Step<T> = IteratorResult<Future | undefined, T>;

/** One call of an operation. */
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
    waiter._yielded = true; // the task gets the waiter as it would from `yield*`
    return waiter;
  }

  private comeBack(waiter: Waiter): void {
    try {
      waiter.result();
    } catch (error) {
      this.throw(error); // cancelled; or not done, if something other than a task drives these steps
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
