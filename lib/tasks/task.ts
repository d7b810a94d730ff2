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
 * If the function ends before (`void sleep(10).then(f)`), it becomes a task of its own, so that the end of the run cancels it.
 *
 * A limit: the engine does not say which promises a function still looks at. A request that only finds the loser of a
 * `Promise.race` to cancel is spent on it. Race futures inside one coroutine, or cancel the loser.
 */

import type { Linked } from '../collections/linked-list.js';
import { CancelledError, InvalidStateError, isFatal } from '../errors/index.js';
import { type Context, captureContext } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';
import { Cancellation } from './cancellation.js';
import { CodeFuture } from './code-future.js';
import { Frame } from './frames.js';
import type { Steps } from './future.js';
import { mistakeInYield } from './mistakes.js';
import { stackOf } from './stack.js';
import { type PlaceOfCall, placeOfCall, reportEndAfterClose, startBody } from './start-body.js';
import { type TaskBody, type TaskTraits, nextTaskNumber } from './task-traits.js';
import { enterStep, leaveStep } from './task-context.js';
import { type PendingWait, type Waitable, type WaitingTask, endedByCancellation } from './waitable.js';
import { Waits } from './waits.js';

/** A future that runs a coroutine. Made by `createTask`. */
export class Task<T = unknown> extends CodeFuture<T> implements Runnable, WaitingTask, Linked {
  /** @internal Its neighbours among the tasks of the loop. */
  _previous: Linked | null = null;
  /** @internal */
  _next: Linked | null = null;
  /** @internal The context that its steps run in. A continuation's steps are its owner's. */
  _context: Context | null;
  /** The generator; null for an async function, or before a function was called. */
  private steps: Steps<T> | null;
  private readonly place: PlaceOfCall | null;
  /** The future the generator waits for. */
  private waiter: Waitable | null = null;
  /** The futures the async function waits for. */
  private waits: Waits | null = null;
  /** The requests to cancel it; null before the first one. */
  private cancellation: Cancellation | null = null;
  /** An error of the task's own to throw into the generator at its next step. */
  private injected: InvalidStateError | null = null;
  /** Itself, unless it is a continuation. */
  private owner: Task;

  /** @internal Use `createTask`. */
  constructor(loop: LoopCore, body: TaskBody<T>, traits: TaskTraits, owner: Task | null = null) {
    super(loop, body, traits, owner);
    this._context = owner === null ? (traits.context ?? captureContext()) : null;
    this.steps = typeof body === 'function' ? null : this.framed(body);
    this.place = typeof body === 'function' ? placeOfCall(body) : null;
    this.owner = owner ?? this;
    if (this.owner === this) this.enlist();
  }

  /** @internal Drives the rest of a coroutine, which has just yielded, on behalf of the async function that awaits it. */
  static _continue<T>(owner: Task, steps: Steps<T>, label: string, yielded: unknown): Task<T> {
    const continuation = new Task<T>(owner._loop, steps, { label }, owner);
    continuation.park(yielded);
    return continuation;
  }

  /** @internal */
  get _carriedTask(): this {
    return this;
  }

  /**
   * The coroutines it is in, the innermost first, as `name (file:line:column)`. While it runs that is the stack of its code. A task
   * that waits shows its outermost coroutine, and all of them in debug mode; of an async function JavaScript tells the name only.
   */
  getStack(): string[] {
    return stackOf(this);
  }

  /** @internal The generator it steps; null for an async function. */
  get _steps(): Steps<unknown> | null {
    return this.steps;
  }

  /** @internal Itself, or the task of the async function that awaits this continuation. */
  get _owner(): Task {
    return this.owner;
  }

