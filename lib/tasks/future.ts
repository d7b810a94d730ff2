/**
 * Future: a result that is not there yet.
 *
 * The one thing a task can wait for. Everything that waits (a sleep, a socket, a lock) parks its task on a Future, so there
 * is one way to wake it and one way to cancel it. Done-callbacks never run inside `setResult`: they are scheduled, in the order in
 * which they were added, so whoever sets a result never runs other people's code.
 *
 * Semantics of asyncio.Future; not a Promise, but thenable, so `await future` works.
 */

import { CancelledError, InvalidStateError, describeValue } from '../errors/index.js';
import { checkCallback } from '../loop/callback.js';
import { type Context, captureContext, checkContext } from '../loop/context.js';
import { creationStack } from '../loop/debug.js';
import { Handle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';
import { FutureWait } from './future-wait.js';
import { thenOf } from './promise-wait.js';
import { type UnretrievedError, forgetError, rememberError } from './unretrieved.js';
import { type Waitable, futureMark, isWaitable } from './waitable.js';
import { currentLoop } from './current-loop.js';

/** Called, by way of the loop, with the future that is done. */
export type DoneCallback<T> = (future: Future<T>) => unknown;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a callback of a Future<T>; futures stay covariant in T this way
type AnyDoneCallback = DoneCallback<any>;

/**
 * Who is told when a future is done: a callback, or something the loop can run (a task, a waiting promise, a handle that has the
 * callback together with its context).
 */
type Listener = AnyDoneCallback | Runnable;

const enum State {
  Pending,
  Finished,
  Failed,
  Cancelled,
}

/** How a future is made. */
export interface FutureOptions {
  /** The loop that runs its callbacks. Default: the running loop. */
  loop?: LoopCore;
}

/** What a generator coroutine function returns: it yields futures to its task (or nothing, to give others a turn). */
export type Steps<T> = Generator<Future | undefined, T>;

/**
 * A result, an error or a cancellation that somebody will set.
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
  /** @internal Set while a `yield*` hands the future to its task, so that a bare `yield future` can be told apart. */
  _yielded = false;
  /** @internal */
  readonly _loop: LoopCore;
  private state = State.Pending;
  /** The result or the error. */
  private value: unknown = undefined;
  private listeners: Listener | Listener[] | null = null;
  private cancelReason: unknown = undefined;
  private unretrieved: UnretrievedError | null = null;
  /** @internal Where it was made; only in debug mode. */
  readonly _source: string | null;

  /** @param options the loop; default the running one (LoopError ERR_NO_RUNNING_LOOP when there is none) */
  constructor(options: FutureOptions = {}) {
    this._loop = options.loop ?? currentLoop();
    this._source = this._loop.getDebug() ? creationStack() : null;
  }

  /** @internal */
  get [futureMark](): boolean {
    return this._loop !== undefined; // false of the prototype
  }

  // --- State --------------------------------------------------------------------------------------------------------

  /** True once there is a result, an error or a cancellation. */
  done(): boolean {
    return this.state !== State.Pending;
  }

  /** True if it was cancelled. */
  cancelled(): boolean {
    return this.state === State.Cancelled;
  }

  /**
   * The result. Throws the error if it failed, a CancelledError if it was cancelled, an InvalidStateError if it is not done.
   */
  result(): T {
    if (this.state === State.Finished) return this.value as T;
    throw this.failure('result');
  }

  /**
   * The error; null if there is a result. Throws a CancelledError if it was cancelled, an InvalidStateError if it is not done.
   */
  exception(): unknown {
    if (this.state === State.Finished) return null;
    const failure = this.failure('exception');
    if (this.state !== State.Failed) throw failure;
    return failure;
  }

  /** The loop that runs its callbacks. */
  getLoop(): LoopCore {
    return this._loop;
  }

  // --- Settling -----------------------------------------------------------------------------------------------------

  /** Sets the result. InvalidStateError if it is done. */
  setResult(value: T): void {
    this._finish(value);
  }

  /** Sets the error; a class of errors is instantiated. InvalidStateError if it is done. */
  setException(error: unknown): void {
    this._fail(typeof error === 'function' ? new (error as new () => unknown)() : error);
  }

  /**
   * Cancels it: whoever awaits it gets a CancelledError with `reason` as its message.
   *
   * @returns false if it is done already; then nothing changes
   */
  cancel(reason?: unknown): boolean {
    // Who cancels a future that has failed has given up on it: its error needs no report (as in asyncio).
    this.markRetrieved();
    if (this.state !== State.Pending) return false;
    this.cancelReason = reason;
    this.settle(State.Cancelled, undefined);
    return true;
  }

  /** @internal setResult, also for subclasses that do not let their users call it. */
  _finish(value: T): void {
    this.checkPending();
    this.settle(State.Finished, value);
  }

  /** @internal setException, likewise. */
  _fail(error: unknown): void {
    this.checkPending();
    this.settle(State.Failed, error);
    if (error instanceof CancelledError) return; // a cancellation that nobody looks at hides no bug
    this.unretrieved = { exception: error, what: this.describeOwner(), source: this._source };
    rememberError(this, this._loop, this.unretrieved);
  }

  /** @internal Cancelled by an error that exists already, which is thrown on to whoever asks. */
  _failCancelled(error: CancelledError): void {
    this.checkPending();
    this.settle(State.Cancelled, error);
  }

  /**
   * @internal Sets the result and runs the listeners now instead of scheduling them.
   *
   * Only for the loop's own handles (a timer or a descriptor that wakes the one task that parked on it): there is no caller
   * whose code could be surprised, and the task moves in this iteration instead of the next, which saves a select per wake-up.
   */
  _finishNow(value: T): void {
    this.settleNow(State.Finished, value);
  }

  /** @internal The same for an error or a cancellation; nobody reports it, because a listener retrieves it at once. */
  _failNow(error: unknown): void {
    this.settleNow(error instanceof CancelledError ? State.Cancelled : State.Failed, error);
  }

  // --- Listening ----------------------------------------------------------------------------------------------------

  /**
   * Has the loop call `callback(future)` once it is done; in the next iteration if it is done already. TypeError for anything
   * that cannot be called.
   *
   * @param options `context`: where it runs. Default: a copy of the context of the code that adds it.
   */
  addDoneCallback(callback: DoneCallback<T>, options: { context?: Context } = {}): void {
    checkCallback(callback, 'addDoneCallback', this._loop.getDebug());
    if (options.context !== undefined) checkContext(options.context, 'addDoneCallback');
    const context = options.context ?? captureContext();
    this._listen(context === null ? callback : this.handleOf(callback, context));
  }

  /** Takes back every registration of `callback`. Returns how many there were. */
  removeDoneCallback(callback: DoneCallback<T>): number {
    return this._unlisten(callback);
  }

  /** @internal */
  _listen(listener: Listener): void {
    const { listeners } = this;
    if (this.state !== State.Pending) this.notify(listener);
    else if (listeners === null) this.listeners = listener;
    else if (Array.isArray(listeners)) listeners.push(listener);
    else this.listeners = [listeners, listener];
  }

  /** @internal */
  _unlisten(listener: Listener): number {
    const before = asList(this.listeners);
    const after = before.filter(
      (other) => other !== listener && !(other instanceof Handle && other._callback === listener),
    );
    this.listeners = after.length === 0 ? null : after;
    return before.length - after.length;
  }

  /** @internal Who is told when it is done, for the call graph. */
  _listening(): readonly Listener[] {
    return asList(this.listeners);
  }

  // --- Awaiting -----------------------------------------------------------------------------------------------------

  /** `yield* future` in a generator coroutine: waits for the result. */
  [Symbol.iterator](): Iterator<Future, T> {
    return new FutureWait<Future<T>, T>(this) as Iterator<Future, T>;
  }

  /** `await future` in an async function: waits for the result. */
  then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    return thenOf(this, onFulfilled, onRejected);
  }

  toString(): string {
    return `<${this.constructor.name} ${this.describeState()}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal */
  _describeBriefly(): string {
    return this.toString();
  }

  /** @internal What a task waits for that waits for it, for traces. */
  _describeWait(): string {
    return 'a future';
  }

  /** "pending", "finished", "failed" or "cancelled", with details. */
  protected describeState(): string {
    switch (this.state) {
      case State.Pending:
        return 'pending';
      case State.Finished:
        return 'finished';
      case State.Failed:
        return `failed exception=${this.value instanceof Error ? String(this.value) : describeValue(this.value)}`;
      case State.Cancelled:
        return 'cancelled';
    }
  }

  /** What a report about it names. */
  protected describeOwner(): string {
    return 'Future';
  }

  private checkPending(): void {
    if (this.state !== State.Pending) throw new InvalidStateError(`invalid state: ${this.toString()} is already done`);
  }

  /** What `result()` throws when there is no result. The error object stays the same, however often it is asked for. */
  private failure(asked: string): unknown {
    switch (this.state) {
      case State.Failed:
        this.markRetrieved();
        return this.value;
      case State.Cancelled:
        this.value ??= new CancelledError(this.cancelReason);
        return this.value;
      default:
        return new InvalidStateError(`${asked} is not ready: ${this.toString()}`);
    }
  }

  /** @internal True if it has failed and nobody has asked for the error. */
  _hasUnretrievedError(): boolean {
    return this.unretrieved !== null;
  }

  private markRetrieved(): void {
    if (this.unretrieved === null) return;
    forgetError(this._loop, this.unretrieved);
    this.unretrieved = null;
  }

  private settle(state: State, value: unknown): void {
    this.state = state;
    this.value = value;
    const { listeners } = this;
    if (listeners === null) return;
    this.listeners = null;
    if (Array.isArray(listeners)) for (const listener of listeners) this.notify(listener);
    else this.notify(listeners);
  }

  private settleNow(state: State, value: unknown): void {
    this.state = state;
    this.value = value;
    const { listeners } = this;
    this.listeners = null;
    for (const listener of asList(listeners)) this.runnableOf(listener)._run();
  }

  private notify(listener: Listener): void {
    this._loop._enqueue(this.runnableOf(listener));
  }

  /** A callback alone is one whose context is empty: it does not get that of whoever settles the future. */
  private runnableOf(listener: Listener): Runnable {
    return typeof listener === 'function' ? this.handleOf(listener, null) : listener;
  }

  private handleOf(callback: AnyDoneCallback, context: Context | null): Handle {
    return new Handle(callback, [this], this._loop._sourceOfCaller(), context);
  }
}

function asList(listeners: Listener | Listener[] | null): Listener[] {
  if (listeners === null) return [];
  return Array.isArray(listeners) ? listeners : [listeners];
}

/** True for futures and tasks, also those of another copy of this library. */
export function isFuture(x: unknown): x is Future {
  return isWaitable(x);
}
