/** Time limits for a body of code. */

import { CancelledError, InvalidStateError, TimeoutError, isCancelled, isError, isInstance } from '../errors/index.js';
import type { Handle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Abortable, Coroutine, Steps, Task } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { checkedMs } from './checked-ms.js';
import { ExceptionGroup } from './exception-group.js';
import type { Failure, Scope } from './scope-contract.js';
import { type Body, scoped } from './scope.js';

type State = 'created' | 'active' | 'expiring' | 'expired' | 'finished';

/**
 * A deadline for a body of code. When it passes, the task is cancelled, and the CancelledError that leaves the body becomes a
 * TimeoutError. Cancellation requests are counted (see `Task.cancelling`), so one from elsewhere is never mistaken for the timeout's.
 */
export class Timeout implements Scope {
  private state: State = 'created';
  private task: Task | null = null;
  private loop: LoopCore | null = null;
  /**
   * The number of cancellation requests already thrown into the task when it entered. A request that is still pending is not
   * included: it will be thrown inside the body, and a timeout that expires at the same time must not turn it into a TimeoutError.
   */
  private requestsBefore = 0;
  private handle: Handle | null = null;
  private deadline: number | null;

  /**
   * @internal Created by `timeout`, `timeoutAt` and `moveOnAfter`.
   *
   * @param deadline in the loop's time; null: none
   * @param startedMs when the time began to count; null: when the body is entered
   */
  constructor(
    deadline: number | null,
    private startedMs: number | null,
  ) {
    this.deadline = deadline;
  }

  /** Returns the deadline in the loop's time (milliseconds); null if there is none. */
  when(): number | null {
    return this.deadline;
  }

  /** Returns true if the deadline passed while the body was running. */
  expired(): boolean {
    return this.state === 'expiring' || this.state === 'expired';
  }

  /**
   * Moves the deadline to `whenMs` in the loop's time, or removes it with null. A time in the past expires in the next iteration.
   *
   * @throws InvalidStateError unless the body is running and the deadline has not passed; TypeError or RangeError for an invalid time
   */
  reschedule(whenMs: number | null): void {
    if (this.state === 'created') throw new InvalidStateError('the timeout has not been entered');
    if (this.state !== 'active') throw new InvalidStateError(`cannot change a timeout that is ${this.state}`);
    this.deadline = checkedMs('reschedule: whenMs', whenMs);
    this.arm();
  }

  /** @internal See `Scope`. */
  enter(task: Task): void {
    if (this.state !== 'created') throw new InvalidStateError('the timeout has already been entered');
    this.state = 'active';
    this.task = task;
    this.loop = task._loop;
    this.requestsBefore = task._requestsMet;
    this.startedMs ??= this.loop.time();
    this.arm();
  }

  /** @internal See `Scope`. */
  // eslint-disable-next-line require-yield -- a scope may wait at its exit; this one has nothing to wait for
  *exit(failure: Failure | null): Steps<boolean> {
    this.handle?.cancel();
    this.handle = null;
    if (this.state !== 'expiring') {
      this.state = 'finished';
      return false;
    }
    this.state = 'expired';
    const requests = this.task?.uncancel() ?? 0;
    if (requests <= this.requestsBefore && failure !== null) return this.convert(failure.error);
    return false;
  }

  /** @internal See `Scope`. */
  abandon(): void {
    this.handle?.cancel();
    this.handle = null;
    if (this.state === 'expiring') this.task?.uncancel(); // the request must not outlive the timeout
    this.state = this.state === 'expiring' ? 'expired' : 'finished';
  }

  /** @internal Called if this timeout ended the body: throws the error that replaces `error`, or returns whether it is handled. */
  protected convert(error: unknown): boolean {
    if (isCancelled(error)) throw this.timeoutError(error);
    // An error of the clean-up that this timeout caused must not be hidden, but it should say why the clean-up ran.
    this.noteIn(error);
    if (isInstance(error, ExceptionGroup)) for (const each of error.errors as unknown[]) this.noteIn(each);
    return false;
  }

  /** Sets the timeout as the `cause` of an error that has none; an error that cannot be changed is left alone. */
  private noteIn(error: unknown): void {
    if (!isError(error) || error.cause !== undefined) return;
    const value = this.timeoutError(new CancelledError());
    Reflect.defineProperty(error, 'cause', { value, writable: true, configurable: true });
  }

  /** The stack of the error need not contain the program, so the message says which limit it was. */
  private timeoutError(cause: unknown): TimeoutError {
    const limitMs = Math.max(0, Math.round((this.deadline! - this.startedMs!) * 10) / 10);
    return new TimeoutError(`the operation timed out after ${limitMs} ms`, { cause });
  }

