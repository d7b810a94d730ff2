/**
 * Blocking, non-blocking, and blocking with a limit.
 *
 * The kernel has two modes: a call waits for as long as it takes, or it returns EAGAIN. The third is made of the second: while a
 * timeout is set the descriptor is non-blocking, and a call that gets EAGAIN waits with poll(2) and tries again until its time is
 * over. (SO_RCVTIMEO would do it in the kernel, but per read instead of per call, and not for connect.)
 */

import { OSError, TimeoutError } from '../errors/index.js';
import { native } from '../native/binding.js';
import { EAGAIN, EBADF } from './errno.js';

/** Event masks of the addon's `wait`. @internal */
export const READABLE = 1;
/** @internal */
export const WRITABLE = 2;

/** A socket whose calls may wait: indefinitely (null), not at all (0), or for so many milliseconds. */
export interface TimedSocket {
  fileno(): number;
  getTimeout(): number | null;
}

/**
 * The descriptor, for a system call.
 *
 * @throws OSError EBADF when closed, so that a use after close reads the same whether we or the kernel noticed
 */
export function descriptorFor(socket: { fileno(): number }, syscall: string): number {
  const fd = socket.fileno();
  if (fd < 0) throw new OSError(EBADF, syscall);
  return fd;
}

/** When a call that starts now must have ended, on the clock of `performance.now()`. */
export function deadlineOf(socket: TimedSocket): number {
  const timeoutMs = socket.getTimeout();
  return timeoutMs === null ? Infinity : performance.now() + timeoutMs;
}

/**
 * Makes a system call until its result is something other than EAGAIN, or the time is over.
 *
 * @param attempt one system call
 * @param deadline of the whole operation, for one made of several calls
 * @returns the first other result, >= 0 or -errno; EAGAIN when the descriptor is non-blocking
 * @throws TimeoutError
 */
export function retry(
  socket: TimedSocket,
  events: number,
  syscall: string,
  attempt: () => number,
  deadline?: number,
): number {
  let result = attempt();
  const timeoutMs = socket.getTimeout();
  // EAGAIN from a blocking descriptor is the caller's wish (MSG_DONTWAIT, SO_RCVTIMEO), not a reason to wait.
  if (result !== EAGAIN || timeoutMs === null || timeoutMs === 0) return result;
  const end = deadline ?? deadlineOf(socket);
  while (result === EAGAIN) {
    waitUntil(socket, events, end, syscall);
    result = attempt();
  }
  return result;
}

/**
 * Blocks until the descriptor is ready.
 *
 * @throws TimeoutError once `deadline` has passed, OSError when the wait itself fails
 */
export function waitUntil(socket: TimedSocket, events: number, deadline: number, syscall: string): void {
  const fd = descriptorFor(socket, syscall);
  const left = deadline - performance.now();
  const ready = left > 0 ? native.wait(fd, events, left === Infinity ? -1 : left) : 0;
  if (ready < 0) throw new OSError(ready, syscall);
  if (ready === 0) throw new TimeoutError(`${syscall} timed out after ${socket.getTimeout()} ms`);
}
