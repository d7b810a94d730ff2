/** Tracks the tasks that handle the connections of a server. */

import { Event } from '../sync/index.js';
import type { Steps, Task } from '../tasks/index.js';

/** The handlers of one server that are running. */
export class Handlers {
  private readonly tasks = new Set<Task>();
  private readonly idle = new Event();

  constructor() {
    this.idle.set();
  }

  /** Tracks a handler until it is done. */
  add(task: Task): void {
    this.tasks.add(task);
    this.idle.clear();
  }

  /** A handler is done. */
  remove(task: Task): void {
    if (this.tasks.delete(task) && this.tasks.size === 0) this.idle.set();
  }

  /** Cancels every handler. */
  cancel(): void {
    for (const task of [...this.tasks]) task.cancel();
  }

  /** Waits until no handler is running. */
  *ended(): Steps<void> {
    yield* this.idle.wait();
  }
}
