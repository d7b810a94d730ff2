/** Making tasks, and asking which there are. */

import { wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { runningLoop } from '../loop/running-loop.js';
import { Coroutine, isCoroutine } from './coroutine.js';
import { Future, type Steps, isFuture } from './future.js';
import { runningTask } from './task-context.js';
import { Task } from './task.js';

/** What can become a task. */
export type TaskSource<T> = Coroutine<T> | Steps<T> | (() => Steps<T> | Coroutine<T> | Future<T> | PromiseLike<T>);

/** What can be awaited. */
export type Awaitable<T> = Coroutine<T> | Future<T> | Steps<T> | PromiseLike<T>;

/** How a task is made. */
export interface TaskOptions {
  /** Default: `Task-N`. */
  name?: string;
  /** Run the first step now instead of in the next iteration. */
  eagerStart?: boolean;
}

/** @internal `createTask` on a given loop. */
export function createTaskOn<T>(loop: LoopCore, source: TaskSource<T>, options: TaskOptions = {}): Task<T> {
  loop.checkOpen();
  const isFunction = typeof source === 'function';
  if (!isFunction && !isCoroutine(source))
    throw wrongType('createTask', 'a coroutine or a function that makes one', source);
  const body = isFunction ? source : source[Symbol.iterator]();
  const task = new Task<T>(loop, body, options.name === undefined ? null : String(options.name));
  if (options.eagerStart === true) task._run();
  else loop._enqueue(task);
  return task;
}

/**
 * Runs a coroutine concurrently, as a task of the running loop.
 *
 * An async function is passed uncalled, `createTask(async () => ...)`, so that it starts inside its task. The task begins in the
 * next iteration. The loop holds it until it is done.
 */
export function createTask<T>(source: TaskSource<T>, options?: TaskOptions): Task<T> {
  return createTaskOn(runningLoop(), source, options);
}

/** @internal `ensureFuture` on a given loop. */
export function ensureFutureOn<T>(loop: LoopCore, awaitable: Awaitable<T>): Future<T> {
  if (isFuture(awaitable)) return awaitable as Future<T>;
  if (isCoroutine(awaitable)) return createTaskOn(loop, awaitable);
  if (typeof (awaitable as { then?: unknown } | null)?.then === 'function') return futureOfPromise(loop, awaitable);
  throw wrongType('ensureFuture', 'a future, a coroutine or a promise', awaitable);
}

/** Makes a future of anything that can be awaited: a task for a coroutine, a future itself as it is. */
export function ensureFuture<T>(awaitable: Awaitable<T>): Future<T> {
  return ensureFutureOn(runningLoop(), awaitable);
}

function futureOfPromise<T>(loop: LoopCore, promise: PromiseLike<T>): Future<T> {
  const future = new Future<T>({ loop });
  promise.then(
    (value) => {
      if (!future.done()) future.setResult(value);
    },
    (error: unknown) => {
      if (!future.done()) future._fail(error);
    },
  );
  return future;
}

/** The task that is running now; null outside of tasks. */
export function currentTask(): Task | null {
  return runningTask() as Task | null;
}

/** The tasks of the running loop that are not done. */
export function allTasks(): Set<Task> {
  return new Set(runningLoop()._tasks) as Set<Task>;
}
