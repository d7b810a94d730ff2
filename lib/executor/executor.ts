/** The interface of executors, which run functions outside the loop's thread. */

import type { Awaitable } from '../tasks/index.js';

/** Runs functions outside the loop's thread. `WorkerPool` is one. */
export interface Executor {
  /** Starts `fn(...args)`, and returns an awaitable for its result. */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Awaitable<Awaited<R>>;
  /** Called when a loop that uses this as its default executor closes. */
  shutdown?(): void;
}
