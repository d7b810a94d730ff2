/** Waiting for several at once. */

import { CancelledError, wrongType } from '../errors/index.js';
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

/** How `gather` treats errors. */
export interface GatherOptions {
  /** Put errors and cancellations into the list of results instead of failing with the first. Default: false. */
  returnExceptions?: boolean;
}

/** What awaiting something gives. */
export type ResultOf<A> =
  A extends Future<infer T> ? T : A extends Coroutine<infer T> ? T : A extends Steps<infer T> ? T : Awaited<A>;

/** The results of a list or tuple of awaitables, in the order of the arguments. */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: ResultOf<A[K]> };

/** The outer future. Cancelling it cancels the children, and it is they who then end it. */
class GatheringFuture<T> extends Future<T> {
  private readonly children: ReadonlyArray<Future>;
  private request: { reason: unknown } | null = null;

  constructor(loop: LoopCore, children: ReadonlyArray<Future>) {
    super({ loop });
    this.children = children;
  }

  override cancel(reason?: unknown): boolean {
    if (this.done()) return super.cancel(reason);
    let cancelled = false;
    for (const child of this.children) cancelled = child.cancel(reason) || cancelled;
    // If all children are done their results stand, although our own done-callbacks have not run yet.
    if (cancelled) this.request = { reason };
    return cancelled;
  }

  /** @internal */
  override _describeWait(): string {
    return `gather of ${this.children.length}`;
  }

  /** The error to end with, if it was cancelled meanwhile. */
  cancelRequest(): CancelledError | null {
    return this.request === null ? null : new CancelledError(this.request.reason);
  }
}

/**
 * Runs the awaitables concurrently and gives their results in the order of the arguments: a tuple for a tuple.
 *
 * Coroutines become tasks; a promise is followed (and cannot be cancelled). The same awaitable given twice runs once and fills both
 * places. The first error, or cancellation, is passed on at once, and the others go on running; what fails later is not reported.
 *
 * Cancelling the future, or the task that awaits it, cancels all that are not done. It fails with a CancelledError when the first of
 * them has ended, with `returnExceptions` when all have; a group waits for all (`taskGroup`).
 *
 * @returns a future; it is done already if all of them are, and `gather([])` is
 * @throws TypeError unless it gets an array of awaitables (then none of them has begun), RangeError for futures of different loops
 */
export function gather<const A extends readonly Awaitable<unknown>[]>(
  awaitables: A,
  options: GatherOptions = {},
): Future<Gathered<A>> {
  if (!Array.isArray(awaitables)) throw wrongType('gather', 'an array of awaitables', awaitables);
  const loop = loopOf(awaitables);
  const futures = toFutures(loop, awaitables);
  const children = [...futures.values()];
  const outer = new GatheringFuture<Gathered<A>>(loop, children);
  const { returnExceptions = false } = options;
  let pending = children.length;

  const finish = (): void => {
    outer.setResult(awaitables.map((each) => outcomeOf(futures.get(each)!)) as Gathered<A>);
  };
  if (pending === 0) finish();

  const onDone = (child: Future): void => {
    pending -= 1;
    const failed = hasFailed(child); // also marks an error as retrieved: the later errors of siblings need no report
    if (outer.done()) return;
    // The outer future ends with an error, and not as cancelled, also when that error is a CancelledError: it was a child
    // that was cancelled, or all of them were and have been given the time to end (as in asyncio).
    if (failed && !returnExceptions) {
      outer._fail(outcomeOf(child));
      return;
    }
    if (pending > 0) return;
    // With returnExceptions the cancellation of the children is a result, but whoever cancelled the outer future is heard.
    const request = outer.cancelRequest();
    if (request !== null) outer._fail(request);
    else finish();
  };
  // A child that is done already is not waited for: gathering what is there takes no turn of the loop.
  const done = children.filter((child) => child.done());
  if (done.length < children.length) onBehalfOf(outer, onDone);
  for (const child of children) if (!child.done()) child.addDoneCallback(onDone);
  for (const child of done) onDone(child);
  return outer;
}

/** The loop of the futures, or else the running one. Asked before the first coroutine becomes a task: a mistake starts nothing. */
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

/** Not by `exception()`: what was thrown may be null. */
function hasFailed(future: Future): boolean {
  try {
    future.result();
    return false;
  } catch {
    return true;
  }
}

/** The result, or the error, as a value. */
function outcomeOf(future: Future): unknown {
  try {
    return future.result();
  } catch (error) {
    return error;
  }
}
