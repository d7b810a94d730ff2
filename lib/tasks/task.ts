/**
 * Task: a coroutine that runs on the loop.
 *
 * Both flavours are driven here. A *generator* is stepped: it yields the future it waits for, the task parks on it, and goes on
 * with `next()` when it is done, or with `throw()` when the task was cancelled. A native *async function* is called once, and
 * followed; its waits are noted by promise-wait.ts, since it may have several at a time (`Promise.all`).
 *
 * Cancellation (asyncio's rules). `cancel()` counts a request and cancels what the task waits for. If there is nothing to cancel
 * (it has not started, has just been woken, or awaits a foreign promise) the request is kept and thrown at its next wait.
 * `uncancel()` takes a request back; with the last one a throw that is still pending is revoked too.
 *
 * When an async function awaits a generator coroutine that has to wait, the rest of that coroutine is driven by a *continuation*:
 * a Task object whose owner is the async function's task. It is not a task to the outside: `currentTask()` in it is the owner.
 */

import { CancelledError, InvalidStateError, LoopError, describeValue, isFatal, wrongType } from '../errors/index.js';
import { isAsyncFunction, isGeneratorFunction } from '../loop/callback.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';
import { Future, type Steps, isFuture } from './future.js';
import { enterStep, leaveStep, runAsTask } from './task-context.js';
import type { PendingWait, Waitable, WaitingTask } from './waitable.js';

/** What a task runs: a generator, or a function that is called in its first step. */
export type TaskBody<T> = Steps<T> | (() => unknown);

let lastTaskNumber = 0;

/** A future that runs a coroutine. Made by `createTask`. */
export class Task<T = unknown> extends Future<T> implements Runnable, WaitingTask {
  private readonly body: TaskBody<T>;
  /** The generator; null for an async function, or before a function was called. */
  private steps: Steps<T> | null;
  /** The future the generator waits for. */
  private waiter: Waitable | null = null;
  /** The futures the async function waits for. */
  private waits: Set<PendingWait> | null = null;
  private mustCancel = false;
  private pendingReason: unknown = undefined;
  private requests = 0;
  /** An error of the task's own to throw into the generator at its next step. */
  private injected: InvalidStateError | null = null;
  private controller: AbortController | null = null;
  private name: string;
  private readonly owner: Task;

  /** @internal Use `createTask`. */
  constructor(loop: LoopCore, body: TaskBody<T>, name: string | null, owner: Task | null = null) {
    super({ loop });
    this.body = body;
    this.steps = typeof body === 'function' ? null : body;
    this.owner = owner ?? this;
    if (owner === null) {
      lastTaskNumber += 1;
      this.name = name ?? `Task-${lastTaskNumber}`;
      loop._tasks.add(this);
      loop._instrument?.taskCreated?.(this);
    } else {
      this.name = owner.name;
    }
  }

  /** @internal Drives the rest of a coroutine, which has just yielded, on behalf of the async function that awaits it. */
  static _continue<T>(owner: Task, steps: Steps<T>, yielded: unknown): Task<T> {
    const continuation = new Task<T>(owner._loop, steps, null, owner);
    continuation.park(yielded);
    return continuation;
  }

  // --- What others see ----------------------------------------------------------------------------------------------

  /** Its name, `Task-N` unless it was given one. */
  getName(): string {
    return this.name;
  }

  /** Renames it; anything but a string is converted. */
  setName(name: unknown): void {
    this.name = String(name);
  }

  /** The generator or the function it runs. */
  getCoro(): TaskBody<T> {
    return this.body;
  }

  /** A task's result comes from its coroutine. Always an InvalidStateError. */
  override setResult(_value: T): never {
    throw new InvalidStateError('Task does not support setResult: its result is what its coroutine returns');
  }

  /** A task's error comes from its coroutine. Always an InvalidStateError. */
  override setException(_error: unknown): never {
    throw new InvalidStateError('Task does not support setException: its error is what its coroutine throws');
  }

  // --- Cancellation -------------------------------------------------------------------------------------------------