  /** @internal The futures it waits for. */
  _waitsFor(): Waitable[] {
    if (this.done()) return [];
    return this.waiter === null ? [...(this.waits?.futures() ?? [])] : [this.waiter];
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
    const cancellation = (this.cancellation ??= new Cancellation());
    if (cancellation.spreading) {
      cancellation.spreading = false; // it came round to us: see cancelWaits
      return true;
    }
    if (this.owner === this) this._loop._instrument?.taskCancelRequested?.(this);
    cancellation.request(reason);
    if (!this.cancelWaits(cancellation)) cancellation.keep(reason);
    cancellation.abort();
    return true;
  }

  /** How many requests to cancel it are not taken back yet. */
  cancelling(): number {
    return this.cancellation?.requests ?? 0;
  }

  /** Takes one request back, and with the last one a throw that is still pending. Returns how many are left. */
  uncancel(): number {
    this.cancellation?.withdraw();
    const left = this.cancelling();
    if (left === 0) this.revokeInContinuations();
    return left;
  }

  /** @internal How many requests its code has met so far: one that is still pending will be thrown at the next wait. */
  get _requestsMet(): number {
    return this.cancellation?.met ?? 0;
  }

  /**
   * Aborted by `cancel()`, to hand to `fetch` and others that take an AbortSignal: their promises are not ours to cancel.
   */
  get signal(): AbortSignal {
    return (this.cancellation ??= new Cancellation()).signal;
  }

  private cancelWaits(cancellation: Cancellation): boolean {
    const { reason } = cancellation;
    cancellation.spreading = true;
    const cancelled = this.steps === null ? this.waits?.cancel(reason) : this.waiter?.cancel(reason);
    const circular = !cancellation.spreading;
    cancellation.spreading = false;
    if (circular) this.interrupt();
    return cancelled === true && !circular;
  }

  /** Ends the wait although what it waits for is not done: tasks that wait for each other in a circle never will be. */
  private interrupt(): void {
    if (this.waiter === null) {
      this.waits?.interrupt(this._loop);
      return;
    }
    this.waiter._unlisten(this);
    this.waiter = null;
    this._loop._enqueue(this);
  }

  private revokeInContinuations(): void {
    for (const continuation of this.continuations()) {
      continuation.cancellation = null;
      continuation.revokeInContinuations();
    }
  }

  /** @internal The request that is kept until the next wait, if there is one; it is kept no longer. */
  _takeRequest(): CancelledError | null {
    return this.cancellation?.take() ?? null;
  }

  /**
   * @internal A part of this task has ended before it could throw a request that it kept. Here the next wait throws it. The count
   * stays: that request was passed on by us, and is counted.
   */
  _inheritRequest(request: CancelledError): void {
    if (!this.done()) (this.cancellation ??= new Cancellation()).keep(request.reason);
  }

  /**
   * The error to throw at a wait that has ended, if there is a request. One that ended by a cancellation throws that already:
   * the second request adds nothing to it. The wait's own error counts as retrieved: there is no other place left for it.
   */
  private takeCancelAfter(waiter: Waitable | null): CancelledError | null {
    const request = this._takeRequest();
    return request !== null && waiter !== null && endedByCancellation(waiter) ? null : request;
  }

  // --- Waits of the async flavour (called by promise-wait.ts) --------------------------------------------------------

  /** @internal */
  get _awaits(): boolean {
    return this.steps === null;
  }

  /** @internal */
  _waitBegins(wait: PendingWait): void {
    this.waits ??= new Waits();
    this.waits.add(wait);
    this.cancellation?.passTo(wait.future);
  }

  /** @internal */
  _waitEnds(wait: PendingWait): CancelledError | null {
    this.waits?.delete(wait);
    return this.takeCancelAfter(wait.future);
  }

  /** The coroutines that the async function waits for. */
  private continuations(): Task[] {
    return [...(this.waits?.futures() ?? [])].filter(
      (future): future is Task => future instanceof Task && future.owner === this,
    );
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
    return this.takeCancelAfter(waiter) ?? injected;
  }

