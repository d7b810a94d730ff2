/**
 * `await future` in async functions and promise chains.
 *
 * The engine awaits any object with a `then` method, and calls that method in a microtask, in the context of the async function. There
 * we learn which task waits, and record the wait with it. This record makes an async function cancellable: cancelling the task cancels
 * the futures it waits for, and each pending `await` throws.
 */

import type { Linked } from '../collections/linked-list.js';
import type { CancelledError } from '../errors/index.js';
import { InvalidStateError, isCancelled } from '../errors/index.js';
import type { Runnable } from '../loop/runnable.js';
import { mistakeInWait } from './mistakes.js';
import { awaitingTask } from './task-context.js';
import type { PendingWait, Waitable, WaitingTask } from './waitable.js';

/** How a promise is settled. */
export type Settle<T> = Settling<T>['settle'];

/** Declared as a method, whose parameters are bivariant: a Coroutine<number>, which settles promises, stays a Coroutine<unknown>. */
interface Settling<T> {
  settle(value: T): void;
}

/** A wait that settles a promise when it ends. */
export interface SettlesPromise {
  readonly _reject: Settle<unknown>;
  /** The promise that `then` has returned, which follows the one to be settled. Null until the wait has begun. */
  _derived: Promise<unknown> | null;
}

/**
 * Rejects the promise of a wait.
 *
 * After `void task.then(log)`, the end of the run cancels the task. A program that ignores the outcome must not get an unhandled
 * rejection for that, because it ends the process; a cancellation hides no failure.
 */
export function rejectPromise(wait: SettlesPromise, error: unknown): void {
  if (isCancelled(error)) wait._derived?.catch(() => undefined);
  wait._reject(error);
}

/** A promise that waits for a future. The loop runs it when the future is done. */
export class PromiseWait<T> implements Runnable, PendingWait, SettlesPromise {
  /** @internal The wait before this one in the task's list of waits. */
  _previous: Linked | null = null;
  /** @internal The wait after this one. */
  _next: Linked | null = null;
  /** @internal The promise that `then` has returned. */
  _derived: Promise<unknown> | null = null;

  private constructor(
    readonly future: Waitable<T>,
    /** The task whose async function waits; null outside of tasks. */
    readonly task: WaitingTask | null,
    private readonly resolve: Settle<T>,
    readonly _reject: Settle<unknown>,
  ) {}

  /** Settles a promise with the outcome of the future. Returns null if the future is done, and the promise settled already. */
  static begin<T>(
    future: Waitable<T>,
    task: WaitingTask | null,
    resolve: Settle<T>,
    reject: Settle<unknown>,
  ): PromiseWait<T> | null {
    const mistake = task === null ? null : mistakeInWait(future, task);
    if (mistake !== null) {
      reject(new InvalidStateError(mistake));
      return null;
    }
    const wait = new PromiseWait(future, task, resolve, reject);
    if (future.done()) {
      wait.settle();
      return null;
    }
    future._listen(wait);
    if (task === null) return wait;
    task._loop._instrument?.taskWaits?.(task, future);
    task._awaiting?.add(wait);
    return wait;
  }

  /** @internal The future is done, or the wait was interrupted. */
  _run(): void {
    const { task } = this;
    let request: CancelledError | null = null;
    if (task !== null) {
      task._loop._instrument?.taskStep?.(task);
      task._awaiting?.delete(this);
      request = task._cancellation?.takeAfter(this.future) ?? null;
    }
    if (request === null) this.settle();
    else rejectPromise(this, request);
  }

  /** @internal The future that is awaited. Cancelling the task cancels it. */
  get _awaited(): Waitable<T> {
    return this.future;
  }

  interrupt(): void {
    this.future._unlisten(this);
    this.future._loop._enqueue(this);
  }

  /** A promise cannot be cancelled. */
  cancel(): boolean {
    return false;
  }

  cancelled(): boolean {
    return false;
  }

  toString(): string {
    return `<await ${this.future.toString()}>`;
  }

  private settle(): void {
    let value: T;
    try {
      value = this.future.result();
    } catch (error) {
      rejectPromise(this, error);
      return;
    }
    this.resolve(value);
  }
}

/**
 * `then` of a future: makes a promise of its outcome.
 *
 * @param task the task whose async function waits; null outside of tasks
 */
export function thenOf<T, R1, R2>(
  future: Waitable<T>,
  onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
  onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  task: WaitingTask | null = awaitingTask(),
): Promise<R1 | R2> {
  let wait: SettlesPromise | null = null;
  const derived = new Promise<T>((resolve, reject) => {
    wait = PromiseWait.begin<T>(future, task, resolve, reject);
  }).then(onFulfilled, onRejected);
  noteDerived(wait, derived);
  return derived;
}

/** `x.finally(onFinally)` by means of `x.then`, which records that a task waits for x. */
export function finallyOf<T>(x: PromiseLike<T>, onFinally?: (() => unknown) | null): Promise<T> {
  if (typeof onFinally !== 'function') return x.then(null, null) as Promise<T>;
  const settle = async (): Promise<void> => {
    await onFinally();
  };
  return x.then(
    async (value) => {
      await settle();
      return value;
    },
    async (error: unknown) => {
      await settle();
      throw error;
    },
  ) as Promise<T>;
}

function noteDerived(wait: SettlesPromise | null, derived: Promise<unknown>): void {
  if (wait !== null) wait._derived = derived;
}
