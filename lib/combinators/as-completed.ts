/** Results in the order of completion. */

import { checkNames, TimeoutError, wrongType, optionNames } from '../errors/index.js';
import { type Linked, LinkedList } from '../collections/linked-list.js';
import { RingQueue } from '../collections/ring-queue.js';
import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import {
  type Abortable,
  type Awaitable,
  type Coroutine,
  Future,
  type Steps,
  ensureFutureOn,
  isAwaitable,
  operation,
  signalOf,
} from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { checkedMs } from './checked-ms.js';
import { type Several, elementsOf } from './elements.js';
import type { ResultOf } from './gather.js';

/** Options of {@link asCompleted}. Aborting the `signal` ends the wait for the next one; the awaitables keep running. */
export interface AsCompletedOptions extends Abortable {
  /** The time limit for all of them together, in milliseconds; null, the default: no limit. */
  timeoutMs?: number | null;
}

const OPTIONS = optionNames<AsCompletedOptions>({ timeoutMs: true, signal: true });

/**
 * A future that `for await` has yielded. It is done: call its `result()`.
 *
 * At run time it is the future itself. The type hides `then`, because TypeScript assumes that `for await` awaits anything with a
 * `then`, and would infer `T` instead of the future.
 */
export type CompletedFuture<T> = Future<T> & { readonly then: never };

/**
 * Iterates over awaitables in the order in which they complete.
 *
 * `for (const next of asCompleted(list)) yield* next` yields coroutines: the first one awaited returns the first result, and so on.
 * `for await (const future of asCompleted(list))` yields the futures themselves; a task that was passed in is yielded as it is. After
 * the time limit, the next wait throws TimeoutError. Iteration can be resumed after a `break`.
 */
export class AsCompleted<T> implements Iterable<Coroutine<T>>, AsyncIterable<CompletedFuture<T>> {
  private readonly loop: LoopCore;
  private readonly pending: Set<Future<T>>;
  private readonly completed = new RingQueue<Future<T>>();
  private readonly waiters = new LinkedList<NextWaiter>();
  private readonly timer: TimedHandle | null;
  private left: number;
  private timedOut = false;

  /** @internal Created by `asCompleted`. */
  constructor(
    distinct: Set<Awaitable<T>>,
    private readonly timeoutMs: number | null,
    private readonly options: Abortable,
  ) {
    this.loop = currentLoop();
    this.pending = new Set([...distinct].map((awaitable) => ensureFutureOn(this.loop, awaitable)));
    this.left = this.pending.size;
    this.timer = timeoutMs === null || this.left === 0 ? null : this.loop.callLater(timeoutMs, () => this.onTimeout());
    for (const future of this.pending) future.addDoneCallback(this.onDone);
  }

  *[Symbol.iterator](): Generator<Coroutine<T>> {
    while (this.left > 0) {
      this.left -= 1;
      yield operation('asCompleted', this.nextResult(), this.options, null);
    }
  }

  /** Hand-written, because an async generator would await the futures that it yields. */
  [Symbol.asyncIterator](): AsyncIterator<CompletedFuture<T>, undefined> {
    return {
      next: async () => {
        if (this.left === 0) return { done: true, value: undefined };
        this.left -= 1;
        let value: Future<T>;
        try {
          [value] = await operation('asCompleted', this.nextFuture(), this.options, null);
        } catch (error) {
          // A cancelled or aborted wait has consumed nothing, so the future it waited for is still to come.
          if (!this.timedOut) this.left += 1;
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
      if (this.timedOut) throw new TimeoutError(`the operation timed out after ${this.timeoutMs} ms`);
      const waiter = new NextWaiter({ loop: this.loop });
      this.waiters.add(waiter);
      let resumed = false;
      try {
        yield* waiter;
        resumed = true;
      } finally {
        this.waiters.delete(waiter);
        if (!resumed && this.completed.length > 0) this.wakeNext(); // cancelled: another one takes the future it was woken for
      }
    }
  }

  private readonly onDone = (future: Future<T>): void => {
    if (!this.pending.delete(future)) return;
    this.completed.push(future);
    if (this.pending.size === 0) this.timer?.cancel();
    this.wakeNext();
  };

  private onTimeout(): void {
    this.timedOut = true;
    for (const future of this.pending) future.removeDoneCallback(this.onDone);
    this.pending.clear();
    while (this.wakeNext());
  }

  /** Wakes one waiter: waking all for each future would take quadratic time. Returns false if there is none. */
  private wakeNext(): boolean {
    for (let waiter; (waiter = this.waiters.first) !== null;) {
      this.waiters.delete(waiter);
      if (waiter.done()) continue; // cancelled
      waiter.setResult();
      return true;
    }
    return false;
  }
}

/** The wait for the next future. */
class NextWaiter extends Future<void> implements Linked {
  /** @internal The waiter before this one. */
  _previous: Linked | null = null;
  /** @internal The waiter after this one. */
  _next: Linked | null = null;
}

/**
 * Iterates over awaitables in the order in which they complete; see {@link AsCompleted}. The time limit counts from this call, and
 * coroutines are started by it. Duplicates count once.
 *
 * Cancelling a wait for the next one neither cancels the awaitables nor loses a result: the next wait gets it. The awaitables also
 * keep running after the time limit.
 *
 * @throws TypeError for a single future or coroutine, and for an element that cannot be awaited (then none of them is started);
 *   RangeError for a time limit of NaN
 *
 * @example
 * import { asCompleted, run, sleep } from 'selectloop';
 *
 * await run(async () => {
 *   for await (const future of asCompleted([sleep(50, 'slow'), sleep(5, 'fast')])) {
 *     console.log(future.result()); // fast, then slow
 *   }
 * });
 */
export function asCompleted<A extends Awaitable<unknown>>(
  awaitables: Several<A>,
  options: AsCompletedOptions = {},
): AsCompleted<ResultOf<A>> {
  const timeoutMs = checkedMs(
    'asCompleted: timeoutMs',
    checkNames('asCompleted: options', options, OPTIONS).timeoutMs ?? null,
  );
  signalOf('asCompleted', options); // checked before an awaitable is started
  const distinct = elementsOf('asCompleted', awaitables);
  for (const awaitable of distinct) {
    // Checked before the first of them becomes a task.
    if (!isAwaitable(awaitable)) throw wrongType('asCompleted', 'futures, coroutines or promises', awaitable);
  }
  return new AsCompleted(distinct as Set<Awaitable<ResultOf<A>>>, timeoutMs, options);
}
