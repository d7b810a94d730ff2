/** Results in the order in which they come. */

import { CancelledError, TimeoutError, wrongType } from '../errors/index.js';
import { RingQueue } from '../collections/ring-queue.js';
import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Awaitable, Coroutine, Future, type Steps, ensureFutureOn, isAwaitable } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { checkedMs } from './checked-ms.js';
import { type Several, elementsOf } from './elements.js';
import type { ResultOf } from './gather.js';

/** How long `asCompleted` waits for all of them together. */
export interface AsCompletedOptions {
  /** Milliseconds; null, the default: as long as it takes. */
  timeoutMs?: number | null;
}

/**
 * A future that `for await` has given: it is done, so ask for its `result()`.
 *
 * At run time it is the future itself. TypeScript takes it that `for await` awaits whatever has a `then`, and would call it a `T`.
 */
export type CompletedFuture<T> = Future<T> & { readonly then: never };

/**
 * Goes through awaitables as they are completed.
 *
 * `for (const next of asCompleted(list)) yield* next` gives coroutines: the first that is awaited gives the first result.
 * `for await (const future of asCompleted(list))` gives the futures themselves, the very tasks that were passed in. When the time is
 * over the next one throws TimeoutError. Iteration can be resumed after a `break`.
 */
export class AsCompleted<T> implements Iterable<Coroutine<T>>, AsyncIterable<CompletedFuture<T>> {
  private readonly loop: LoopCore;
  private readonly pending: Set<Future<T>>;
  private readonly completed = new RingQueue<Future<T>>();
  private readonly waiters = new Set<Future<void>>();
  private readonly timer: TimedHandle | null;
  private left: number;
  private timedOut = false;

  /** @internal Made by `asCompleted`. */
  constructor(distinct: Set<Awaitable<T>>, timeoutMs: number | null) {
    this.loop = currentLoop();
    this.pending = new Set([...distinct].map((awaitable) => ensureFutureOn(this.loop, awaitable)));
    this.left = this.pending.size;
    this.timer = timeoutMs === null || this.left === 0 ? null : this.loop.callLater(timeoutMs, () => this.onTimeout());
    for (const future of this.pending) future.addDoneCallback(this.onDone);
  }

  *[Symbol.iterator](): Generator<Coroutine<T>> {
    while (this.left > 0) {
      this.left -= 1;
      yield new Coroutine(this.nextResult(), 'asCompleted');
    }
  }

  /** Written by hand: an async generator would await the futures that it yields. */
  [Symbol.asyncIterator](): AsyncIterator<CompletedFuture<T>, undefined> {
    return {
      next: async () => {
        if (this.left === 0) return { done: true, value: undefined };
        this.left -= 1;
        let value: Future<T>;
        try {
          [value] = await new Coroutine(this.nextFuture(), 'asCompleted');
        } catch (error) {
          // Whoever was cancelled has got nothing: what it waited for is still to come.
          if (error instanceof CancelledError) this.left += 1;
          throw error;
        }
        return { done: false, value: value as CompletedFuture<T> };
      },
    };
  }

  private *nextResult(): Steps<T> {
    const [future] = yield* this.nextFuture();
    return future.result();
  }

  private *nextFuture(): Steps<[Future<T>]> {
    for (;;) {
      const future = this.completed.shift();
      if (future !== undefined) return [future];
      if (this.timedOut) throw new TimeoutError();
      const waiter = new Future<void>({ loop: this.loop });
      this.waiters.add(waiter);
      try {
        yield* waiter;
      } finally {
        this.waiters.delete(waiter);
      }
    }
  }

  private readonly onDone = (future: Future<T>): void => {
    if (!this.pending.delete(future)) return;
    this.completed.push(future);
    if (this.pending.size === 0) this.timer?.cancel();
    this.wakeAll();
  };

  private onTimeout(): void {
    this.timedOut = true;
    for (const future of this.pending) future.removeDoneCallback(this.onDone);
    this.pending.clear();
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const waiter of this.waiters) if (!waiter.done()) waiter.setResult();
  }
}

/**
 * Goes through awaitables as they are completed; see {@link AsCompleted}. The time runs from this call on, and all that are no
 * futures begin with it. Each counts once.
 *
 * Cancelling a wait for the next one cancels none of them, and takes nothing away: the next wait gets it. When the time is over
 * they go on as well.
 *
 * @throws TypeError for a single future or coroutine, and for what cannot be awaited (then none of them has begun)
 */
export function asCompleted<A extends Awaitable<unknown>>(
  awaitables: Several<A>,
  options: AsCompletedOptions = {},
): AsCompleted<ResultOf<A>> {
  const timeoutMs = checkedMs('asCompleted: timeoutMs', options.timeoutMs ?? null);
  const distinct = elementsOf('asCompleted', awaitables);
  for (const awaitable of distinct) {
    // Before the first of them becomes a task.
    if (!isAwaitable(awaitable)) throw wrongType('asCompleted', 'futures, coroutines or promises', awaitable);
  }
  return new AsCompleted(distinct as Set<Awaitable<ResultOf<A>>>, timeoutMs);
}
