/** Runs functions that block or use much CPU outside the loop's thread. */

import { wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Abortable, type Coroutine, type Future, type Steps, ensureFutureOn, operation } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import type { Executor } from './executor.js';
import { functionSource } from './function-source.js';
import { WorkerPool } from './worker-pool.js';

const defaults = new WeakMap<LoopCore, Executor>();

function checkExecutor(executor: Executor, caller: string): Executor {
  if (typeof (executor as Partial<Executor> | null | undefined)?.submit !== 'function')
    throw wrongType(`${caller}: executor`, 'an object with submit(fn, ...args)', executor);
  return executor;
}

/**
 * Sets the executor of `runInExecutor(null, ...)` and `toThread`. It is shut down when the loop closes. The executor that it replaces is
 * not shut down, because it may still be running jobs.
 *
 * @throws TypeError unless it has a `submit` method; LoopError ERR_LOOP_CLOSED
 */
export function setDefaultExecutor(loop: LoopCore, executor: Executor): void {
  checkExecutor(executor, 'setDefaultExecutor');
  loop.checkOpen();
  if (!defaults.has(loop)) loop._closeHooks.push(() => defaults.get(loop)?.shutdown?.());
  defaults.set(loop, executor);
}

function defaultExecutor(loop: LoopCore): Executor {
  if (!defaults.has(loop)) setDefaultExecutor(loop, new WorkerPool({ loop }));
  return defaults.get(loop)!;
}

/**
 * Starts `fn(...args)` in an executor; null means the loop's default executor, a {@link WorkerPool}. Errors and cancellation are those of
 * the executor.
 *
 * @throws LoopError ERR_LOOP_CLOSED
 */
export function runInExecutor<A extends unknown[], R>(
  loop: LoopCore,
  executor: Executor | null,
  fn: (...args: A) => R,
  ...args: A
): Future<Awaited<R>> {
  loop.checkOpen();
  const chosen = executor === null ? defaultExecutor(loop) : checkExecutor(executor, 'runInExecutor');
  return ensureFutureOn(loop, chosen.submit(fn, ...args));
}

function* toThreadSteps<A extends unknown[], R>(fn: (...args: A) => R, args: A): Steps<Awaited<R>> {
  return yield* runInExecutor(currentLoop(), null, fn, ...args);
}

/**
 * Runs a self-contained function in a worker thread while the loop continues: `yield* toThread(hash, password)`.
 *
 * Only the source text of `fn` is sent to the thread. It may use its arguments, globals, and modules that it loads itself (`require`, or
 * `await import(...)` in an async function), but no variables around it. Arguments and result are copied (structured clone): a Buffer
 * arrives as a Uint8Array. `ContextVar`s are not copied; pass their values as arguments.
 *
 * Cancelling it ends the thread, even in the middle of the function. To cancel it with a signal, pass options before the function:
 * `toThread({ signal }, hash, password)`.
 *
 * @throws TypeError immediately for anything but a plain or async function with source text, and when awaited for an argument that
 *   cannot be copied; ReferenceError, from the thread, for a variable outside the function
 *
 * @example
 * import { run, toThread } from 'selectloop';
 *
 * function sumTo(n: number) {
 *   let sum = 0;
 *   for (let i = 1; i <= n; i += 1) sum += i;
 *   return sum;
 * }
 *
 * await run(async () => {
 *   console.log(await toThread(sumTo, 1000)); // 500500
 * });
 */
export function toThread<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Coroutine<Awaited<R>>;
export function toThread<A extends unknown[], R>(
  options: Abortable,
  fn: (...args: A) => R,
  ...args: A
): Coroutine<Awaited<R>>;
export function toThread(first: unknown, ...rest: unknown[]): Coroutine<unknown> {
  const withOptions = isAbortable(first);
  const fn = (withOptions ? rest.shift() : first) as (...args: unknown[]) => unknown;
  functionSource(fn, 'toThread');
  return operation('toThread', toThreadSteps(fn, rest), withOptions ? first : undefined);
}

/** True for an object of options, which may be empty. Anything else is meant to be a function, and is refused as one. */
function isAbortable(x: unknown): x is Abortable {
  return typeof x === 'object' && x !== null;
}
