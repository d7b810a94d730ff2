/** The two sides of running a task's code: the driver runs it, and reports to the task how it ended. */

import type { CancelledError } from '../errors/index.js';
import type { Cancellable, WaitingTask } from './waitable.js';

/** Runs the code of a task, and knows what it waits for. */
export interface Driver {
  /** Runs the code to its next wait, or to its end. */
  run(): void;
  /** What the code waits for, each once; a request to cancel the task is passed on to these. */
  waitsFor(): readonly Cancellable[];
  /** Ends a wait, although what it is for is not done. */
  interrupt(): void;
  /** The generator that is suspended at a wait; null if it is an async function. */
  readonly _suspended: Generator | null;
}

/** The members of a task that its driver uses. */
export interface DrivenTask<T> extends WaitingTask {
  /** The driver. One that learns in its first step what the code is replaces itself. */
  _driver: Driver;
  /** Returns the request to throw at the next wait, which is then no longer pending. */
  _takeRequest(): CancelledError | null;
  /** Makes a request pending that was passed on to a part of the task's code, which ended without throwing it. */
  _inheritRequest(request: CancelledError): void;
  /** The code has returned. */
  _returned(value: T): void;
  /** The code has thrown. */
  _threw(error: unknown): void;
}
