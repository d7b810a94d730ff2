/**
 * Coroutine: a lazy, awaitable operation.
 *
 * Library operations, and functions made by `coroutine()`, return one. Nothing runs until it is awaited:
 *
 * - `yield* operation` in a generator coroutine runs it inside the caller's task;
 * - `await operation` in an async function runs its first step immediately, and creates a `Continuation` only if it has to wait.
 *
 * Operations are coroutines and not futures already in flight, because cancellation must run *inside* them: a cancelled
 * `condition.wait()` re-acquires its lock, and a cancelled `queue.get()` loses no item.
 */

import { InvalidStateError, wrongType } from '../errors/index.js';
import {
  coroutineFunctionMark,
  isAsyncFunction,
  isGeneratorFunction,
  isMarkedCoroutineFunction,
} from '../loop/callback.js';
import type { LoopCore } from '../loop/loop-core.js';
import { runningLoopOrNull } from '../loop/running-loop.js';
import { continueIn } from './continuation.js';
import { Frame } from './frames.js';
import type { Future, Steps } from './future.js';
import { type UnawaitedCoroutine, forgetUnawaited, watchUnawaited } from './never-awaited.js';
import { placing } from './placing.js';
import { finallyOf, thenOf } from './promise-wait.js';
import { factoryOf, makeByFactory } from './task-factory.js';
import { awaitingTask, enterStep, leaveStep } from './task-context.js';
import { Task } from './task.js';
import { currentLoop } from './current-loop.js';

/** A lazy operation. It can be awaited once, with `yield*` or with `await`. */
export class Coroutine<T> {
  /** The name of the function it came from. */
  readonly name: string;
  private readonly steps: Steps<T>;
  private awaited = false;
  /** Set in debug mode, until it is awaited. */
  private unawaited: UnawaitedCoroutine | null;

  /** @internal Made by the functions that `coroutine()` returns. */
  constructor(steps: Steps<T>, name: string) {
    this.steps = placing === null ? steps : placing.coroutineCreated(steps);
    this.name = name;
    this.unawaited = watchUnawaited(this, name);
  }

  /** `yield* operation`: runs it as part of the caller. InvalidStateError if it was awaited or closed before. */
  [Symbol.iterator](): Steps<T> {
    if (this.awaited) throw new InvalidStateError(`cannot reuse already awaited coroutine ${this.name}()`);
    const createdAt = this.unawaited?.source ?? null;
    this.noteAwaited();
    return runningLoopOrNull()?.getDebug() === true
      ? (new Frame(this.steps, this.name, createdAt) as Steps<T>)
      : this.steps;
  }

  /** `await operation`: runs it as part of the async function that awaits it; outside of tasks, as a new task. */
  then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    const task = awaitingTask() as Task | null;
    if (task === null) return thenOf(this.asTaskOf(currentLoop()), onFulfilled, onRejected, null);
    let first: IteratorResult<unknown, T>;
    let steps: Steps<T>;
    try {
      steps = this[Symbol.iterator]();
      first = firstStep(steps, task);
    } catch (error) {
      return Promise.reject(error as Error).then(onFulfilled, onRejected);
    }
    if (first.done === true) return Promise.resolve(first.value).then(onFulfilled, onRejected);
    return continueIn(task, steps, this.name, first.value, onFulfilled, onRejected);
  }

  /** Returns a promise for the result, or for what `onRejected` returns for the error: the `catch` of promises. */
  catch<R = never>(onRejected?: ((error: unknown) => R | PromiseLike<R>) | null): Promise<T | R> {
    return this.then(null, onRejected);
  }

  /** Returns a promise for the same outcome, after `onFinally` has run: the `finally` of promises. */
  finally(onFinally?: (() => unknown) | null): Promise<T> {
    return finallyOf(this, onFinally);
  }

  /**
   * Ends it early: a coroutine that waits runs its `finally` blocks, and one that has not begun never runs. InvalidStateError if a
   * `finally` block waits in turn; such a coroutine can only be cancelled, as part of its task.
   */
  close(): void {
    this.noteAwaited();
    if (this.steps.return(undefined as T).done === true) return;
    throw new InvalidStateError(`coroutine ${this.name}() ignored close(): it waits in a finally block`);
  }

  toString(): string {
    return `<Coroutine ${this.name}()>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  private asTaskOf(loop: LoopCore): Future<T> {
    const factory = factoryOf(loop);
    if (factory !== null) return makeByFactory(factory, loop, this, {}) as Future<T>;
    const task = new Task<T>(loop, this[Symbol.iterator](), { label: this.name });
    loop._enqueue(task);
    return task;
  }

  private noteAwaited(): void {
    this.awaited = true;
    if (this.unawaited === null) return;
    forgetUnawaited(this.unawaited);
    this.unawaited = null;
  }
}

/** Runs the first step as code of the task. */
function firstStep<T>(steps: Steps<T>, task: Task): IteratorResult<unknown, T> {
  const previous = enterStep(task);
  try {
    return steps.next();
  } finally {
    leaveStep(previous);
  }
}

/** The type of a function that returns coroutines. */
export type CoroutineFunction<A extends unknown[], T> = (...args: A) => Coroutine<T>;

/**
 * Makes a coroutine function from a generator function: calling it returns a lazy {@link Coroutine}. TypeError for anything else than a
 * generator function.
 */
export function coroutine<A extends unknown[], T>(fn: (...args: A) => Steps<T>): CoroutineFunction<A, T> {
  if (!isGeneratorFunction(fn)) throw wrongType('coroutine', 'a generator function', fn);
  const { name } = fn;
  const make = function (this: unknown, ...args: A): Coroutine<T> {
    return new Coroutine(fn.apply(this, args), name);
  };
  Object.defineProperty(make, 'name', { value: name });
  Object.defineProperty(make, coroutineFunctionMark, { value: true });
  return make;
}

/** True for functions made by `coroutine()` and for native async functions. */
export function isCoroutineFunction(fn: unknown): boolean {
  return isMarkedCoroutineFunction(fn) || isAsyncFunction(fn);
}

/** Checks the tag, which generators inherit and frames.ts defines. Asking `Object.prototype.toString` takes ten times as long. */
function isGenerator(x: unknown): boolean {
  return typeof x === 'object' && x !== null && Symbol.toStringTag in x && x[Symbol.toStringTag] === 'Generator';
}

/** True for a {@link Coroutine} or a generator object. */
export function isCoroutine(x: unknown): x is Coroutine<unknown> | Steps<unknown> {
  return x instanceof Coroutine || isGenerator(x);
}