  /**
   * Asks the task to end: a CancelledError with `reason` as its message is thrown at the place where it waits. The task may
   * clean up, and may even refuse, by catching it.
   *
   * @returns false if it is done already
   */
  override cancel(reason?: unknown): boolean {
    if (this.done()) return super.cancel(reason); // false, and its error needs no report any more
    this.requests += 1;
    if (!this.cancelWaits(reason)) {
      this.mustCancel = true;
      this.pendingReason = reason;
    }
    this.controller?.abort(new CancelledError(reason));
    return true;
  }

  /** How many requests to cancel it are not taken back yet. */
  cancelling(): number {
    return this.requests;
  }

  /** Takes one request back, and with the last one a throw that is still pending. Returns how many are left. */
  uncancel(): number {
    if (this.requests > 0) this.requests -= 1;
    if (this.requests === 0) {
      this.revokeCancel();
      if (this.controller?.signal.aborted === true) this.controller = null; // the next `signal` is a fresh one
    }
    return this.requests;
  }

  /**
   * Aborted by `cancel()`, to hand to `fetch` and others that take an AbortSignal: their promises are not ours to cancel.
   */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.requests > 0) this.controller.abort(new CancelledError(this.pendingReason));
    }
    return this.controller.signal;
  }

  private cancelWaits(reason: unknown): boolean {
    if (this.waiter !== null) return this.waiter.cancel(reason);
    let cancelled = false;
    for (const wait of [...(this.waits ?? [])]) cancelled = wait.future.cancel(reason) || cancelled;
    return cancelled;
  }

  private revokeCancel(): void {
    this.mustCancel = false;
    for (const { future } of this.waits ?? []) {
      if (future instanceof Task && future.owner === this) future.revokeCancel();
    }
  }

  private takeCancel(): CancelledError | null {
    if (!this.mustCancel) return null;
    this.mustCancel = false;
    return new CancelledError(this.pendingReason);
  }

  // --- Waits of the async flavour (called by promise-wait.ts) --------------------------------------------------------

  /** @internal */
  _waitBegins(wait: PendingWait): void {
    this.waits ??= new Set();
    this.waits.add(wait);
    if (this.mustCancel && wait.future.cancel(this.pendingReason)) this.mustCancel = false;
  }

  /** @internal */
  _waitEnds(wait: PendingWait): CancelledError | null {
    this.waits?.delete(wait);
    if (!wait.future.cancelled()) return this.takeCancel();
    this.mustCancel = false; // the await throws already; a second request adds nothing to it
    return null;
  }

  // --- Steps --------------------------------------------------------------------------------------------------------

  /** @internal One step. The loop calls it: a task is its own handle. */
  _run(): void {
    if (this.done()) return;
    this._loop._instrument?.taskStep?.(this.owner);
    const error = this.errorForNextStep();
    if (this.steps !== null) this.step(this.steps, error);
    else if (error !== null)
      this.end(error); // cancelled before it began: the function is never called
    else this.begin(this.body as () => unknown);
  }

  private errorForNextStep(): Error | null {
    const { waiter, injected } = this;
    this.waiter = null;
    this.injected = null;
    if (waiter?.cancelled() === true) {
      this.mustCancel = false; // `next()` will throw the future's own CancelledError, with the first reason
      return null;
    }
    return this.takeCancel() ?? injected;
  }

  private step(steps: Steps<T>, error: Error | null): void {
    const previous = enterStep(this.owner);
    let result: IteratorResult<unknown, T>;
    try {
      result = error === null ? steps.next() : steps.throw(error);
    } catch (thrown) {
      leaveStep(previous);
      this.end(thrown);
      return;
    }
    leaveStep(previous);
    if (result.done === true) this.complete(result.value);
    else this.park(result.value);
  }

  /** The generator yielded: wait for the future it yielded, or give others a turn. */
  private park(yielded: unknown): void {
    if (yielded !== undefined && yielded !== null) {
      const mistake = this.mistakeInYield(yielded);
      if (mistake === null) {
        this.waiter = yielded as Waitable;
        this.waiter._listen(this);
        if (this.mustCancel && this.waiter.cancel(this.pendingReason)) this.mustCancel = false;
        return;
      }
      this.injected = new InvalidStateError(mistake);
    }
    this._loop._enqueue(this);
  }

  private mistakeInYield(yielded: unknown): string | null {
    if (!isFuture(yielded)) {
      return isIterator(yielded)
        ? `yield was used instead of yield* for a generator in ${this.toString()}`
        : `Task got bad yield: ${describeValue(yielded)}; only futures are yielded, by yield*`;
    }
    if (!yielded._yielded) return `yield was used instead of yield* in ${this.toString()} with ${yielded.toString()}`;
    yielded._yielded = false;
    if (yielded._loop !== this._loop)
      return `${this.toString()} got ${yielded.toString()}, which is attached to a different loop`;
    if (yielded === this || yielded === this.owner) return `Task cannot await on itself: ${this.toString()}`;
    return null;
  }

  /** The first step of a task that runs a function. */
  private begin(fn: () => unknown): void {
    let outcome: unknown;
    try {
      if (isGeneratorFunction(fn)) {
        outcome = fn();
      } else {
        if (isAsyncFunction(fn)) this.checkHosted();
        outcome = this.call(fn);
      }
    } catch (thrown) {
      this.end(thrown);
      return;
    }
    this.follow(outcome);
  }

  private call(fn: () => unknown): unknown {
    const previous = enterStep(this);
    try {
      return runAsTask(this, fn);
    } finally {
      leaveStep(previous);
    }
  }

  private follow(outcome: unknown): void {
    if (isIterable(outcome) && (isIterator(outcome) || isThenable(outcome))) {
      this.steps = outcome[Symbol.iterator]() as Steps<T>;
      this.step(this.steps, null);
    } else if (isThenable(outcome)) {
      try {
        this.checkHosted();
      } catch (error) {
        outcome.then(undefined, () => undefined); // nobody will await it; its error must not end the process
        this.end(error);
        return;
      }
      outcome.then(
        (value) => this.complete(value as T),
        (error: unknown) => this.endAsync(error),
      );
    } else {
      this.end(wrongType(`${this.toString()}`, 'a function that returns a coroutine or a promise', outcome));
    }
  }

  /** The continuations of async functions are microtasks, which the engine does not run while a blocking loop is on the stack. */
  private checkHosted(): void {
    if (this._loop._isHosted()) return;
    throw new LoopError(
      'ERR_NEEDS_HOST',
      `${this.describeBody()}: an async function cannot run in a blocking loop, its promises would never settle; ` +
        'use run() instead of runSync(), or a generator coroutine',
    );
  }

  private complete(value: T): void {
    const cancelled = this.takeCancel(); // cancelled itself and never waited again: it ends cancelled all the same
    if (cancelled !== null) this.end(cancelled);
    else if (this.owner !== this) this._finishNow(value);
    else {
      this.retire();
      this._finish(value);
    }
  }

  private end(error: unknown): void {
    if (this.owner !== this) {
      this._failNow(error);
      return;
    }
    this.retire();
    if (error instanceof CancelledError) this._failCancelled(error);
    else this._fail(error);
    if (isFatal(error)) throw error;
  }

  /** `end`, called from a microtask: a fatal error must leave the loop, not become an unhandled rejection. */
  private endAsync(error: unknown): void {
    try {
      this.end(error);
    } catch (fatalError) {
      this._loop.callSoon(() => {
        throw fatalError;
      });
    }
  }

  private retire(): void {
    this._loop._tasks.delete(this);
    this._loop._instrument?.taskDone?.(this);
  }

  protected override describeState(): string {
    const state = this.requests > 0 && !this.done() ? 'cancelling' : super.describeState();
    const waitsFor = this.waiter === null ? '' : ` wait_for=${this.waiter.toString()}`;
    return `${state} name='${this.name}' coro=${this.describeBody()}${waitsFor}`;
  }

  protected override describeOwner(): string {
    return `Task '${this.name}'`;
  }

  private describeBody(): string {
    const { body } = this;
    return typeof body === 'function' ? `${body.name || 'anonymous'}()` : 'generator';
  }
}

function isThenable(x: unknown): x is PromiseLike<unknown> {
  return typeof x === 'object' && x !== null && typeof (x as { then?: unknown }).then === 'function';
}

function isIterable(x: unknown): x is Iterable<unknown> {
  return typeof x === 'object' && x !== null && Symbol.iterator in x;
}

function isIterator(x: unknown): boolean {
  return typeof x === 'object' && x !== null && typeof (x as { next?: unknown }).next === 'function';
}
