/** A selector without a kernel. */

import { DeadlockError } from '../errors/index.js';
import { Selector } from '../selectors/index.js';

/**
 * A selector in memory: the test decides which descriptors are ready. Any number can be a descriptor; no files are opened.
 *
 * It never blocks: with nothing ready it returns immediately, and where it would have to block without a timeout it throws a
 * DeadlockError. Pass it to {@link virtualLoop} for blocking runs; a hosted loop needs a kernel selector to watch libuv.
 */
export class MemorySelector<D = unknown> extends Selector<D> {
  private readonly watched = new Map<number, number>();
  private readonly ready = new Map<number, number>();

  /** Makes the descriptor ready for `events`; 0 for none. Readiness is level-triggered: it lasts until it is changed. */
  setReady(fd: number, events: number): void {
    if (events === 0) this.ready.delete(fd);
    else this.ready.set(fd, events);
  }

  protected override registerDescriptor(fd: number, events: number): void {
    this.watched.set(fd, events);
  }

  protected override modifyDescriptor(fd: number, events: number): void {
    this.watched.set(fd, events);
  }

  protected override unregisterDescriptor(fd: number): void {
    this.watched.delete(fd);
  }

  protected override waitForEvents(timeoutMs: number, ready: Int32Array): number {
    let pairs = 0;
    for (const [fd, wanted] of this.watched) {
      const events = (this.ready.get(fd) ?? 0) & wanted;
      if (events === 0 || 2 * pairs >= ready.length) continue;
      ready[2 * pairs] = fd;
      ready[2 * pairs + 1] = events;
      pairs += 1;
    }
    if (pairs === 0 && timeoutMs < 0) {
      throw new DeadlockError(
        'no descriptor is ready in memory, and there is no timer: the loop would block indefinitely',
      );
    }
    return pairs;
  }

  protected override closeSelector(): void {
    this.watched.clear();
  }
}
