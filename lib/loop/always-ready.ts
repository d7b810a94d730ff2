/**
 * Descriptors that epoll refuses, because their files cannot be polled.
 *
 * A regular file, a directory or /dev/null is always ready: select and poll report it so, epoll_ctl answers EPERM. Standard input
 * is such a file in `program < file` and under most service managers. The loop keeps these descriptors here and reports them ready
 * in each iteration, so that programs behave alike on every selector.
 */

import { OSError } from '../errors/index.js';
import type { Selector, SelectorKey } from '../selectors/index.js';

type Visit<D> = (key: SelectorKey<D>, events: number) => void;

/** True for the error of a selector that cannot poll this kind of file. */
export function cannotBePolled(error: unknown): boolean {
  return error instanceof OSError && error.code === 'EPERM';
}

/** The descriptors of one loop that its selector cannot poll. `D` is what the keys carry. */
export class AlwaysReady<D> {
  private readonly keys = new Map<number, SelectorKey<D>>();

  has(fd: number): boolean {
    return this.keys.size > 0 && this.keys.has(fd);
  }

  /** Reports the descriptor ready for these events from now on. */
  set(fd: number, events: number, data: D): void {
    this.keys.set(fd, { fileobj: fd, fd, events, data });
  }

  /** False if it is not here. */
  delete(fd: number): boolean {
    return this.keys.size > 0 && this.keys.delete(fd);
  }

  clear(): void {
    this.keys.clear();
  }

  /** Waits as `selector.selectEach` does, and visits what is always ready after the rest. Without waiting if there is any. */
  selectEach(selector: Selector<D>, timeoutMs: number | null, visit: Visit<D>, most: number): number {
    if (this.keys.size === 0) return selector.selectEach(timeoutMs, visit, most);
    const polled = selector.selectEach(0, visit, most);
    const ready = [...this.keys.values()];
    for (const key of ready) visit(key, key.events);
    return polled + ready.length;
  }
}
