/** What runs functions elsewhere. */

import type { Awaitable } from '../tasks/index.js';

/** Something that runs functions outside of the loop's thread, such as a `WorkerPool`. */
export interface Executor {
  /** Begins `fn(...args)`; what is returned is awaited for the outcome. */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Awaitable<Awaited<R>>;
  /** Called when the loop whose default executor it is closes. */
  shutdown?(): void;
}
