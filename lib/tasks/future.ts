/**
 * Future: a result that is not available yet.
 *
 * It is the only thing a task can wait for. Every wait (a sleep, a socket, a lock) parks its task on a Future, so there is one way to
 * wake a task and one way to cancel a wait. Done-callbacks never run inside `setResult`: they are scheduled in the order in which they
 * were added, so setting a result never runs foreign code. The semantics are those of asyncio.Future; a `then` makes `await` work.
 */

import {
  CancelledError,
  InvalidStateError,
  checkOptions,
  describeError,
  isCancelled,
  isError,
  wrongType,
} from '../errors/index.js';
import { checkCallback } from '../loop/callback.js';
import { type Context, captureContext, checkContext } from '../loop/context.js';
import { Handle } from '../loop/handle.js';
import { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';
import { currentLoop } from './current-loop.js';
import { FutureWait } from './generator-driver.js';
import { Listeners } from './listeners.js';
import { finallyOf, thenOf } from './promise-wait.js';
import { expectRetrieval, markRetrieved } from './unretrieved.js';
import { type Waitable, futureMark, isWaitable } from './waitable.js';

/** Called, through the loop, with the future that is done. */
export type DoneCallback<T> = (future: Future<T>) => unknown;

/** How a future is created. */
export interface FutureOptions {
  /** The loop that runs its callbacks. Default: the running loop. */
  loop?: LoopCore;
}

/** The return type of a generator coroutine function: it yields futures to its task, or nothing to yield to the loop. */
export type Steps<T> = Generator<Future | undefined, T>;

type State = 'pending' | 'finished' | 'failed' | 'cancelled';

/**
 * A result, an error or a cancellation, to be set later.
 *
 * @example
 * import { Future, run } from 'selectloop';
 *
 * await run(async () => {
 *   const answer = new Future<number>();
 *   setTimeout(() => answer.setResult(42), 10);
 *   console.log(await answer); // 42
 * });
 */
export class Future<T = unknown> implements Waitable<T> {
  /** @internal True while a `yield*` hands the future to its task; false shows that it was a bare `yield future`. */
  _yielded = false;
  /** @internal The loop that runs its callbacks. */
  readonly _loop: LoopCore;
  private state: State = 'pending';
  /** The result or the error. */
  private value: unknown = undefined;
  /** The first listener. Few futures have more. */
  private listener: Runnable | null = null;
  /** The listeners added after the first. */
  private moreListeners: Listeners | null = null;
  private cancelReason: unknown = undefined;
  /** @internal Where it was created; set only in debug mode. */
  readonly _source: string | null;

  /** @param options the loop; default: the running one (LoopError ERR_NO_RUNNING_LOOP if there is none) */
  constructor(options?: FutureOptions) {
    this._loop = options === undefined ? currentLoop() : loopOf(options);
    this._source = this._loop._sourceOfCaller();
  }

  /** @internal True: shows that the object is a future, even one of another copy of this library. */
  get [futureMark](): boolean {
    return this._loop !== undefined; // false for the prototype
  }

  /** Returns true once there is a result, an error or a cancellation. */
  done(): boolean {
    return this.state !== 'pending';
  }

  /** Returns true if it was cancelled. */
  cancelled(): boolean {
    return this.state === 'cancelled';
  }

  /** Returns the result. Throws the error if it failed, a CancelledError if it was cancelled, an InvalidStateError if it is not done. */
  result(): T {
    if (this.state === 'finished') return this.value as T;
    throw this.failure('result');
  }

  /** Returns the error; null if there is a result. Throws a CancelledError if it was cancelled, an InvalidStateError if it is not done. */
  exception(): unknown {
    if (this.state === 'finished') return null;
    const failure = this.failure('exception');
    if (this.state !== 'failed') throw failure;
    return failure;
  }

  /** Returns the error that `result()` throws: always the same object, however often it is retrieved. */
  private failure(method: string): unknown {
    if (this.state === 'pending') return new InvalidStateError(`${method} is not ready: ${this.toString()}`);
    if (this.state === 'cancelled') return (this.value ??= new CancelledError(this.cancelReason));
    markRetrieved(this);
    return this.value;
  }

  /** Returns the loop that runs its callbacks. */
  getLoop(): LoopCore {
    return this._loop;
  }

  /** Sets the result. InvalidStateError if it is done. */
  setResult(value: T): void {
    this._finish(value);
  }

  /**
   * Sets the error: what awaiting it throws, which may be any value. A class of errors is instantiated. InvalidStateError if it is done;
   * TypeError for a function that is no class of errors.
   */
  setException(error: unknown): void {
    this._fail(typeof error === 'function' ? instanceOf(error) : error);
  }

  /** Cancels it: awaiting it throws a CancelledError with `reason` as its message. Returns false if it is done; then nothing changes. */
  cancel(reason?: unknown): boolean {
    if (this.state === 'failed') markRetrieved(this); // the caller no longer needs the outcome, so the error is not reported (as in asyncio)
    if (this.state !== 'pending') return false;
    this.cancelReason = reason;
    this.settle('cancelled', undefined);
    return true;
  }

  /** @internal Does what `setResult` does; for subclasses that do not let users call `setResult`. */
  _finish(value: T): void {
    this.settle('finished', value);
  }

  /** @internal setException, likewise. */
  _fail(error: unknown): void {
    this.settle('failed', error);
    if (isCancelled(error)) return; // an ignored cancellation hides no bug
    expectRetrieval(this, { loop: this._loop, exception: error, what: this.describeOwner(), source: this._source });
  }

  /** @internal Cancels it with an existing error, which awaiting it throws. */
  _failCancelled(error: CancelledError): void {
    this.settle('cancelled', error);
  }

  /**
   * @internal Sets the result and runs the listeners immediately. Only for handles of the loop (a timer or a descriptor that wakes the one
   * task parked on it): the task resumes in this iteration instead of the next, which saves a poll per wake-up.
   */
  _finishNow(value: T): void {
    const { listener, moreListeners } = this;
    this.listener = null;
    this.moreListeners = null;
    this.settle('finished', value);
    if (listener !== null) listener._run();
    if (moreListeners !== null) moreListeners.run();
  }

  private settle(state: State, value: unknown): void {
    if (this.state !== 'pending') throw new InvalidStateError(`invalid state: ${this.toString()} is already done`);
    this.state = state;
    this.value = value;
    const { listener, moreListeners } = this;
    this.listener = null;
    this.moreListeners = null;
    if (listener !== null) this._loop._enqueue(listener);
    if (moreListeners !== null) moreListeners.enqueueOn(this._loop);
  }

  /**
   * Schedules `callback(future)` once it is done; if it is done now, for the next iteration. TypeError for anything that cannot be
   * called.
   *
   * @param options `context`: where it runs. Default: a copy of the context of the code that adds it.
   */
  addDoneCallback(callback: DoneCallback<T>, options?: { context?: Context }): void {
    checkCallback(callback, 'addDoneCallback', this._loop.getDebug());
    const context = options === undefined ? captureContext() : contextOf(options);
    this._listen(new Handle(callback, [this], this._loop._sourceOfCaller(), context));
  }

  /** Removes every registration of `callback`. Returns how many there were. */
  removeDoneCallback(callback: DoneCallback<T>): number {
    const { listener } = this;
    let removed = this.moreListeners?.deleteCallback(callback) ?? 0;
    if (listener instanceof Handle && listener._callback === callback) {
      this.listener = null;
      removed += 1;
    }
    return removed;
  }

  /** @internal Runs `listener` on the loop when the future is done. It is a parked task, a waiting promise, or a handle with a callback. */
  _listen(listener: Runnable): void {
    if (this.state !== 'pending') this._loop._enqueue(listener);
    else if (this.listener === null && this.moreListeners === null) this.listener = listener;
    else (this.moreListeners ??= new Listeners()).add(listener);
  }

  /** @internal Undoes `_listen`. */
  _unlisten(listener: Runnable): void {
    if (this.listener === listener) this.listener = null;
    else this.moreListeners?.delete(listener);
  }

  /** @internal The listeners, in the order in which they were added. */
  _listening(): readonly Runnable[] {
    const first = this.listener === null ? [] : [this.listener];
    return this.moreListeners === null ? first : [...first, ...this.moreListeners];
  }

  /** `yield* future` in a generator coroutine: waits for the result. */
  [Symbol.iterator](): Iterator<Future, T> {
    return new FutureWait<Future<T>, T>(this) as Iterator<Future, T>;
  }

  /** `await future` in an async function: waits for the result. As with promises, it can be called with callbacks, and returns a promise. */
  then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    return thenOf(this, onFulfilled, onRejected);
  }

  /** Returns a promise for the result, or for what `onRejected` returns for the error: the `catch` of promises. */
  catch<R = never>(onRejected?: ((error: unknown) => R | PromiseLike<R>) | null): Promise<T | R> {
    return this.then(null, onRejected);
  }

  /** Returns a promise for the same outcome, after `onFinally` has run: the `finally` of promises. */
  finally(onFinally?: (() => unknown) | null): Promise<T> {
    return finallyOf(this, onFinally);
  }

  toString(): string {
    return `<${this.constructor.name} ${this.describeState()}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal Its name in call graphs and traces. */
  _describeWait(): string {
    return 'a future';
  }

  /** "pending", "finished", "failed" or "cancelled", with details. */
  protected describeState(): string {
    const { state, value } = this;
    return state === 'failed' ? `failed exception=${describeError(value)}` : state;
  }

  /** Its name in a report about it. */
  protected describeOwner(): string {
    return 'Future';
  }
}

/** Returns the loop among the options of a future; the running one if there is none. */
function loopOf(options: FutureOptions): LoopCore {
  const { loop } = checkOptions('Future: options', options);
  if (loop === undefined) return currentLoop();
  if (!(loop instanceof LoopCore)) throw wrongType('Future: loop', 'an event loop', loop);
  return loop;
}

/** Returns the context among the options of a callback; a copy of the current one if there is none. */
function contextOf(options: { context?: Context }): Context | null {
  const { context } = checkOptions('addDoneCallback: options', options);
  if (context === undefined) return captureContext();
  checkContext(context, 'addDoneCallback');
  return context;
}

/** Makes an error of a class. Other functions are refused: they were probably meant to be called. */
function instanceOf(given: { prototype?: unknown }): Error {
  if (given !== Error && !isError(given.prototype))
    throw wrongType('setException', 'an error or a class of errors', given);
  return new (given as unknown as new () => Error)();
}

/** True for futures and tasks, including those of another copy of this library. */
export function isFuture(x: unknown): x is Future {
  return isWaitable(x);
}
