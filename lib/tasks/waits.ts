/** What an async function waits for: more than one future at a time, with `Promise.all`. */

import type { LoopCore } from '../loop/loop-core.js';
import { LinkedList } from '../collections/linked-list.js';
import type { PendingWait, Waitable } from './waitable.js';

/** The pending waits of one task. */
export class Waits {
  private readonly pending = new LinkedList<PendingWait>();

  add(wait: PendingWait): void {
    this.pending.add(wait);
  }

  delete(wait: PendingWait): void {
    this.pending.delete(wait);
  }

  /** The futures, each once: a task that is awaited twice (`Promise.all([task, task])`) must be asked once to end. */
  futures(): Set<Waitable> {
    return new Set([...this.pending].map((wait) => wait.future));
  }

  /** Cancels every future. Returns whether one of them could be. */
  cancel(reason: unknown): boolean {
    let cancelled = false;
    for (const future of this.futures()) cancelled = future.cancel(reason) || cancelled;
    return cancelled;
  }

  /** Ends one wait although its future is not done. */
  interrupt(loop: LoopCore): void {
    const { first: wait } = this.pending;
    if (wait === null) return;
    wait.future._unlisten(wait);
    loop._enqueue(wait);
  }
}