  /** In debug mode the steps run in frames, so that `getStack` sees more than the outermost one. */
  private framed(steps: Steps<T>): Steps<T> {
    if (!this._loop.getDebug()) return steps;
    const frame = steps instanceof Frame ? (steps as Frame<T>) : new Frame(steps, this._label);
    frame.outermost = true;
    return frame;
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
      const mistake = mistakeInYield(yielded, this.owner);
      if (mistake === null) {
        this.waiter = yielded as Waitable;
        this.waiter._listen(this);
        this._loop._instrument?.taskWaits?.(this.owner, this.waiter);
        this.cancellation?.passTo(this.waiter);
        return;
      }
      this.injected = new InvalidStateError(mistake);
    }
    this._loop._instrument?.taskWaits?.(this.owner, null);
    this._loop._pollNext();
    this._loop._enqueue(this);
  }

  /** The first step of a task that runs a function. */
  private begin(fn: () => unknown): void {
    let started: Steps<unknown> | Promise<unknown>;
    try {
      started = startBody(this, fn, this.place);
    } catch (thrown) {
      this.end(thrown);
      return;
    }
    if (started instanceof Promise) {
      const complete = (value: unknown): void => {
        if (!this._loop.isClosed()) this.complete(value as T);
      };
      started.then(complete, (error: unknown) => this.endAsync(error));
    } else {
      this.steps = this.framed(started as Steps<T>);
      this.step(this.steps, null);
    }
  }

  private complete(value: T): void {
    if (this.owner !== this) {
      this._finishNow(value);
      this.handOver();
      return;
    }
    const cancelled = this._takeRequest(); // cancelled itself and never waited again: it ends cancelled all the same
    if (cancelled !== null) {
      this.end(cancelled);
      return;
    }
    this.retire();
    this._finish(value);
    this._loop._instrument?.taskDone?.(this, 'returned');
  }

  private end(error: unknown): void {
    if (this.owner !== this) {
      this._failNow(error);
      if (!(error instanceof CancelledError)) this.handOver();
      return;
    }
    this.retire();
    if (error instanceof CancelledError) this._failCancelled(error);
    else this._fail(error);
    this._loop._instrument?.taskDone?.(this, this.cancelled() ? 'cancelled' : 'failed', error);
    if (isFatal(error)) throw error;
  }

  /** `end`, called from a microtask, where nobody can catch: a fatal error must not become an unhandled rejection. */
  private endAsync(exception: unknown): void {
    if (this._loop.isClosed()) {
      reportEndAfterClose(this, exception);
      return;
    }
    try {
      this.end(exception);
    } catch (fatalError) {
      this._loop.callSoon(() => {
        throw fatalError;
      });
    }
  }

  /** A coroutine cancelled its own task in its last step: its result stands, the function's next wait throws. */
  private handOver(): void {
    const request = this._takeRequest();
    if (request !== null) this.owner._inheritRequest(request);
  }

  private enlist(): void {
    this._loop._tasks.add(this);
    this._loop._instrument?.taskCreated?.(this);
  }

  private retire(): void {
    this.cancellation?.revoke();
    this._loop._tasks.delete(this);
    if (this.waits === null) return;
    for (const orphan of this.continuations()) {
      orphan.owner = orphan;
      orphan._context = this._context;
      orphan.name = nextTaskNumber();
      orphan.enlist();
    }
    this.waits = null;
  }

  /** @internal */
  override _describeBriefly(): string {
    return this.owner === this ? `<Task name='${this.getName()}'>` : `<${this._label}()${this.describeWaits()}>`;
  }

  protected override describeState(): string {
    const state = this.cancelling() > 0 && !this.done() ? 'cancelling' : super.describeState();
    return `${state} name='${this.getName()}' coro=${this._label}()${this.describeWaits()}`;
  }

  private describeWaits(): string {
    const futures = this._waitsFor();
    if (futures.length === 0) return '';
    return ` wait_for=${futures.map((future) => future._describeBriefly()).join(',')}`;
  }
}
