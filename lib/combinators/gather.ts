/** `gather`: runs several awaitables concurrently and collects their results. */

import { CancelledError, checkNames, isCancelled, wrongType, optionNames } from '../errors/index.js';
import type { Linked } from '../collections/linked-list.js';
import type { LoopCore } from '../loop/loop-core.js';
import {
  type Abortable,
  type Awaitable,
  type Coroutine,
  Future,
  type Steps,
  ensureFutureOn,
  isAwaitable,
  isFuture,
  signalOf,
} from '../tasks/index.js';
import { type AbortTarget, abortErrorOf, followSignal, unfollowSignal } from '../tasks/abort-signals.js';
import { onBehalfOf } from '../tasks/awaiter.js';
import { currentLoop } from '../tasks/current-loop.js';
import { placing } from '../tasks/placing.js';
import { passOn } from '../tasks/task.js';
import type { PassedOn, Relay, Visit } from '../tasks/waitable.js';

/** Options of {@link gather}. */
export interface GatherOptions extends Abortable {
  /** If true, errors and cancellations become elements of the results, instead of failing the gather. Default: false. */
  returnExceptions?: boolean;
}

const OPTIONS = optionNames<GatherOptions>({ returnExceptions: true, signal: true });

/** The type that awaiting an `A` gives. */
export type ResultOf<A> =
  A extends Future<infer T> ? T : A extends Coroutine<infer T> ? T : A extends Steps<infer T> ? T : Awaited<A>;

/** The types of the results, in the order of the awaitables. */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: ResultOf<A[K]> };

/** The future that `gather` returns. Cancelling it only cancels its children; it ends when the outcome of the children ends it. */
class GatheringFuture<T> extends Future<T> implements Relay, AbortTarget {
  /** @internal The target before this one in the list of the signal. */
  _previous: Linked | null = null;
  /** @internal The target after this one. */
  _next: Linked | null = null;
  /** @internal Set while a request is passed on to the children. */
  _visit: Visit | null = null;
  private readonly children: ReadonlyArray<Future>;
  private readonly signal: AbortSignal | undefined;
  /** The last cancellation request of a task that a child has taken. */
  private request: { reason: unknown } | null = null;
  /** A child has taken the request of the signal. */
  private aborted = false;

  constructor(loop: LoopCore, children: ReadonlyArray<Future>, signal: AbortSignal | undefined) {
    super({ loop });
    this.children = children;
    this.signal = signal;
    if (placing !== null) placing.futureAwaited(this); // the `await` of an async function would be too late
  }

  /** Lets the signal cancel it. If the signal is aborted, it fails immediately. */
  followSignal(): void {
    const { signal } = this;
    if (signal === undefined || this.done()) return;
    if (!signal.aborted) {
      followSignal(signal, this);
      return;
    }
    this._aborted();
    this.fail(abortErrorOf(signal));
  }

  /** @internal Cancels the children. */
  _aborted(): void {
    if (this._loop.isClosed()) return; // a signal may outlive the loop
    const { request } = this;
    if (passOn(this, this.signal?.reason, new Set()) === 'taken') this.aborted = true;
    this.request = request; // that of the signal is not one of a task, which would end as cancelled
  }

  /** Ends it with the results. */
  finish(results: T): void {
    if (this.signal !== undefined) unfollowSignal(this.signal, this);
    this.setResult(results);
  }

  /** Ends it with an error. A CancelledError that the signal has caused becomes the reason of the signal. */
  fail(error: unknown): void {
    const { signal } = this;
    if (signal !== undefined) unfollowSignal(signal, this);
    const becauseOfSignal = this.aborted && this.request === null && isCancelled(error);
    this._fail(signal !== undefined && becauseOfSignal ? abortErrorOf(signal) : error);
  }

  override cancel(reason?: unknown): boolean {
    return this.done() ? super.cancel(reason) : passOn(this, reason, new Set()) === 'taken';
  }

  /** @internal Returns the children, to which the request is passed on. */
  _cancelBegins(): readonly Future[] {
    return this.children;
  }

  /** @internal Records the request if a child took it. None does if all are done: their results count, even if `onDone` has not run yet. */
  _cancelEnds(reason: unknown, outcome: PassedOn): PassedOn {
    if (outcome === 'taken') this.request = { reason };
    return outcome;
  }

  /** @internal Its name in call graphs and traces. */
  override _describeWait(): string {
    return `gather of ${this.children.length}`;
  }

  /** Returns the CancelledError of the recorded request, also of the signal; null if there was none. */
  cancelRequest(): CancelledError | null {
    if (this.request !== null) return new CancelledError(this.request.reason);
    return this.aborted ? new CancelledError(this.signal?.reason) : null;
  }
}

