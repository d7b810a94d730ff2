/**
 * Scopes: code that runs in the caller's own task, with something done before it and after it.
 *
 * `timeout`, `moveOnAfter` and `taskGroup` are scopes: objects with `enter(task)` and `exit(failure)`, as Python's context managers
 * are. Two drivers run a body between the two: one steps a generator, one is an async function. They are twins, line by line. The
 * body's waits are the task's own, so cancelling the task reaches them; the scope itself is never waited for.
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

/** How a body ended, if not with a value. */
export interface Failure {
  readonly error: unknown;
}

/** What happens around a body. */
export interface Scope {
  /** The body is about to run in `task`. */
  enter(task: Task): void;
  /** The body has ended. Returns true if its failure is dealt with; may throw another error instead; may wait. */
  exit(failure: Failure | null): Steps<boolean>;
  /** The body was closed from outside, in the middle. Nothing may wait any more: give back timers, and end what depends on the body. */
  abandon(): void;
}

/** A body: a generator function, an async function, or a function that returns something to await. */
export type Body<S, T> = (scope: S) => Awaitable<T>;

/** What the whole returns: made of what the body returned, and of whether a failure of it was dealt with. */
export type Finish<T, R> = (value: T | undefined, handled: boolean) => R;

/** The coroutine that runs a body in a scope; it knows both drivers. */
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
    // A generator body is driven as any coroutine is; an async one needs the twin, if it is an async task that awaits.
    if (!isAsyncFunction(this.body) || awaitingTask() === null) return super.then(onFulfilled, onRejected);
    return derive(this.runAsync(), onFulfilled, onRejected);
  }

  private async runAsync(): Promise<R> {
    this[Symbol.iterator](); // it counts as awaited, and is refused if it was before; its steps are not used
    return await runAsync(this.scope, this.body, this.finish);
  }
}

/** Makes the coroutine that runs `body` in `scope`. TypeError unless `body` is a function. */
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
    if (closed) scope.abandon(); // by `close()`, which ends a generator past every catch
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

/** In a generator task an async body runs as a task of its own: the engine drives it, and it can be awaited like any task. */
function* bodySteps<S, T>(body: Body<S, T>, scope: S): Steps<T> {
  if (isAsyncFunction(body)) return yield* asyncBodySteps(body as Body<S, T> & ((scope: S) => PromiseLike<T>), scope);
  const awaitable: unknown = body(scope);
  if (!isAwaitable(awaitable)) throw wrongType('body', 'a function that returns something to await', awaitable);
  if (isCoroutine(awaitable)) return yield* awaitable as Steps<T>;
  return yield* ensureFuture(awaitable as Awaitable<T>);
}

function* asyncBodySteps<S, T>(body: (scope: S) => PromiseLike<T>, scope: S): Steps<T> {
  const whole = callingTask();
  checkSettles(whole._loop, 'a body that is an async function'); // before anything of it runs
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
