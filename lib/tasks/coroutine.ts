/**
 * Coroutine: a lazy, awaitable operation.
 *
 * What library operations, and functions made by `coroutine()`, return. Calling runs nothing; awaiting does:
 *
 * - `yield* operation` in a generator coroutine runs it inside the caller's task;
 * - `await operation` in an async function runs its first step at once, and makes a driver for the rest only if it has to wait.
 *
 * Operations are coroutines and not futures that are under way, because cancellation must run *inside* them: a cancelled
 * `condition.wait()` re-acquires its lock, a cancelled `queue.get()` loses no item.
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
import { Frame } from './frames.js';
import type { Future, Steps } from './future.js';
import { type UnawaitedCoroutine, forgetUnawaited, watchUnawaited } from './never-awaited.js';
import { thenOf } from './promise-wait.js';
import { factoryOf, makeByFactory } from './task-factory.js';
import { awaitingTask, enterStep, leaveStep } from './task-context.js';
import { Task } from './task.js';
import { currentLoop } from './current-loop.js';

/** A lazy operation; can be awaited once, with `yield*` or with `await`. */
export class Coroutine<T> {
  /** The name of the function it came from. */
  readonly name: string;
  private readonly steps: Steps<T>;
  private awaited = false;
  /** In debug mode, until it is awaited. */
  private unawaited: UnawaitedCoroutine | null;

  /** @internal Made by the functions that `coroutine()` makes. */
  constructor(steps: Steps<T>, name: string) {
    this.steps = steps;
    this.name = name;
    this.unawaited = watchUnawaited(this, name);
  }

  /** `yield* operation`: runs it as part of the caller. InvalidStateError when it was awaited or closed before. */
  [Symbol.iterator](): Steps<T> {
    if (this.awaited) throw new InvalidStateError(`cannot reuse already awaited coroutine ${this.name}()`);
    this.noteAwaited();
    return runningLoopOrNull()?.getDebug() === true ? new Frame(this.steps, this.name) : this.steps;
  }

  /** `await operation`: runs it as part of the async function that awaits it; as a task of its own outside of tasks. */
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
    return thenOf(Task._continue(task, steps, this.name, first.value), onFulfilled, onRejected, task, false);
  }

  /**
   * Gives up on it: a coroutine that waits runs its `finally` blocks, one that has not begun never runs. InvalidStateError if
   * one of the `finally` blocks waits in its turn; such a coroutine can only be cancelled, as a part of its task.
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

/** Runs it as code of the task. */
function firstStep<T>(steps: Steps<T>, task: Task): IteratorResult<unknown, T> {
  const previous = enterStep(task);
  try {
    return steps.next();
  } finally {
    leaveStep(previous);
  }
}

/** The type of a function that makes coroutines. */
export type CoroutineFunction<A extends unknown[], T> = (...args: A) => Coroutine<T>;

/**
 * Makes a coroutine function out of a generator function: calling it gives a lazy {@link Coroutine}. TypeError for anything
 * that is not a generator function.
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

/** By the tag, which generators inherit and frames.ts has as well; asking `toString` for it takes ten times as long. */
function isGenerator(x: unknown): boolean {
  return typeof x === 'object' && x !== null && Symbol.toStringTag in x && x[Symbol.toStringTag] === 'Generator';
}

/** True for a {@link Coroutine} or a generator object. */
export function isCoroutine(x: unknown): x is Coroutine<unknown> | Steps<unknown> {
  return x instanceof Coroutine || isGenerator(x);
}
