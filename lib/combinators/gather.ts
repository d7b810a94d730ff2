/** Waiting for several awaitables together. */

import { CancelledError, checkOptions, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import {
  type Awaitable,
  type Coroutine,
  Future,
  type Steps,
  ensureFutureOn,
  isAwaitable,
  isFuture,
} from '../tasks/index.js';
import { onBehalfOf } from '../tasks/awaiter.js';
import { currentLoop } from '../tasks/current-loop.js';
import { passOn } from '../tasks/task.js';
import type { PassedOn, Relay, Visit } from '../tasks/waitable.js';

/** Options of {@link gather}. */
export interface GatherOptions {
  /** If true, errors and cancellations become elements of the results instead of failing the whole. Default: false. */
  returnExceptions?: boolean;
}

/** The type of the result of awaiting an `A`. */
export type ResultOf<A> =
  A extends Future<infer T> ? T : A extends Coroutine<infer T> ? T : A extends Steps<infer T> ? T : Awaited<A>;

/** The results of a list or tuple of awaitables, in the order of the arguments. */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: ResultOf<A[K]> };

/** The outer future. Cancelling it cancels the children; it then ends when they do. */
class GatheringFuture<T> extends Future<T> implements Relay {
  /** @internal */
  _visit: Visit | null = null;
  private readonly children: ReadonlyArray<Future>;
  private request: { reason: unknown } | null = null;

  constructor(loop: LoopCore, children: ReadonlyArray<Future>) {
    super({ loop });
    this.children = children;
  }

  override cancel(reason?: unknown): boolean {
    return this.done() ? super.cancel(reason) : passOn(this, reason, new Set()) === 'taken';
  }

  /** @internal */
  _cancelBegins(): readonly Future[] {
    return this.children;
  }

  /** @internal If all children are done, their results stand, even though our done-callbacks have not run yet. */
  _cancelEnds(reason: unknown, outcome: PassedOn): PassedOn {
    if (outcome === 'taken') this.request = { reason };
    return outcome;
  }

  /** @internal What a task that waits for it is said to wait for, in traces and call graphs. */
  override _describeWait(): string {
    return `gather of ${this.children.length}`;
  }

  /** Returns the error to end with if it was cancelled meanwhile; null otherwise. */
  cancelRequest(): CancelledError | null {
    return this.request === null ? null : new CancelledError(this.request.reason);
  }
}

/**
 * Runs the awaitables concurrently and returns their results in the order of the arguments: a tuple for a tuple.
 *
 * Coroutines become tasks; promises are awaited, and cannot be cancelled. An awaitable that is given twice runs once and fills both
 * positions. The first error or cancellation fails the whole immediately; the other awaitables keep running, and later errors are
 * not reported.
 *
 * Cancelling the future, or the task that awaits it, cancels every awaitable that is not done. The future then fails with a
 * CancelledError when the first of them has ended, or with `returnExceptions` when all have. Use {@link taskGroup} to wait for all
 * of them in any case.
 *
 * @returns a future, already done if all awaitables are, as for `gather([])`
 * @throws TypeError for anything but an array of awaitables (then none of them is started), RangeError for futures of different loops
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
  const { returnExceptions = false } = checkOptions('gather: options', options);
  const loop = loopOf(awaitables);
  const futures = toFutures(loop, awaitables);
  const children = [...futures.values()];
  const outer = new GatheringFuture<Gathered<A>>(loop, children);
  let pending = children.length;

  const finish = (): void => {
    outer.setResult(awaitables.map((each) => outcomeOf(futures.get(each)!)) as Gathered<A>);
  };
  if (pending === 0) finish();

  const onDone = (child: Future): void => {
    pending -= 1;
    const failed = hasFailed(child); // also marks its error as retrieved, so later errors of siblings are not reported
    if (outer.done()) return;
    // Even for a CancelledError the outer future fails instead of being cancelled, as in asyncio: the cancellation was a child's, or
    // the children were cancelled through the outer future and have had time to clean up.
    if (failed && !returnExceptions) {
      outer._fail(outcomeOf(child));
      return;
    }
    if (pending > 0) return;
    // With returnExceptions the cancellation of a child is a result, but a cancellation of the outer future itself must not be lost.
    const request = outer.cancelRequest();
    if (request !== null) outer._fail(request);
    else finish();
  };
  // Children that are done are handled here, so gathering finished futures takes no iteration of the loop.
  const done = children.filter((child) => child.done());
  if (done.length < children.length) onBehalfOf(outer, onDone);
  for (const child of children) if (!child.done()) child.addDoneCallback(onDone);
  for (const child of done) onDone(child);
  return outer;
}

/** Returns the loop of the futures, or the running one. Called before the first coroutine becomes a task: a mistake starts none. */
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

/** The future of each awaitable, one for all places where it stands. */
function toFutures(loop: LoopCore, awaitables: ReadonlyArray<Awaitable<unknown>>): Map<unknown, Future> {
  const futures = new Map<unknown, Future>();
  for (const awaitable of awaitables) {
    if (!futures.has(awaitable)) futures.set(awaitable, ensureFutureOn(loop, awaitable));
  }
  return futures;
}

/** Returns true if the future has failed. `exception()` cannot show it, because `null` can be thrown. */
function hasFailed(future: Future): boolean {
  try {
    future.result();
    return false;
  } catch {
    return true;
  }
}

/** Returns the result or the error, as a value. */
function outcomeOf(future: Future): unknown {
  try {
    return future.result();
  } catch (error) {
    return error;
  }
}
