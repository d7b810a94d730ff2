/** Tracks the tasks that handle the connections of a server. */

import { Event } from '../sync/index.js';
import type { Steps, Task } from '../tasks/index.js';

/** The handlers of one server that are running. */
export class Handlers {
  private readonly tasks = new Set<Task>();
  private stop: AbortController | null = null;
  private stopped = false;
  private readonly idle = new Event();

  constructor() {
    this.idle.set();
  }

  /** Is aborted when the server begins to stop. */
  get stopping(): AbortSignal {
    if (this.stop === null) {
      this.stop = new AbortController();
      if (this.stopped) this.abort();
    }
    return this.stop.signal;
  }

  /** The server begins to stop. */
  announceStop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.abort();
  }

  /** Returns true for the error of an operation that `stopping` has ended: a handler that it ends has not failed. */
  isStop(error: unknown): boolean {
    return this.stopped && this.stop !== null && error === this.stop.signal.reason;
  }

  private abort(): void {
    this.stop?.abort(new DOMException('The server is stopping', 'AbortError'));
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