  private arm(): void {
    this.handle?.cancel();
    const { loop, deadline } = this;
    const timeoutExpires = (): void => this.expire(); // with a name, for traces
    if (loop === null || deadline === null) this.handle = null;
    else if (deadline <= loop.time()) this.handle = loop.callSoon(timeoutExpires);
    else this.handle = loop.callAt(deadline, timeoutExpires);
  }

  private expire(): void {
    this.handle = null;
    this.state = 'expiring';
    this.task?.cancel();
  }

  toString(): string {
    return `<Timeout [${this.state}]${this.state === 'active' ? ` when=${String(this.deadline)}` : ''}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A timeout that ends its body without an error. */
class MoveOn extends Timeout {
  protected override convert(error: unknown): boolean {
    return isCancelled(error) || super.convert(error);
  }
}

/**
 * Runs `body` with a time limit and returns its result.
 *
 * The time counts from this call, and the body runs in the caller's own task. When the time is over, the wait that the body is parked
 * on is cancelled, its clean-up runs to the end, however long that takes, and a TimeoutError is thrown with the CancelledError as its
 * `cause`. A body that returns a result in spite of that keeps its result; an error other than the CancelledError propagates, with
 * the timeout as its `cause` if it has none. With a limit of zero or less, the first wait is cancelled.
 *
 * Only waits on this library can be interrupted. A body that computes, or awaits a promise from elsewhere, continues until its next
 * wait on this library; pass the task's `signal`, which is aborted at the deadline, to `fetch` and the like. Concurrent timeouts in one
 * async function (`Promise.all`) would cancel each other's waits: give each its own task (`gather`, `createTask`).
 *
 * Cancelling the caller leaves no timer behind, and the CancelledError propagates unchanged.
 *
 * @param delayMs milliseconds, fractions allowed; null or Infinity: no limit
 * @param body gets the {@link Timeout}, to move the deadline
 * @param options a `signal` that cancels the body, as cancelling the caller does
 * @throws TypeError or RangeError for an invalid duration or body; when awaited: TimeoutError, InvalidStateError outside of a task
 *
 * @example
 * import { run, sleep, timeout } from 'selectloop';
 *
 * await run(async () => {
 *   const result = await timeout(60_000, async () => {
 *     await sleep(10);
 *     return await sleep(10, 'in time');
 *   });
 *   console.log(result); // in time
 * });
 */
export function timeout<T>(delayMs: number | null, body: Body<Timeout, T>, options: Abortable = {}): Coroutine<T> {
  const scope = new Timeout(...limitOf('timeout: delayMs', delayMs));
  return scoped(scope, body, 'timeout', (value) => value as T, options);
}

/**
 * Runs `body` until the loop's time (`loop.time()`, in milliseconds) reaches `whenMs`; otherwise as {@link timeout}. For a time in the
 * past, the first wait is cancelled.
 */
export function timeoutAt<T>(whenMs: number | null, body: Body<Timeout, T>, options: Abortable = {}): Coroutine<T> {
  const scope = new Timeout(checkedMs('timeoutAt: whenMs', whenMs), null);
  return scoped(scope, body, 'timeoutAt', (value) => value as T, options);
}

/** The outcome of {@link moveOnAfter}: `if (!outcome.cancelled) use(outcome.value)`. */
export type MovedOn<T> =
  | {
      /** False: the body ended in time. */
      readonly cancelled: false;
      /** The result of the body. */
      readonly value: T;
    }
  | {
      /** True: the body was interrupted at the deadline. */
      readonly cancelled: true;
      readonly value?: undefined;
    };

/**
 * Runs `body` with a time limit, as {@link timeout} does, but returns `{ cancelled: true }` instead of throwing when the time is over.
 *
 * Only the cancellation by its own deadline is swallowed: a cancellation from elsewhere and the errors of the body propagate.
 *
 * @example
 * import { moveOnAfter, run, sleep } from 'selectloop';
 *
 * await run(async () => {
 *   const late = await moveOnAfter(10, () => sleep(60_000));
 *   console.log(late.cancelled); // true
 *   const inTime = await moveOnAfter(60_000, () => sleep(10, 'slept'));
 *   if (!inTime.cancelled) console.log(inTime.value); // slept
 * });
 */
export function moveOnAfter<T>(
  delayMs: number | null,
  body: Body<Timeout, T>,
  options: Abortable = {},
): Coroutine<MovedOn<T>> {
  const scope = new MoveOn(...limitOf('moveOnAfter: delayMs', delayMs));
  const outcome = (value: T | undefined, cancelled: boolean): MovedOn<T> =>
    cancelled ? { cancelled } : { value: value as T, cancelled };
  return scoped(scope, body, 'moveOnAfter', outcome, options);
}

function limitOf(name: string, delayMs: number | null): [deadline: number | null, startedMs: number | null] {
  const delay = checkedMs(name, delayMs);
  if (delay === null) return [null, null];
  const now = currentLoop().time();
  return [now + delay, now];
}
