/**
 * Descriptors that epoll refuses, because their files cannot be polled.
 *
 * A regular file, a directory or /dev/null is always ready. select and poll report it as such, but epoll_ctl fails with EPERM. Standard
 * input is such a file in `program < file` and under most service managers. The loop keeps these descriptors here and reports them as ready
 * in every iteration, so that a program behaves alike on every selector.
 */

import { OSError, isInstance } from '../errors/index.js';
import type { Selector, SelectorKey } from '../selectors/index.js';

type Visit<D> = (key: SelectorKey<D>, events: number) => void;

/** Returns whether a selector failed with `error` because it cannot poll this kind of file. */
export function cannotBePolled(error: unknown): boolean {
  return isInstance(error, OSError) && error.code === 'EPERM';
}

/** The descriptors of one loop that its selector cannot poll. `D` is the type of the keys' data. */
export class AlwaysReady<D> {
  private readonly keys = new Map<number, SelectorKey<D>>();

  has(fd: number): boolean {
    return this.keys.size > 0 && this.keys.has(fd);
  }

  /** Reports the descriptor as ready for these events from now on. */
  set(fd: number, events: number, data: D): void {
    this.keys.set(fd, { fileobj: fd, fd, events, data });
  }

  /** Returns false if the descriptor is not here. */
  delete(fd: number): boolean {
    return this.keys.size > 0 && this.keys.delete(fd);
  }

  clear(): void {
    this.keys.clear();
  }

  isEmpty(): boolean {
    return this.keys.size === 0;
  }

  /** Polls `selector` without waiting, because there are descriptors here, and visits these after the selector's. */
  poll(selector: Selector<D>, visit: Visit<D>, most: number): number {
    const polled = selector._poll(0, visit, most);
    const ready = [...this.keys.values()];
    for (const key of ready) visit(key, key.events);
    return polled + ready.length;
  }
}
