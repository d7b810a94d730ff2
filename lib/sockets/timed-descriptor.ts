/**
 * Blocking, non-blocking, and blocking with a limit.
 *
 * The kernel has two modes: a call waits for as long as it takes, or it returns EAGAIN. The third is made of the second:
 * while a timeout is set the descriptor is non-blocking, and a call that gets EAGAIN waits with poll(2) and tries again until
 * its time is over. (SO_RCVTIMEO would do it in the kernel, but per read instead of per call, and not for connect.)
 */

import { OSError, TimeoutError, checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkTimeout } from './arguments.js';
import { EAGAIN } from './errno.js';
import { OwnedDescriptor } from './owned-descriptor.js';

/** Event masks of the addon's `wait`. @internal */
export const READABLE = 1;
/** @internal */
export const WRITABLE = 2;

/** An {@link OwnedDescriptor} whose calls may wait: for ever, not at all, or for a limited time. */
export abstract class TimedDescriptor extends OwnedDescriptor {
  /** null: blocking; 0: non-blocking; else the limit of each call. */
  #timeoutMs: number | null;

  /** @param timeoutMs what the mode of `fd` is already; the descriptor is not touched */
  protected constructor(fd: number, timeoutMs: number | null) {
    super(fd);
    this.#timeoutMs = timeoutMs;
  }

  /** Same as `setTimeout(blocking ? null : 0)`: calls wait for as long as it takes, or never. */
  setBlocking(blocking: boolean): void {
    this.setTimeout(blocking ? null : 0);
  }

  /** False only for a non-blocking socket; a socket with a timeout does block. */
  getBlocking(): boolean {
    return this.#timeoutMs !== 0;
  }

  /**
   * How long each call may wait, in milliseconds (fractions allowed): null for ever, 0 not at all.
   *
   * The mode belongs to the open file: a dup'd descriptor, here or in another process, shares it.
   *
   * @throws TypeError unless it is a number or null, RangeError if it is negative or NaN, OSError EBADF when closed
   */
  setTimeout(timeoutMs: number | null): void {
    const limit = checkTimeout('timeoutMs', timeoutMs);
    checked(native.setNonBlocking(this.descriptor('fcntl'), limit !== null), 'fcntl');
    this.#timeoutMs = limit;
  }

  /** The limit of {@link setTimeout}: null waits for ever, 0 does not wait. */
  getTimeout(): number | null {
    return this.#timeoutMs;
  }

  /** When a call that starts now must have ended, on the clock of `performance.now()`. */
  protected deadline(): number {
    return this.#timeoutMs === null ? Infinity : performance.now() + this.#timeoutMs;
  }

  /**
   * Makes a system call until it has something else to say than EAGAIN or the time is over.
   *
   * @param attempt one system call
   * @param deadline of the whole operation, for one made of several calls
   * @returns the first other result, >= 0 or -errno; EAGAIN when the descriptor is non-blocking
   * @throws TimeoutError
   */
  protected retry(events: number, syscall: string, attempt: () => number, deadline?: number): number {
    let result = attempt();
    // EAGAIN from a blocking descriptor is the caller's wish (MSG_DONTWAIT, SO_RCVTIMEO), not a reason to wait.
    if (result !== EAGAIN || this.#timeoutMs === null || this.#timeoutMs === 0) return result;
    const end = deadline ?? this.deadline();
    while (result === EAGAIN) {
      this.waitUntil(events, end, syscall);
      result = attempt();
    }
    return result;
  }

  /**
   * Blocks until the descriptor is ready.
   *
   * @throws TimeoutError once `deadline` has passed, OSError when the wait itself fails
   */
  protected waitUntil(events: number, deadline: number, syscall: string): void {
    const fd = this.descriptor(syscall);
    const left = deadline - performance.now();
    const ready = left > 0 ? native.wait(fd, events, left === Infinity ? -1 : left) : 0;
    if (ready < 0) throw new OSError(ready, syscall);
    if (ready === 0) throw new TimeoutError(`${syscall} timed out after ${this.#timeoutMs} ms`);
  }
}
