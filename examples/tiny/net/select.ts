/** A function with the shape of the system call select(): it takes two lists of sockets and a timeout, and returns those that are ready. */

import { EVENT_READ, EVENT_WRITE, SelectSelector } from 'selectloop/selectors';
import type { Socket } from 'selectloop/sockets';

/**
 * Waits until a socket of `readers` is readable, or one of `writers` writable.
 *
 * @param timeoutMs null waits without a timeout
 * @returns the readable and the writable sockets; both lists are empty after a timeout
 */
export function select(
  readers: Iterable<Socket>,
  writers: Iterable<Socket>,
  timeoutMs: number | null,
): [Socket[], Socket[]] {
  const events = new Map<Socket, number>();
  for (const socket of readers) events.set(socket, EVENT_READ);
  for (const socket of writers) events.set(socket, (events.get(socket) ?? 0) | EVENT_WRITE);
  using selector = new SelectSelector();
  for (const [socket, wanted] of events) selector.register(socket, wanted);
  const ready = selector.select(timeoutMs).map(([key, got]) => ({ socket: key.fileobj as Socket, got }));
  return [EVENT_READ, EVENT_WRITE].map((event) =>
    ready.filter(({ got }) => (got & event) !== 0).map(({ socket }) => socket),
  ) as [Socket[], Socket[]];
}