/**
 * Runs the awaitables concurrently and returns their results, in the order of the arguments.
 *
 * Coroutines become tasks. Promises are awaited, and cannot be cancelled. An awaitable that is given twice runs once, and its result
 * fills both positions. The first error or cancellation of an awaitable fails the gather immediately; the other awaitables keep running,
 * and their errors are not reported.
 *
 * Cancelling the future, or the task that awaits it, cancels every awaitable that is not done. The future then fails with a
 * CancelledError when the first of them has ended, or with `returnExceptions` when all have ended. To wait for all of them in any case,
 * use {@link taskGroup}.
 *
 * Aborting the `signal` does the same, and the future fails with the reason of the signal. If it is already aborted, no coroutine starts.
 *
 * @returns a future; it is already done if all awaitables are done, as for `gather([])`
 * @throws TypeError for anything but an array of awaitables, RangeError for futures of different loops; none of them is then started
 *
 * @example
 * import { gather, run, sleep } from 'selectloop';
 *
 * await run(async () => {
 *   const results = await gather([sleep(20, 'slow'), sleep(10, 'fast')]);
 *   console.log(results.join(', ')); // slow, fast
 * });
 */
export function gather<const A extends readonly Awaitable<unknown>[]>(
  awaitables: A,
  options: GatherOptions = {},
): Future<Gathered<A>> {
  if (!Array.isArray(awaitables)) throw wrongType('gather', 'an array of awaitables', awaitables);
  const { returnExceptions = false } = checkNames('gather: options', options, OPTIONS);
  const signal = signalOf('gather', options);
  const loop = loopOf(awaitables);
  const { futures, children } = toFutures(loop, awaitables);
  const outer = new GatheringFuture<Gathered<A>>(loop, children, signal);
  let pending = children.length;

  const finish = (): void => {
    outer.finish(futures.map(outcomeOf) as Gathered<A>);
  };
  if (pending === 0) finish();

  const onDone = (child: Future): void => {
    pending -= 1;
    const failed = hasFailed(child); // also marks the child's error as retrieved, so that no error after the first is reported
    if (outer.done()) return;
    // As in asyncio, `outer` fails with a child's CancelledError instead of becoming cancelled. Either only the child was cancelled, or
    // `outer.cancel()` has cancelled the children, and they have had time to clean up.
    if (failed && !returnExceptions) {
      outer.fail(outcomeOf(child));
      return;
    }
    if (pending > 0) return;
    // With returnExceptions a child's cancellation is one of the results, but a cancellation of `outer` itself must still fail it.
    const request = outer.cancelRequest();
    if (request !== null) outer.fail(request);
    else finish();
  };
  // Children that are done are handled now, so that gathering finished futures does not take an iteration of the loop.
  const done = children.filter((child) => child.done());
  if (done.length < children.length) onBehalfOf(outer, onDone);
  for (const child of children) if (!child.done()) child.addDoneCallback(onDone);
  for (const child of done) onDone(child);
  outer.followSignal();
  return outer;
}

/** Checks the awaitables, before any coroutine is started, and returns the loop of the futures among them, or the running loop. */
function loopOf(awaitables: readonly unknown[]): LoopCore {
  let loop: LoopCore | null = null;
  for (const awaitable of awaitables) {
    if (isFuture(awaitable)) {
      loop ??= awaitable.getLoop();
      if (awaitable.getLoop() === loop) continue;
      throw new RangeError('gather: expected futures of one loop, got futures of different loops');
    }
    if (!isAwaitable(awaitable)) throw wrongType('gather', 'futures, coroutines or promises', awaitable);
  }
  return loop ?? currentLoop();
}

/** Returns the future of each awaitable, and the distinct ones among them. Coroutines become tasks. */
function toFutures(loop: LoopCore, awaitables: readonly unknown[]): { futures: Future[]; children: Future[] } {
  const known = new Map<unknown, Future>();
  const futures = awaitables.map((awaitable) => {
    let future = known.get(awaitable);
    if (future === undefined) known.set(awaitable, (future = ensureFutureOn(loop, awaitable as Awaitable<unknown>)));
    return future;
  });
  return { futures, children: [...known.values()] };
}

/** Returns true if the future has failed or is cancelled. `exception()` is null also for a future that failed with `throw null`. */
function hasFailed(future: Future): boolean {
  try {
    future.result();
    return false;
  } catch {
    return true;
  }
}

/** Returns the result of the future, or the error it failed with. */
function outcomeOf(future: Future): unknown {
  try {
    return future.result();
  } catch (error) {
    return error;
  }
}
