/** A queue between tasks: producers put, consumers get, and each waits for the other where it must. */

import { RingQueue } from '../collections/ring-queue.js';
import { outOfRange, wrongType } from '../errors/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import { Event } from './event.js';
import { type QueueRules, QueuedSteps } from './queued-steps.js';
import { QueueEmpty, QueueFull, QueueShutDown } from './queue-errors.js';
import { WaiterQueue } from './waiter-queue.js';

/** Where a queue keeps its items: decides which one comes out next. */
export interface Store<T> {
  readonly length: number;
  push(item: T): void;
  shift(): T | undefined;
  clear(): void;
}

/**
 * First in, first out.
 *
 * A woken getter does not own an item yet: it takes one when it runs. So nothing is lost when it is cancelled in between; the
 * wake-up is passed on. The price (asyncio's) is that a task that calls `get()` in that very moment is served first.
 */
export class Queue<T> extends BoundToLoop {
  /** How many items it holds at most; 0 or less: any number. */
  readonly maxsize: number;
  private readonly store: Store<T>;
  /** Who waits for an item, and who for a place. */
  private readonly getters = new WaiterQueue();
  private readonly putters = new WaiterQueue();
  private readonly getting: QueueRules<void, T> = {
    primitive: this,
    waiters: this.getters,
    mustWait: () => this.empty() && !this.closed,
    finish: () => this.finishGet(),
    passOn: (woken) => {
      if (woken && !this.empty()) wakeFirst(this.getters);
    },
  };
  private readonly putting: QueueRules<T, void> = {
    primitive: this,
    waiters: this.putters,
    mustWait: () => this.full() && !this.closed,
    finish: (item) => this.finishPut(item),
    passOn: (woken) => {
      if (woken && !this.full()) wakeFirst(this.putters);
    },
  };
  /** Set while every item is done with, for `join()`. */
  private readonly finished = new Event();
  private unfinished = 0;
  private closed = false;

  /** @param maxsize how many items `put()` admits before it waits; 0 or less: any number */
  constructor(maxsize?: number);
  /** @internal With the store of another order. It comes as an argument, because a base constructor sees no field of its subclass. */
  constructor(maxsize: number | undefined, store: Store<T>);
  constructor(maxsize = 0, store: Store<T> = new RingQueue<T>()) {
    super();
    if (typeof maxsize !== 'number') throw wrongType('Queue: maxsize', 'a number', maxsize);
    if (Number.isNaN(maxsize)) throw outOfRange('Queue: maxsize', 'a number', maxsize);
    this.maxsize = maxsize;
    this.store = store;
    this.finished.set();
  }

  /** How many items it holds. */
  qsize(): number {
    return this.store.length;
  }

  /** True if it holds nothing. */
  empty(): boolean {
    return this.store.length === 0;
  }

  /** True if `put()` would wait. */
  full(): boolean {
    return this.maxsize > 0 && this.store.length >= this.maxsize;
  }

  /**
   * Puts an item in, waiting while the queue is full; putters get their places in the order in which they came. Cancelled, it has
   * not put it in, and a place that was free for it goes to the next.
   *
   * @throws QueueShutDown after `shutdown()`, also where it waits already
   */
  put(item: T): Coroutine<void> {
    return new Coroutine(new QueuedSteps(this.putting, item), 'Queue.put');
  }

  /** Puts an item in. QueueFull when there is no room, QueueShutDown after `shutdown()`. */
  putNowait(item: T): void {
    if (this.closed) throw new QueueShutDown();
    if (this.full()) throw new QueueFull();
    this.store.push(item);
    this.unfinished += 1;
    this.finished.clear();
    wakeFirst(this.getters);
  }

  /**
   * Takes the next item, waiting for one; getters are woken in the order in which they came. Cancelled, it has taken none: an item
   * that came for it is there for the next.
   *
   * @throws QueueShutDown when the queue is shut down and empty
   */
  get(): Coroutine<T> {
    return new Coroutine(new QueuedSteps(this.getting, undefined), 'Queue.get');
  }

  /** Takes the next item. QueueEmpty when there is none, QueueShutDown when there will be none. */
  getNowait(): T {
    if (this.empty()) throw this.closed ? new QueueShutDown() : new QueueEmpty();
    const item = this.store.shift() as T;
    wakeFirst(this.putters);
    return item;
  }

  /** Says that the work on one item taken is done, for `join()`. RangeError when called more often than items were put in. */
  taskDone(): void {
    if (this.unfinished === 0) throw new RangeError('Queue.taskDone: called more often than items were put in');
    this.settle(1);
  }

  /** Waits until `taskDone()` was called for every item; at once if it was. Cancelled, it leaves nothing behind. */
  join(): Coroutine<void> {
    return new Coroutine(this.joinSteps(), 'Queue.join');
  }

  /**
   * No more items: `put()` fails from now on, also where it waits already; `get()` goes on until the queue is empty and fails
   * then. With `immediate` the queue is emptied at once, each item counting as done. Shutting down twice is harmless.
   */
  shutdown({ immediate = false }: { immediate?: boolean } = {}): void {
    this.closed = true;
    if (immediate) {
      // Fewer than it holds, if a task has said "done" for an item that it had not taken yet.
      const dropped = Math.min(this.store.length, this.unfinished);
      this.store.clear();
      this.settle(dropped);
    }
    for (const waiters of [this.getters, this.putters]) while (wakeFirst(waiters));
  }

  /**
   * The items, one by one, until the queue is shut down: `for await (const item of queue)`, in async functions. Leaving the loop
   * leaves the other items where they are.
   */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    // Not an async generator: `then` is called right here, inside the caller's task, which is how it learns what it waits for.
    return {
      next: () =>
        this.get().then(
          (value) => ({ done: false, value }),
          (error: unknown) => {
            if (error instanceof QueueShutDown) return { done: true, value: undefined };
            throw error;
          },
        ),
    };
  }

  private finishPut(item: T): void {
    try {
      this.putNowait(item);
    } catch (error) {
      if (!this.full()) wakeFirst(this.putters); // the order of the items failed: the place is still there for the next
      throw error;
    }
  }

  private finishGet(): T {
    try {
      return this.getNowait();
    } catch (error) {
      if (!this.empty()) wakeFirst(this.getters);
      throw error;
    }
  }

  private *joinSteps(): Steps<void> {
    if (this.unfinished > 0) yield* this.finished.wait();
  }

  private settle(count: number): void {
    this.unfinished -= count;
    if (this.unfinished === 0) this.finished.set();
  }

  protected describe(): string {
    const parts = [`maxsize=${this.maxsize}`, `qsize=${this.qsize()}`];
    if (this.getters.size > 0) parts.push(`getters=${this.getters.size}`);
    if (this.putters.size > 0) parts.push(`putters=${this.putters.size}`);
    if (this.unfinished > 0) parts.push(`unfinished=${this.unfinished}`);
    if (this.closed) parts.push('shutdown');
    return parts.join(' ');
  }
}

/** Wakes the first that still waits, and takes it out of the queue. False if there is none. */
function wakeFirst(waiters: WaiterQueue): boolean {
  const waiter = waiters.firstPending();
  if (waiter === null) return false;
  waiters.delete(waiter);
  waiter.setResult();
  return true;
}
