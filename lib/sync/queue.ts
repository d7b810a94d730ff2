/** A queue between tasks: producers wait while it is full, consumers while it is empty. */

import { RingQueue } from '../collections/ring-queue.js';
import { checkOptions, isInstance, outOfRange, wrongType } from '../errors/index.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { BoundToLoop } from './bound-to-loop.js';
import { Event } from './event.js';
import { type QueueRules, QueuedSteps } from './queued-steps.js';
import { QueueEmpty, QueueFull, QueueShutDown } from './queue-errors.js';
import { WaiterQueue } from './waiter-queue.js';

/** The container of a queue's items: decides which one comes out next. */
export interface Store<T> {
  readonly length: number;
  push(item: T): void;
  shift(): T | undefined;
  clear(): void;
}

/**
 * A first-in, first-out queue between tasks.
 *
 * A woken getter does not own an item yet; it takes one when it runs. So if it is cancelled in between, no item is lost, and the
 * wake-up is passed on. The price, as in asyncio, is that a task that calls `get()` in between is served first. The same holds for
 * `put()`.
 *
 * @example
 * import { Queue, createTask, run } from 'selectloop';
 *
 * await run(async () => {
 *   const queue = new Queue<number>(2);
 *   const consumer = createTask(async () => {
 *     let sum = 0;
 *     for await (const item of queue) sum += item;
 *     return sum;
 *   });
 *   for (const item of [1, 2, 3]) await queue.put(item);
 *   queue.shutdown();
 *   console.log(await consumer); // 6
 * });
 */
export class Queue<T> extends BoundToLoop {
  /** The largest number of items; 0 or less: no limit. */
  readonly maxsize: number;
  private readonly store: Store<T>;
  /** The tasks that wait for an item, and those that wait for a free place. */
  private readonly getters = new WaiterQueue();
  private readonly putters = new WaiterQueue();
  private readonly getting: QueueRules<void, T> = {
    primitive: this,
    waiters: this.getters,
    mustWait: () => this.empty() && !this.closed,
    finish: () => this.finishGet(),
    passOn: (woken) => {
      if (woken && !this.empty()) this.getters.takeFirst();
    },
  };
  private readonly putting: QueueRules<T, void> = {
    primitive: this,
    waiters: this.putters,
    mustWait: () => this.full() && !this.closed,
    finish: (item) => this.finishPut(item),
    passOn: (woken) => {
      if (woken && !this.full()) this.putters.takeFirst();
    },
  };
  /** Set while no item is unfinished, for `join()`. */
  private readonly finished = new Event();
  private unfinished = 0;
  private closed = false;

  /** @param maxsize the number of items at which `put()` waits; 0 or less: no limit */
  constructor(maxsize?: number);
  /**
   * @internal For subclasses: `store` decides the order. It is passed in because a subclass's fields do not exist yet while this
   * constructor runs.
   */
  constructor(maxsize: number | undefined, store: Store<T>);
  constructor(maxsize = 0, store: Store<T> = new RingQueue<T>()) {
    super();
    if (typeof maxsize !== 'number') throw wrongType('Queue: maxsize', 'a number', maxsize);
    if (Number.isNaN(maxsize)) throw outOfRange('Queue: maxsize', 'a number', maxsize);
    this.maxsize = maxsize;
    this.store = store;
    this.finished.set();
  }

  /** Returns the number of items. */
  qsize(): number {
    return this.store.length;
  }

  /** Returns true if it holds no item. */
  empty(): boolean {
    return this.store.length === 0;
  }

  /** Returns true if it holds `maxsize` items, so that `put()` would wait. */
  full(): boolean {
    return this.maxsize > 0 && this.store.length >= this.maxsize;
  }

  /**
   * Puts an item in, waiting while the queue is full; waiting putters are woken in the order in which they came. If the wait is
   * cancelled, the item is not in the queue, and a place that became free for it goes to the next putter.
   *
   * @throws QueueShutDown after `shutdown()`, even if it is called during the wait
   */
  put(item: T, options?: Abortable): Coroutine<void> {
    return operation('Queue.put', new QueuedSteps(this.putting, item), options);
  }

  /** Puts an item in without waiting. Throws QueueFull if there is no room, QueueShutDown after `shutdown()`. */
  putNowait(item: T): void {
    if (this.closed) throw new QueueShutDown();
    if (this.full()) throw new QueueFull();
    this.store.push(item);
    this.unfinished += 1;
    this.finished.clear();
    this.getters.takeFirst();
  }

  /**
   * Removes and returns the next item, waiting while the queue is empty; waiting getters are woken in the order in which they came.
   * A cancelled wait has taken no item: one that arrived for it stays in the queue, and the next getter is woken.
   *
   * @throws QueueShutDown once the queue is shut down and empty
   */
  get(options?: Abortable): Coroutine<T> {
    return operation('Queue.get', new QueuedSteps(this.getting, undefined), options);
  }

  /** Removes and returns the next item without waiting. Throws QueueEmpty if there is none, QueueShutDown if none will come. */
  getNowait(): T {
    if (this.empty()) throw this.closed ? new QueueShutDown() : new QueueEmpty();
    const item = this.store.shift() as T;
    this.putters.takeFirst();
    return item;
  }

  /** Marks one item as processed, for `join()`. Throws RangeError if called more often than items were put in. */
  taskDone(): void {
    if (this.unfinished === 0) throw new RangeError('Queue.taskDone: called more often than items were put in');
    this.settle(1);
  }

  /** Waits until `taskDone()` has been called for every item. Cancelling the wait leaves nothing behind. */
  join(options?: Abortable): Coroutine<void> {
    return operation('Queue.join', this.joinSteps(), options);
  }

  /**
   * Closes the queue to new items: `put()` fails from now on, including calls that are already waiting; `get()` works until the queue
   * is empty, then fails. With `immediate` the queue is emptied now, and its items count as processed. A second call is harmless.
   */
  shutdown(options: { immediate?: boolean } = {}): void {
    const { immediate = false } = checkOptions('shutdown: options', options);
    this.closed = true;
    if (immediate) {
      // Fewer than it holds if `taskDone()` was called for items that are still in the queue.
      const dropped = Math.min(this.store.length, this.unfinished);
      this.store.clear();
      this.settle(dropped);
    }
    for (const waiters of [this.getters, this.putters]) while (waiters.takeFirst());
  }

  /**
   * Iterates over the items until the queue is shut down and empty: `for await (const item of queue)`, in async functions. Leaving
   * the loop early keeps the remaining items in the queue.
   */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    // Not an async generator: `then` must be called here, inside the caller's task, so that the task knows what it waits for.
    return {
      next: () =>
        this.get().then(
          (value) => ({ done: false, value }),
          (error: unknown) => {
            if (isInstance(error, QueueShutDown)) return { done: true, value: undefined };
            throw error;
          },
        ),
    };
  }

  private finishPut(item: T): void {
    try {
      this.putNowait(item);
    } catch (error) {
      // putNowait failed (shut down, or a PriorityQueue's compare threw), so the slot is still free: wake the next putter.
      if (!this.full()) this.putters.takeFirst();
      throw error;
    }
  }

  private finishGet(): T {
    try {
      return this.getNowait();
    } catch (error) {
      if (!this.empty()) this.getters.takeFirst();
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
