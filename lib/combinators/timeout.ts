/** Limits on time. */

import { CancelledError, InvalidStateError, TimeoutError } from '../errors/index.js';
import type { Handle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Coroutine, Steps, Task } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { checkedMs } from './checked-ms.js';
import { ExceptionGroup } from './exception-group.js';
import { type Body, type Failure, type Scope, scoped } from './scope.js';

type State = 'created' | 'active' | 'expiring' | 'expired' | 'finished';

/**
 * A deadline for a body of code. When it passes, the task is cancelled, and the CancelledError that comes out of the body becomes
 * a TimeoutError. A cancellation from elsewhere is never taken for our own: each counts (see `Task.cancelling`).
 */
export class Timeout implements Scope {
  private state: State = 'created';
  private task: Task | null = null;
  private loop: LoopCore | null = null;
  /**
   * Requests that the task had met when it came in. One that is made but not thrown yet will be thrown inside the body, and is
   * from outside: taking it for an old one, an expiry at the same time would make a TimeoutError of it.
   */
  private requestsBefore = 0;
  private handle: Handle | null = null;
  private deadline: number | null;

  /** @internal Made by `timeout` and its relatives. @param deadline in the loop's time; null: none */
  constructor(deadline: number | null) {
    this.deadline = deadline;
  }

  /** When it expires, in the loop's time; null: never. */
  when(): number | null {
    return this.deadline;
  }

  /** True once the deadline has passed while the body ran. */
  expired(): boolean {
    return this.state === 'expiring' || this.state === 'expired';
  }

  /**
   * Moves the deadline to `whenMs` of the loop's time, or removes it with null. One that has passed expires in the next turn.
   *
   * @throws InvalidStateError unless the body is running and the deadline has not passed; TypeError, RangeError for what is no time
   */
  reschedule(whenMs: number | null): void {
    if (this.state === 'created') throw new InvalidStateError('the timeout has not been entered');
    if (this.state !== 'active') throw new InvalidStateError(`cannot change a timeout that is ${this.state}`);
    this.deadline = checkedMs('reschedule: whenMs', whenMs);
    this.arm();
  }

  /** @internal */
  enter(task: Task): void {
    if (this.state !== 'created') throw new InvalidStateError('the timeout has already been entered');
    this.state = 'active';
    this.task = task;
    this.loop = task._loop;
    this.requestsBefore = task._requestsMet;
    this.arm();
  }

  /** @internal */
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

  /** @internal */
  abandon(): void {
    this.handle?.cancel();
    this.handle = null;
    if (this.state === 'expiring') this.task?.uncancel(); // our request must not outlive us
    this.state = this.state === 'expiring' ? 'expired' : 'finished';
  }

  /** @internal The body was ended by this timeout: what is thrown instead. */
  protected convert(error: unknown): boolean {
    if (error instanceof CancelledError) throw new TimeoutError(undefined, { cause: error });
    // An error from a clean-up that ran because of us is not ours to hide, but it should tell why it ran.
    noteTimeout(error);
    if (error instanceof ExceptionGroup) for (const each of error.errors as unknown[]) noteTimeout(each);
    return false;
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
}

/** Gives an error without a cause of its own the timeout as its cause; one that cannot be changed stays as it is. */
function noteTimeout(error: unknown): void {
  if (!(error instanceof Error) || error.cause !== undefined) return;
  const value = new TimeoutError(undefined, { cause: new CancelledError() });
  Reflect.defineProperty(error, 'cause', { value, writable: true, configurable: true });
}

/** Like Timeout, but leaves in silence. */
class MoveOn extends Timeout {
  protected override convert(error: unknown): boolean {
    return error instanceof CancelledError || super.convert(error);
  }
}

/**
 * Runs `body` for at most `delayMs` milliseconds (fractions allowed); null or Infinity: as long as it takes. Returns what it returns.
 *
 * The time runs from this call on, and the body in the caller's own task. When the time is over, the wait that the body is in is
 * cancelled, its clean-up is waited for, however long that takes, and TimeoutError is thrown, with the CancelledError as its
 * `cause`. A body that ends with a result all the same has that result; an error of its own goes on, with the timeout as its cause.
 * With zero or less the first wait is cancelled.
 *
 * What can be cut short is a wait for something of this library. A body that computes, or awaits a promise of somebody else, goes
 * on until its next wait of ours; the task's `signal` is aborted at the deadline, to hand to `fetch` and the like. Several timeouts
 * in one async function at once (`Promise.all`) would cancel each other's waits: give each a task (`gather`, `createTask`).
 *
 * Cancelled from outside, it leaves no timer behind, and the CancelledError goes on as it is.
 *
 * @param body gets the {@link Timeout}, to move the deadline
 * @throws TypeError or RangeError for a bad duration or body; when awaited: TimeoutError, InvalidStateError outside of a task
 */
export function timeout<T>(delayMs: number | null, body: Body<Timeout, T>): Coroutine<T> {
  return scoped(new Timeout(deadlineIn('timeout: delayMs', delayMs)), body, 'timeout', (value) => value as T);
}

/** Like {@link timeout}, until the loop's time (`loop.time()`, in milliseconds) is `whenMs`; a time in the past is zero time. */
export function timeoutAt<T>(whenMs: number | null, body: Body<Timeout, T>): Coroutine<T> {
  return scoped(new Timeout(checkedMs('timeoutAt: whenMs', whenMs)), body, 'timeout', (value) => value as T);
}

/** How a body under `moveOnAfter` ended. */
export interface MovedOn<T> {
  /** What it returned, if it ended in time. */
  value?: T;
  /** True if it was cut short. */
  cancelled: boolean;
}

/**
 * Like {@link timeout}, but when the time is over the program just goes on: no error, `{ cancelled: true }`.
 *
 * Only the cancellation of its own deadline is swallowed: one from outside goes on, and so do the errors of the body.
 */
export function moveOnAfter<T>(delayMs: number | null, body: Body<Timeout, T>): Coroutine<MovedOn<T>> {
  const scope = new MoveOn(deadlineIn('moveOnAfter: delayMs', delayMs));
  return scoped(scope, body, 'moveOnAfter', (value, cancelled): MovedOn<T> =>
    cancelled ? { cancelled } : { value: value as T, cancelled },
  );
}

function deadlineIn(name: string, delayMs: number | null): number | null {
  const delay = checkedMs(name, delayMs);
  return delay === null ? null : currentLoop().time() + delay;
}
