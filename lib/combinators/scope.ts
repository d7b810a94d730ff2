/**
 * Scopes: like Python's context managers, they run a body in the caller's own task, between `enter(task)` and `exit(failure)`.
 *
 * `timeout`, `moveOnAfter` and `taskGroup` are scopes. Two drivers run a body, one for generators and one for async functions; they
 * correspond line by line. The body's waits are the task's own, so cancelling the task cancels them.
 */

import { InvalidStateError, wrongType } from '../errors/index.js';
import { isAsyncFunction } from '../loop/callback.js';
import {
  type Awaitable,
  Coroutine,
  type Steps,
  type Task,
  createTask,
  currentTask,
  ensureFuture,
  isAwaitable,
  isCoroutine,
} from '../tasks/index.js';
import { checkSettles } from '../tasks/needs-host.js';
import { awaitingTask } from '../tasks/task-context.js';
import { Remainder, derive } from './part-of-task.js';

/** The error with which a body ended. */
export interface Failure {
  readonly error: unknown;
}

/** Code that runs before and after a body. */
export interface Scope {
  /** Called before the body runs in `task`. */
  enter(task: Task): void;
  /** Called when the body has ended. May wait. Returns true if the failure is handled; may throw a different error instead. */
  exit(failure: Failure | null): Steps<boolean>;
  /** Called when the body was closed from outside. Must not wait: releases timers, and cancels what depends on the body. */
  abandon(): void;
}

/** A body: a generator function, an async function, or a function that returns something to await. */
export type Body<S, T> = (scope: S) => Awaitable<T>;

/** Computes the result of the whole, from the result of the body and from whether its failure was handled. */
export type Finish<T, R> = (value: T | undefined, handled: boolean) => R;

/** The coroutine that runs a body in a scope, with either driver. */
class ScopedCoroutine<S extends Scope, T, R> extends Coroutine<R> {
  constructor(
    private readonly scope: S,
    private readonly body: Body<S, T>,
    private readonly finish: Finish<T, R>,
    name: string,
  ) {
    super(runSteps(scope, body, finish), name);
  }

  override then<R1 = R, R2 = never>(
    onFulfilled?: ((value: R) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    // A generator body is driven like any coroutine. An async body awaited in an async task needs the async driver.
    if (!isAsyncFunction(this.body) || awaitingTask() === null) return super.then(onFulfilled, onRejected);
    return derive(this.runAsync(), onFulfilled, onRejected);
  }

  private async runAsync(): Promise<R> {
    this[Symbol.iterator](); // marks it as awaited, and throws if it was awaited before; the steps are not used
    return await runAsync(this.scope, this.body, this.finish);
  }
}

/** Returns the coroutine that runs `body` in `scope`. Throws TypeError unless `body` is a function. */
export function scoped<S extends Scope, T, R>(
  scope: S,
  body: Body<S, T>,
  name: string,
  finish: Finish<T, R>,
): Coroutine<R> {
  if (typeof body !== 'function') throw wrongType(`${name}: body`, 'a function', body);
  return new ScopedCoroutine(scope, body, finish, name);
}

function* runSteps<S extends Scope, T, R>(scope: S, body: Body<S, T>, finish: Finish<T, R>): Steps<R> {
  scope.enter(callingTask());
  let value: T | undefined;
  let failure: Failure | null = null;
  let closed = true;
  try {
    try {
      value = yield* bodySteps(body, scope);
    } catch (error) {
      failure = { error };
    }
    const handled = yield* scope.exit(failure);
    closed = false;
    if (failure !== null && !handled) throw failure.error;
    return finish(value, handled);
  } catch (error) {
    closed = false;
    throw error;
  } finally {
    if (closed) scope.abandon(); // closed by `close()`, which runs only the finally blocks of a generator
  }
}

async function runAsync<S extends Scope, T, R>(scope: S, body: Body<S, T>, finish: Finish<T, R>): Promise<R> {
  scope.enter(callingTask());
  let value: T | undefined;
  let failure: Failure | null = null;
  try {
    value = (await body(scope)) as T;
  } catch (error) {
    failure = { error };
  }
  const handled = await new Coroutine(scope.exit(failure), 'exit');
  if (failure !== null && !handled) throw failure.error;
  return finish(value, handled);
}

/** In a generator task, an async body runs as a separate task, because the engine drives it. */
function* bodySteps<S, T>(body: Body<S, T>, scope: S): Steps<T> {
  if (isAsyncFunction(body)) return yield* asyncBodySteps(body as Body<S, T> & ((scope: S) => PromiseLike<T>), scope);
  const awaitable: unknown = body(scope);
  if (!isAwaitable(awaitable)) throw wrongType('body', 'a function that returns something to await', awaitable);
  if (isCoroutine(awaitable)) return yield* awaitable as Steps<T>;
  return yield* ensureFuture(awaitable as Awaitable<T>);
}

function* asyncBodySteps<S, T>(body: (scope: S) => PromiseLike<T>, scope: S): Steps<T> {
  const whole = callingTask();
  checkSettles(whole._loop, 'a body that is an async function'); // before the body starts
  const remainder = new Remainder();
  const part = createTask(async () => {
    try {
      return await body(scope);
    } catch (error) {
      remainder.leave();
      throw error;
    }
  });
  try {
    return yield* part;
  } catch (error) {
    remainder.passTo(whole);
    throw error;
  }
}

function callingTask(): Task {
  const task = currentTask();
  if (task === null) throw new InvalidStateError('a timeout or task group must be used inside a task');
  return task;
}
