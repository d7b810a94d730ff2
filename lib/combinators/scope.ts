/**
 * Scopes: like Python's context managers, they run a body between `enter(task)` and `exit(failure)`.
 *
 * `timeout`, `moveOnAfter` and `taskGroup` are scopes. `runSteps` runs a body in a generator, `runAsync` in an async function. Only a
 * generator can be closed from outside, hence `abandon`.
 *
 * The body runs in the caller's own task, so its waits are those of the task, and cancelling the task cancels them. There is one
 * exception: in a generator task, an async body runs as a separate task. `asyncBodySteps` makes the two behave as one.
 */

import { InvalidStateError, checkNames, describeValue, wrongType } from '../errors/index.js';
import { isAsyncFunction } from '../loop/callback.js';
import {
  type Abortable,
  type Awaitable,
  Coroutine,
  type Steps,
  type Task,
  createTask,
  currentTask,
  ensureFuture,
  isAwaitable,
  isCoroutine,
  ONLY_SIGNAL,
  signalOf,
} from '../tasks/index.js';
import { checkSettles } from '../tasks/needs-host.js';
import { awaitingTask } from '../tasks/task-context.js';
import { AbortableScope } from './abortable-scope.js';
import { UnthrownCancellation, derive } from './part-of-task.js';
import type { Failure, Scope } from './scope-contract.js';

/** A body: a generator function, an async function, or a function that returns something to await. */
export type Body<S, T> = (scope: S) => Awaitable<T>;

/** Computes the result of the whole, from the result of the body and from whether its failure was handled. */
export type Finish<T, R> = (value: T | undefined, handled: boolean) => R;

/** The coroutine that runs a body in a scope. */
class ScopedCoroutine<S extends Scope, T, R> extends Coroutine<R> {
  constructor(
    private readonly scope: S,
    /** Runs before and after the body: the scope, or one around it that a signal cancels. */
    private readonly around: Scope,
    private readonly body: Body<S, T>,
    private readonly finish: Finish<T, R>,
    name: string,
  ) {
    super(runSteps(scope, around, body, finish, name), name);
  }

  override then<R1 = R, R2 = never>(
    onFulfilled?: ((value: R) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    // An async body runs in the async task that awaits the scope. Every other combination runs as steps, like any coroutine.
    if (!isAsyncFunction(this.body) || awaitingTask() === null) return super.then(onFulfilled, onRejected);
    return derive(this.runAsync(), onFulfilled, onRejected);
  }

  private async runAsync(): Promise<R> {
    this[Symbol.iterator](); // marks it as awaited, and throws if it was awaited before; the steps are not used
    return await runAsync(this.scope, this.around, this.body, this.finish);
  }
}

/** Work that has been called already has begun outside of the scope, and cannot be cancelled. */
function wrongBody(name: string, body: unknown): Error {
  return wrongType(name, isAwaitable(body) ? 'a function, such as () => work()' : 'a function', body);
}

/** Returns the coroutine that runs `body` in `scope`. Throws TypeError unless `body` is a function, and for an invalid signal. */
export function scoped<S extends Scope, T, R>(
  scope: S,
  body: Body<S, T>,
  name: string,
  finish: Finish<T, R>,
  options: Abortable,
): Coroutine<R> {
  if (typeof body !== 'function') throw wrongBody(`${name}: body`, body);
  checkNames(`${name}: options`, options, ONLY_SIGNAL);
  const signal = signalOf(name, options);
  const around = signal === undefined ? scope : new AbortableScope(scope, signal);
  return new ScopedCoroutine(scope, around, body, finish, name);
}

function* runSteps<S extends Scope, T, R>(
  scope: S,
  around: Scope,
  body: Body<S, T>,
  finish: Finish<T, R>,
  name: string,
): Steps<R> {
  const task = callingTask();
  around.enter(task);
  let value: T | undefined;
  let failure: Failure | null = null;
  let closed = true;
  try {
    try {
      value = yield* bodySteps(body, scope, name);
    } catch (error) {
      failure = { error: task._asCancellation(error) };
    }
    const handled = yield* around.exit(failure);
    closed = false;
    if (failure !== null && !handled) throw failure.error;
    return finish(value, handled);
  } catch (error) {
    closed = false;
    throw error;
  } finally {
    if (closed) around.abandon(); // closed by `close()`, which runs only the finally blocks of a generator
  }
}

async function runAsync<S extends Scope, T, R>(
  scope: S,
  around: Scope,
  body: Body<S, T>,
  finish: Finish<T, R>,
): Promise<R> {
  const task = callingTask();
  around.enter(task);
  let value: T | undefined;
  let failure: Failure | null = null;
  try {
    value = (await body(scope)) as T;
  } catch (error) {
    failure = { error: task._asCancellation(error) };
  }
  const handled = await new Coroutine(around.exit(failure), 'exit');
  if (failure !== null && !handled) throw failure.error;
  return finish(value, handled);
}

function* bodySteps<S, T>(body: Body<S, T>, scope: S, name: string): Steps<T> {
  if (isAsyncFunction(body)) return yield* asyncBodySteps(body as Body<S, T> & ((scope: S) => PromiseLike<T>), scope);
  const awaitable: unknown = body(scope);
  if (!isAwaitable(awaitable)) throw notAwaitable(name, awaitable);
  if (isCoroutine(awaitable)) return yield* awaitable as Steps<T>;
  return yield* ensureFuture(awaitable as Awaitable<T>);
}

/**
 * Runs an async body in a generator task. The JavaScript engine resumes async functions, so the body runs in a separate task, for which the
 * caller waits. Cancelling the caller cancels that task. If the task fails before it has thrown the cancellation, the caller throws it.
 */
function* asyncBodySteps<S, T>(body: (scope: S) => PromiseLike<T>, scope: S): Steps<T> {
  const caller = callingTask();
  checkSettles(caller._loop, 'a body that is an async function'); // before the body starts
  const unthrown = new UnthrownCancellation();
  const bodyTask = createTask(async () => {
    try {
      return await body(scope);
    } catch (error) {
      unthrown.takeFromCurrentTask();
      throw error;
    }
  });
  try {
    return yield* bodyTask;
  } catch (error) {
    unthrown.passTo(caller);
    throw error;
  }
}

function notAwaitable(name: string, value: unknown): TypeError {
  const message = `${name}: the body must return something to await, but returned ${describeValue(value)}`;
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

function callingTask(): Task {
  const task = currentTask();
  if (task === null) throw new InvalidStateError('a timeout or task group must be used inside a task');
  return task;
}
