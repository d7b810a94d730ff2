/**
 * The listeners of a future that has more than one.
 *
 * A future that ends a server may have one for each connection, and each is removed when its connection ends. So removing one takes
 * constant time.
 */

import type { Callback } from '../loop/callback.js';
import { Handle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';

/** Listeners, in the order in which they were added. */
export class Listeners implements Iterable<Runnable> {
  private readonly all = new Set<Runnable>();
  /** The handles of each callback; null until a callback is removed, which is rare. */
  private handles: Map<Callback, Handle[]> | null = null;

  /** Adds one. */
  add(listener: Runnable): void {
    this.all.add(listener);
    if (this.handles !== null) this.index(this.handles, listener);
  }

  /** Removes a listener that is not a handle, such as a parked task. */
  delete(listener: Runnable): void {
    this.all.delete(listener);
  }

  /** Removes every handle of a callback. Returns how many there were. */
  deleteCallback(callback: Callback): number {
    this.handles ??= this.allHandles();
    const removed = this.handles.get(callback) ?? [];
    this.handles.delete(callback);
    for (const handle of removed) this.all.delete(handle);
    return removed.length;
  }

  /** Enqueues all of them. */
  enqueueOn(loop: LoopCore): void {
    for (const listener of this.all) loop._enqueue(listener);
  }

  /** Runs all of them now. */
  run(): void {
    for (const listener of this.all) listener._run();
  }

  private allHandles(): Map<Callback, Handle[]> {
    const handles = new Map<Callback, Handle[]>();
    for (const listener of this.all) this.index(handles, listener);
    return handles;
  }

  private index(handles: Map<Callback, Handle[]>, listener: Runnable): void {
    if (!(listener instanceof Handle) || listener._callback === null) return;
    const others = handles.get(listener._callback);
    if (others === undefined) handles.set(listener._callback, [listener]);
    else others.push(listener);
  }

  [Symbol.iterator](): Iterator<Runnable> {
    return this.all[Symbol.iterator]();
  }
}
