/**
 * Task: a coroutine that runs on the loop.
 *
 * A task has a *driver*, which runs its code and knows what it waits for:
 *
 * - `GeneratorDriver` steps a generator;
 * - `AsyncDriver` follows an async function, which the engine runs. If the function awaits a coroutine that has to wait, a `Continuation`
 *   steps the generator of that coroutine;
 * - `NotStarted` is replaced by one of these in the first step of a task that was created from a function.
 *
 * This file has the common part: how a task ends, and cancellation by asyncio's rules.
 */

import type { Linked } from '../collections/linked-list.js';
import type { CancelledError } from '../errors/index.js';
import { isCancelled, isFatal } from '../errors/index.js';
import { type Context, captureContext } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { AsyncDriver } from './async-driver.js';
import { Cancellation } from './cancellation.js';
import { publishTaskCreated, publishTaskFailed } from './channels.js';
import { CodeFuture } from './code-future.js';
import type { Continuation } from './continuation.js';
import type { DrivenTask, Driver } from './driver.js';
import { GeneratorDriver } from './generator-driver.js';
import { NotStarted } from './not-started.js';
import { stackOf } from './stack.js';
import type { TaskBody, TaskTraits } from './task-traits.js';
import { type Cancellable, type PassedOn, type Relay, type Visit, describeWaits, isRelay } from './waitable.js';

/** A future that runs a coroutine. Made by `createTask`. */
export class Task<T = unknown> extends CodeFuture<T> implements DrivenTask<T>, Relay, Linked {
  /** @internal The task before this one in the loop's list of tasks. */
  _previous: Linked | null = null;
  /** @internal The task after this one. */
  _next: Linked | null = null;
  /** @internal The context that its code runs in. */
  _context: Context | null;
  /** @internal Runs its code; see above. */
  _driver: Driver;
  /** @internal Its cancellation requests; null before the first one. */
  _cancellation: Cancellation | null = null;
  /** @internal Set while a cancellation request is passed on to what the task waits for. */
  _visit: Visit | null = null;

  /** @internal Use `createTask`. @param driver of code that has already started; null if it has not */
  constructor(loop: LoopCore, body: TaskBody<T>, traits: TaskTraits, driver: Driver | null = null) {
    super(loop, body, traits);
    this._context = traits.context ?? captureContext();
    this._driver =
      driver ?? (typeof body === 'function' ? new NotStarted(this, body) : new GeneratorDriver(this, body));
    loop._tasks.add(this);
    loop._instrument?.taskCreated?.(this);
    publishTaskCreated(this);
  }

  /** @internal The task itself: it is the current task of the code that runs in its context. */
  get _carriedTask(): this {
    return this;
  }

  /**
   * Returns the coroutines the task is in, the innermost first, as `name (file:line:column)`. For the running task, this is the stack of
   * its code. A suspended task shows its outermost coroutine, and in debug mode all of them; an async function shows only its name.
   */
  getStack(): string[] {
    return stackOf(this);
  }

  /** @internal The generator it is suspended in; null if there is none. */
  get _suspended(): Generator | null {
    return this._driver._suspended;
  }

  override setName(name: unknown): void {
    super.setName(name);
    this._loop._instrument?.taskRenamed?.(this);
  }

  // --- Running ------------------------------------------------------------------------------------------------------

  /** @internal The loop runs the code to its next wait. The task is its own handle in the ready queue. */
  _run(): void {
    if (this.done()) return;
    this._loop._instrument?.taskStep?.(this);
    this._driver.run();
  }

  /** @internal The code has returned: the task ends. */
  _returned(value: T): void {
    const request = this._takeRequest(); // a request made after the last wait still ends the task as cancelled
    if (request !== null) {
      this._threw(request);
      return;
    }
    this.retire();
    this._finish(value);
    this._loop._instrument?.taskDone?.(this, 'returned');
  }

  /** @internal The code has thrown: the task ends. A fatal error is rethrown, to stop the loop. */
  _threw(thrown: unknown): void {
    const error = this._asCancellation(thrown);
    this.retire();
    if (isCancelled(error)) this._failCancelled(error);
    else this._fail(error);
    const outcome = this.cancelled() ? 'cancelled' : 'failed';
    this._loop._instrument?.taskDone?.(this, outcome, error);
    if (outcome === 'failed') publishTaskFailed(this, error);
    if (isFatal(error)) throw error;
  }

  /** The code has ended. Coroutines that an async function leaves running become tasks. */
  private retire(): void {
    this._cancellation?.revoke();
    this._loop._tasks.delete(this);
    for (const continuation of this._awaiting?.leaveRunning() ?? []) this.makeTaskOf(continuation);
  }

  private makeTaskOf<U>(continuation: Continuation<U>): void {
    const { _suspended: steps, _label: label } = continuation;
    const task = new Task<U>(this._loop, steps as TaskBody<U>, { label }, continuation);
    task._context = this._context; // shared
    task._cancellation = continuation.received;
    continuation.becomeTask(task);
  }

  // --- Cancellation -------------------------------------------------------------------------------------------------

