/** Creates tasks, and lists them. */

import { checkOptions, wrongType } from '../errors/index.js';
import { type Context, checkContext } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Coroutine, isCoroutine } from './coroutine.js';
import { Future, type Steps, isFuture } from './future.js';
import { checkPromiseSettles } from './needs-host.js';
import { refusePromise } from './refuse-promise.js';
import { isThenable } from './shapes.js';
import { runningTask } from './task-context.js';
import { factoryOf, makeByFactory } from './task-factory.js';
import { Task } from './task.js';
import { currentLoop } from './current-loop.js';

/** Anything that can become a task. */
export type TaskSource<T> = Coroutine<T> | Steps<T> | (() => Steps<T> | Coroutine<T> | Future<T> | PromiseLike<T>);

/** Anything that can be awaited. */
export type Awaitable<T> = Coroutine<T> | Future<T> | Steps<T> | PromiseLike<T>;

/** How a task is created. */
export interface TaskOptions {
  /** Default: `Task-N`. */
  name?: string;
  /** Run the first step now instead of in the next iteration, if the loop runs. */
  eagerStart?: boolean;
  /** The context to run in, which may be shared. Default: a copy of the context of the code that creates the task. */
  context?: Context;
}

/**
 * Creates the tasks of a loop: passed to `loop.setTaskFactory`, and called for every `createTask` and for coroutines that become tasks in
 * `gather` and similar functions. It returns the task, for example one made by {@link defaultTaskFactory}. (Declared as the type of a
 * method, so that a factory for EventLoops can be given to any loop.)
 */
export type TaskFactory<L = LoopCore> = {
  make<T>(loop: L, source: TaskSource<T>, options: TaskOptions): Future<T>;
}['make'];

/** The factory in use when none is set. Other factories may call it for tasks that they do not create themselves. */
export function defaultTaskFactory<T>(loop: LoopCore, source: TaskSource<T>, options: TaskOptions = {}): Task<T> {
  loop.checkOpen();
  checkSource(source);
  checkOptions('createTask: options', options);
  if (options.context !== undefined) checkContext(options.context, 'createTask');
  const body = typeof source === 'function' ? source : source[Symbol.iterator]();
  const label = source instanceof Coroutine ? source.name : undefined;
  const task = new Task<T>(loop, body, { name: options.name, label, context: options.context });
  // As in asyncio: before the loop runs there is no running loop that the step could use.
  if (options.eagerStart === true && loop.isRunning()) task._run();
  else loop._enqueue(task);
  return task;
}

/**
 * A factory whose tasks run their first step immediately, inside `createTask`; a task that does not have to wait ends there. With
 * `createTask(c, { eagerStart: false })` a task starts in the next iteration as usual.
 */
export function eagerTaskFactory<T>(loop: LoopCore, source: TaskSource<T>, options: TaskOptions = {}): Task<T> {
  return defaultTaskFactory(loop, source, { ...options, eagerStart: options.eagerStart ?? true });
}

function checkSource(source: unknown): void {
  if (typeof source === 'function' || isCoroutine(source)) return;
  refusePromise(source, 'createTask: a promise cannot become a task', 'createTask(_)');
  throw wrongType('createTask', 'a coroutine or a function that makes one', source);
}

/** `createTask` on a given loop. */
export function createTaskOn<T>(loop: LoopCore, source: TaskSource<T>, options: TaskOptions = {}): Task<T> {
  const factory = factoryOf(loop);
  if (factory === null) return defaultTaskFactory(loop, source, options);
  loop.checkOpen();
  checkSource(source);
  const made: Future = makeByFactory(factory, loop, source, options);
  return made as unknown as Task<T>; // it may be a plain future, if the factory returns one
}

/**
 * Runs a coroutine concurrently, as a task of the running loop.
 *
 * An async function is passed uncalled, `createTask(async () => ...)`, so that it starts inside its task. The task begins in the
 * next iteration. The loop holds it until it is done.
 *
 * @throws TypeError for anything else, in particular the promise of an async function that was called
 *
 * @example
 * import { createTask, run, sleep } from 'selectloop';
 *
 * await run(async () => {
 *   const task = createTask(async () => {
 *     await sleep(10);
 *     return 42;
 *   });
 *   console.log(task.done()); // false
 *   console.log(await task); // 42
 * });
 */
export function createTask<T>(source: TaskSource<T>, options?: TaskOptions): Task<T> {
  return createTaskOn(currentLoop(), source, options);
}

/** `ensureFuture` on a given loop. */
export function ensureFutureOn<T>(loop: LoopCore, awaitable: Awaitable<T>): Future<T> {
  if (isFuture(awaitable)) return awaitable;
  if (isCoroutine(awaitable)) return createTaskOn(loop, awaitable);
  if (isThenable(awaitable)) return futureOfPromise(loop, awaitable);
  throw wrongType('ensureFuture', 'a future, a coroutine or a promise', awaitable);
}

/** True for anything that `ensureFuture` accepts. */
export function isAwaitable(x: unknown): x is Awaitable<unknown> {
  return isFuture(x) || isCoroutine(x) || isThenable(x);
}

/**
 * Returns a future for anything that can be awaited: a task for a coroutine, a new future for a promise, and a future unchanged.
 * LoopError ERR_NEEDS_HOST for a promise in a blocking loop, where it would never settle.
 */
export function ensureFuture<T>(awaitable: Awaitable<T>): Future<T> {
  return ensureFutureOn(currentLoop(), awaitable);
}

function futureOfPromise<T>(loop: LoopCore, promise: PromiseLike<T>): Future<T> {
  checkPromiseSettles(loop, promise, 'a promise');
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

/** Returns the running task; null outside of tasks. */
export function currentTask(): Task | null {
  return runningTask() as Task | null;
}

/** Returns the tasks of the running loop that are not done. */
export function allTasks(): Set<Task> {
  return new Set([...currentLoop()._tasks] as unknown[] as Task[]);
}
