/** The selector classes of the addon on the simulated kernel. native/core/selector.h has their invariants. */

import type { NativeSelector } from '../../native/contract.js';
import { EALREADY, EBADF, EEXIST, EINVAL, ENOENT } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT } from '../kernel/numbers.js';
import { ReadyPairs } from './ready-pairs.js';

const EVENT_READ = 1;
const EVENT_WRITE = 2;

const isEventMask = (events: number): boolean => events >= 1 && events <= (EVENT_READ | EVENT_WRITE);

/** Returns the bits of poll(2) for a mask. */
export const pollFromMask = (mask: number): number =>
  ((mask & EVENT_READ) === 0 ? 0 : POLLIN) | ((mask & EVENT_WRITE) === 0 ? 0 : POLLOUT);

/** Returns the requested events for a result of poll(2). An error or a hang-up wakes whichever side is registered. */
export const maskFromPoll = (state: number, requested: number): number =>
  (((state & ~POLLOUT) === 0 ? 0 : EVENT_READ) | ((state & ~POLLIN) === 0 ? 0 : EVENT_WRITE)) & requested;

/** The states of a selector, and the checks that all three have in common. */
export abstract class SimulatedSelector implements NativeSelector {
  private state: 'new' | 'open' | 'closed' = 'new';

  constructor(protected readonly kernel: Kernel) {}

  protected abstract doOpen(): number;
  protected abstract doRegister(fd: number, events: number): number;
  protected abstract doModify(fd: number, events: number): number;
  protected abstract doUnregister(fd: number): number;
  protected abstract doSelect(untilNs: number | null, ready: ReadyPairs): number;
  protected abstract doFileno(): number;
  protected abstract doClose(): void;
  /** True if a select would report something now. */
  abstract get hasReady(): boolean;

  open(): number {
    if (this.state !== 'new') return this.state === 'open' ? -EALREADY : -EBADF;
    const result = this.doOpen();
    if (result >= 0) this.state = 'open';
    return result;
  }

  register(fd: number, events: number): number {
    if (this.state !== 'open') return -EBADF;
    return isEventMask(events) ? this.doRegister(fd, events) : -EINVAL;
  }

  modify(fd: number, events: number): number {
    if (this.state !== 'open') return -EBADF;
    return isEventMask(events) ? this.doModify(fd, events) : -EINVAL;
  }

  unregister(fd: number): number {
    return this.state === 'open' ? this.doUnregister(fd) : -EBADF;
  }

  select(timeoutMs: number, ready: Int32Array): number {
    if (this.state !== 'open') return -EBADF;
    return this.doSelect(this.kernel.deadline(timeoutMs), new ReadyPairs(ready));
  }

  fileno(): number {
    return this.state === 'open' ? this.doFileno() : -EBADF;
  }

  close(): void {
    if (this.state === 'open') this.doClose();
    this.state = 'closed';
  }
}

/** select and poll: each call scans all registered descriptors. */
abstract class ScanSelector extends SimulatedSelector {
  protected readonly registered = new Map<number, number>();
  /** Where the next scan begins, if the last one found more than its list could hold. */
  private resumeAt = 0;

  /** Returns the registered events that a descriptor is ready for. One that is closed is ready, so that its owner gets EBADF. */
  protected abstract readyEvents(fd: number, requested: number): number;
  /** The registered descriptors in the order of the scan. */
  protected abstract scanned(): number[];

  override get hasReady(): boolean {
    return [...this.registered].some(([fd, events]) => this.readyEvents(fd, events) !== 0);
  }

  protected override doOpen(): number {
    return 0;
  }

  protected override doRegister(fd: number, events: number): number {
    if (this.registered.has(fd)) return -EEXIST;
    if (this.kernel.descriptors.get(fd) === null) return -EBADF;
    this.registered.set(fd, events);
    return 0;
  }

  protected override doModify(fd: number, events: number): number {
    if (!this.registered.has(fd)) return -ENOENT;
    this.registered.set(fd, events);
    return 0;
  }

  protected override doUnregister(fd: number): number {
    return this.registered.delete(fd) ? 0 : -ENOENT;
  }

  protected override doSelect(untilNs: number | null, ready: ReadyPairs): number {
    const isAnyReady = (): boolean => [...this.registered].some(([fd, events]) => this.readyEvents(fd, events) !== 0);
    this.kernel.waitForFiles(isAnyReady, untilNs);
    const fds = this.scanned();
    const start = this.resumeAt < fds.length ? this.resumeAt : 0;
    this.resumeAt = 0;
    for (let step = 0; step < fds.length; step += 1) {
      const index = (start + step) % fds.length;
      const fd = fds[index]!;
      const events = this.readyEvents(fd, this.registered.get(fd)!);
      if (events === 0) continue;
      if (ready.isFull) {
        this.resumeAt = index;
        break;
      }
      ready.add(fd, events);
    }
    return ready.count;
  }

  protected override doFileno(): number {
    return -1;
  }

  protected override doClose(): void {
    this.registered.clear();
  }
}

export class SimulatedPollSelector extends ScanSelector {
  protected override scanned(): number[] {
    return [...this.registered.keys()];
  }

  protected override readyEvents(fd: number, requested: number): number {
    const wanted = pollFromMask(requested) | POLLERR | POLLHUP;
    const state = this.kernel.descriptors.get(fd)?.poll() ?? POLLNVAL;
    return maskFromPoll(state & (wanted | POLLNVAL), requested);
  }
}

export class SimulatedSelectSelector extends ScanSelector {
  protected override scanned(): number[] {
    return [...this.registered.keys()].sort((a, b) => a - b);
  }

  /** A hang-up makes a descriptor readable for select(2), but not writable. */
  protected override readyEvents(fd: number, requested: number): number {
    const file = this.kernel.descriptors.get(fd);
    if (file === null) return requested;
    const state = file.poll();
    const readable = (state & (POLLIN | POLLHUP | POLLERR)) !== 0;
    const writable = (state & (POLLOUT | POLLERR)) !== 0;
    return ((readable ? EVENT_READ : 0) | (writable ? EVENT_WRITE : 0)) & requested;
  }
}