  /**
   * Requests that the task ends: a CancelledError with `reason` as its message is thrown where it waits. The task may clean up, and may
   * even refuse, by catching it.
   *
   * @returns false if it is done
   */
  override cancel(reason?: unknown): boolean {
    if (this.done()) return super.cancel(reason); // false; its error then needs no report
    passOn(this, reason);
    return true;
  }

  /** Returns the number of cancellation requests that have not been taken back. */
  cancelling(): number {
    return this._cancellation?.requests ?? 0;
  }

  /** Takes back one cancellation request. Taking back the last one also drops a pending CancelledError. Returns how many requests remain. */
  uncancel(): number {
    this._cancellation?.withdraw();
    const left = this.cancelling();
    if (left === 0) this._awaiting?.revoke();
    return left;
  }

  /** Aborted by `cancel()`. For `fetch` and other APIs that take an AbortSignal: their promises cannot be cancelled by the library. */
  get signal(): AbortSignal {
    return (this._cancellation ??= new Cancellation()).signal;
  }

  /** @internal Counts a cancellation request. Returns what the code waits for, to which the request is passed on. */
  _cancelBegins(reason: unknown): readonly Cancellable[] {
    this._loop._instrument?.taskCancelRequested?.(this);
    (this._cancellation ??= new Cancellation()).request(reason);
    return this._waitsFor();
  }

  /** @internal Keeps the request for the next wait if the current one did not take it, and aborts `signal`. */
  _cancelEnds(reason: unknown, outcome: PassedOn): PassedOn {
    if (outcome === 'circle') this._driver.interrupt();
    if (outcome !== 'taken') this._cancellation?.keep(reason);
    this._cancellation?.abort();
    return 'taken';
  }

  /** @internal Returns its CancelledError if `error` is the AbortError of an API that was given `signal`; otherwise `error`. */
  _asCancellation(error: unknown): unknown {
    return this._cancellation === null ? error : this._cancellation.unwrap(error);
  }

  /** @internal The number of requests that its code has met, without a pending one. */
  get _requestsMet(): number {
    return this._cancellation?.met ?? 0;
  }

  /** @internal Returns the pending request as the error to throw, and clears it; null if there is none. */
  _takeRequest(): CancelledError | null {
    return this._cancellation?.take() ?? null;
  }

  /** @internal Makes `request` pending again, for the next wait. It is already counted, because the task has passed it on. */
  _inheritRequest(request: CancelledError): void {
    if (!this.done()) (this._cancellation ??= new Cancellation()).keep(request.reason);
  }

  /** @internal What its code waits for. */
  _waitsFor(): readonly Cancellable[] {
    return this.done() ? [] : this._driver.waitsFor();
  }

  /** @internal The pending waits of an async function; null if the task runs a generator. */
  get _awaiting(): AsyncDriver<T> | null {
    return this._driver instanceof AsyncDriver ? (this._driver as AsyncDriver<T>) : null;
  }

  /** @internal Describes it without what it waits for. */
  _describeBriefly(): string {
    return `<Task name='${this.getName()}'>`;
  }

  protected override describeState(): string {
    const state = this.cancelling() > 0 && !this.done() ? 'cancelling' : super.describeState();
    return `${state} name='${this.getName()}' coro=${this._label}()${describeWaits(this._waitsFor())}`;
  }
}

/**
 * Passes a cancellation request on to what `relay` waits for, to what that waits for, and so on to the end of every chain, depth first. It
 * is iterative because chains may be long. They may also be circular: a target that the request has already passed through is not visited
 * again. The outcome is then 'circle', and a task that gets this outcome interrupts its wait.
 *
 * @param reached the relays already reached, when many tasks are cancelled together; none of them is visited again
 */
export function passOn(relay: Relay, reason: unknown, reached: Set<Relay> | null = null): PassedOn {
  if (relay._visit !== null) {
    relay._visit.reentered = true;
    return 'circle';
  }
  let outcome: PassedOn = 'refused';
  let visit: Visit | null = beginVisit(relay, reason, null, reached);
  try {
    while (visit !== null) {
      const target: Cancellable | undefined = visit.targets[visit.next++];
      if (target === undefined) {
        visit.relay._visit = null;
        outcome = visit.relay._cancelEnds(reason, visit.reentered ? 'circle' : visit.outcome);
        visit = visit.from;
        if (visit !== null) note(visit, outcome);
      } else if (!isRelay(target) || target.done()) note(visit, target.cancel(reason) ? 'taken' : 'refused');
      else if (target._visit !== null) note(visit, 'circle');
      else if (reached?.has(target) === true) note(visit, 'taken');
      else visit = beginVisit(target, reason, visit, reached);
    }
  } finally {
    for (; visit !== null; visit = visit.from) visit.relay._visit = null; // a `cancel` has thrown
  }
  return outcome;
}

function beginVisit(relay: Relay, reason: unknown, from: Visit | null, reached: Set<Relay> | null): Visit {
  reached?.add(relay);
  const targets = relay._cancelBegins(reason);
  return (relay._visit = { relay, targets, next: 0, outcome: 'refused', reentered: false, from });
}

function note(visit: Visit, outcome: PassedOn): void {
  if (outcome === 'taken' || visit.outcome === 'refused') visit.outcome = outcome;
}
