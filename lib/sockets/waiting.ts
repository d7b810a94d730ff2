/**
 * The three modes of a socket: blocking, non-blocking, and blocking with a timeout.
 *
 * The kernel has two modes: a call waits without a limit, or it returns EAGAIN. The timeout mode is built on the second: the descriptor
 * is non-blocking, and a call that gets EAGAIN waits with poll(2) and tries again until its time is over. (SO_RCVTIMEO would do this in
 * the kernel, but per system call instead of per operation, and not for connect.)
 */

import { OSError, TimeoutError } from '../errors/index.js';
import { native } from '../native/binding.js';
import { MSG_ERRQUEUE } from './constants.js';
import { EAGAIN, EBADF } from './errno.js';

/** The events for which the addon's `wait` waits. @internal */
export const READABLE = 1;
/** See {@link READABLE}. @internal */
export const WRITABLE = 2;

/** A socket whose calls wait without a limit (null), not at all (0), or for a number of milliseconds. */
export interface TimedSocket {
  fileno(): number;
  getTimeout(): number | null;
}

/**
 * Returns the descriptor for a system call.
 *
 * @throws OSError EBADF if closed, so that use after close gives the same error whether the library or the kernel detects it
 */
export function descriptorFor(socket: { fileno(): number }, syscall: string): number {
  const fd = socket.fileno();
  if (fd < 0) throw new OSError(EBADF, syscall);
  return fd;
}

/** Returns the deadline of a call that starts now, on the clock of the kernel. */
export function deadlineOf(socket: TimedSocket): number {
  const timeoutMs = socket.getTimeout();
  return timeoutMs === null ? Infinity : native.now() + timeoutMs;
}

/**
 * Repeats a system call until its result is not EAGAIN, or until the socket's timeout.
 *
 * @param attempt makes one system call
 * @param deadline the deadline of the whole operation, if it consists of several calls
 * @returns the result, >= 0 or -errno; EAGAIN if the socket is non-blocking
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
  // A blocking descriptor returns EAGAIN only on the caller's request (MSG_DONTWAIT, SO_RCVTIMEO), so do not wait.
  if (result !== EAGAIN || timeoutMs === null || timeoutMs === 0) return result;
  const end = deadline ?? deadlineOf(socket);
  while (result === EAGAIN) {
    waitUntil(socket, events, end, syscall);
    result = attempt();
  }
  return result;
}

/** Repeats a receive as {@link retry} does. One from the error queue never waits, as in the kernel: its socket may be readable all the time. */
export function retryReceive(socket: TimedSocket, flags: number, syscall: string, attempt: () => number): number {
  return (flags & MSG_ERRQUEUE) !== 0 ? attempt() : retry(socket, READABLE, syscall, attempt);
}

/**
 * Blocks the thread until the descriptor is ready.
 *
 * @throws TimeoutError once `deadline` has passed, OSError if the wait itself fails
 */
export function waitUntil(socket: TimedSocket, events: number, deadline: number, syscall: string): void {
  const fd = descriptorFor(socket, syscall);
  const left = deadline - native.now();
  const ready = left > 0 ? native.wait(fd, events, left === Infinity ? -1 : left) : 0;
  if (ready < 0) throw new OSError(ready, syscall);
  if (ready === 0) throw new TimeoutError(`${syscall} timed out after ${socket.getTimeout()} ms`);
}
