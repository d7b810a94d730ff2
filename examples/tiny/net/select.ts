/** select() as the system call has it: two lists of sockets and a time in, two lists of ready sockets out. */

import { EVENT_READ, EVENT_WRITE, SelectSelector } from 'selectloop/selectors';
import type { Socket } from 'selectloop/sockets';

/**
 * Waits until a socket of `readers` is readable, or one of `writers` writable.
 *
 * @param timeoutMs null: as long as it takes
 * @returns those that are; both lists are empty when the time is over
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
