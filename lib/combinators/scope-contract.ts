/** What a scope is: code around a body. */

import type { Steps, Task } from '../tasks/index.js';

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
