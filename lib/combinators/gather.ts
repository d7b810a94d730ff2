/** Waiting for several at once. */

import { CancelledError, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { runningLoop } from '../loop/running-loop.js';
import { type Awaitable, type Coroutine, Future, type Steps, ensureFutureOn, isFuture } from '../tasks/index.js';

/** How `gather` treats errors. */
export interface GatherOptions {
  /** Put errors and cancellations into the list of results instead of failing with the first. Default: false. */
  returnExceptions?: boolean;
}

/** What awaiting something gives. */
export type Awaited1<A> =
  A extends Future<infer T> ? T : A extends Coroutine<infer T> ? T : A extends Steps<infer T> ? T : Awaited<A>;

/** The results of a list or tuple of awaitables, in the order of the arguments. */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: Awaited1<A[K]> };

/** The outer future: cancelling it cancels the children, and it then ends when they have. */
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

  /** The error to end with, if it was cancelled meanwhile. */
  get cancelRequest(): CancelledError | null {
    return this.request === null ? null : new CancelledError(this.request.reason);
  }
}

/**
 * Runs the awaitables concurrently and gives their results in the order of the arguments.
 *
 * The first error is passed on at once, the others go on running. Cancelling the future cancels all that are not done. The same
 * awaitable given twice runs once and fills both places.
 *
 * @returns a future; `gather([])` is done already
 */
export function gather<const A extends readonly Awaitable<unknown>[]>(
  awaitables: A,
  options: GatherOptions = {},
): Future<Gathered<A>> {
  if (!Array.isArray(awaitables)) throw wrongType('gather', 'an array of awaitables', awaitables);
  const loop = loopOf(awaitables);
  const children = toFutures(loop, awaitables);
  const outer = new GatheringFuture<Gathered<A>>(loop, [...new Set(children)]);
  const { returnExceptions = false } = options;
  let pending = new Set(children).size;
  if (pending === 0) outer.setResult([] as Gathered<A>);

  const onDone = (child: Future): void => {
    pending -= 1;
    const error = failureOf(child); // also marks it as retrieved: the later errors of siblings need no report
    if (outer.done()) return;
    if (error !== null && !returnExceptions) {
      if (error.value instanceof CancelledError) outer._failCancelled(outer.cancelRequest ?? error.value);
      else outer.setException(error.value);
      return;
    }
    if (pending > 0) return;
    const request = outer.cancelRequest;
    // With returnExceptions the cancellation of the children is a result, but whoever cancelled the outer future is heard. It
    // ends with an error and not as cancelled, as in asyncio: the children have all been given the time to end.
    if (request !== null) outer.setException(request);
    else outer.setResult(children.map((each) => failureOf(each)?.value ?? each.result()) as Gathered<A>);
  };
  for (const child of new Set(children)) child.addDoneCallback(onDone);
  return outer;
}

function loopOf(awaitables: readonly unknown[]): LoopCore {
  const loops = new Set(awaitables.filter(isFuture).map((future) => future.getLoop()));
  if (loops.size > 1) throw new RangeError('gather: expected futures of one loop, got futures of different loops');
  const [loop] = loops;
  return loop ?? runningLoop();
}

function toFutures(loop: LoopCore, awaitables: ReadonlyArray<Awaitable<unknown>>): Future[] {
  const made = new Map<unknown, Future>();
  const bad = awaitables.find((awaitable) => !isAwaitable(awaitable));
  if (bad !== undefined || awaitables.includes(undefined as never)) {
    throw wrongType('gather', 'futures, coroutines or promises', bad); // before the first becomes a task
  }
  return awaitables.map((awaitable) => {
    let future = made.get(awaitable);
    if (future === undefined) {
      future = ensureFutureOn(loop, awaitable);
      made.set(awaitable, future);
    }
    return future;
  });
}

function isAwaitable(x: unknown): boolean {
  if (typeof x !== 'object' || x === null) return false;
  return typeof (x as { then?: unknown }).then === 'function' || typeof (x as { next?: unknown }).next === 'function';
}

function failureOf(future: Future): { value: unknown } | null {
  try {
    future.result();
    return null;
  } catch (value) {
    return { value };
  }
}
