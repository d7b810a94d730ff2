/**
 * Closes the descriptors of sockets that were garbage-collected without having been closed.
 *
 * Such a descriptor would leak, because no other object knows its number. So it is closed, with a warning, because collection happens
 * late or never (in a blocking loop, after the run), and the peer waits for the end of the connection until then.
 *
 * A socket that releases its descriptor (`close`, `detach`) is unregistered. If other code closes the descriptor by its number, the
 * socket is not, and by the time it is collected the number may belong to another connection. Therefore each owner gets a ticket, and
 * only the holder of the latest ticket for a number may close it.
 */

import { putDense } from '../collections/dense-array.js';
import { Collected } from '../platform/collected.js';
import { belongsToKernel } from '../platform/kernel-state.js';
import { closeDescriptor } from './descriptor-close.js';

interface Ownership {
  readonly fd: number;
  readonly ticket: number;
}

/** Indexed by descriptor; 0: none. */
let latestTickets: number[] = [];
let lastTicket = 0;

belongsToKernel(() => {
  const outer = [latestTickets, lastTicket] as const;
  [latestTickets, lastTicket] = [[], 0];
  return () => ([latestTickets, lastTicket] = outer);
});

const owned = new Collected<Ownership>(({ fd, ticket }) => {
  if (latestTickets[fd] !== ticket) return;
  latestTickets[fd] = 0;
  process.emitWarning(`unclosed socket fd=${fd}: close() it, or declare it with "using"`, 'ResourceWarning');
  closeDescriptor(fd);
});

/** Registers `owner` as the owner of `fd`. @internal */
export function rememberOwner(owner: object, fd: number): void {
  lastTicket += 1;
  putDense(latestTickets, fd, lastTicket, 0);
  owned.register(owner, { fd, ticket: lastTicket }, owner);
}

/** Unregisters an owner that has released its descriptor. @internal */
export function forgetOwner(owner: object): void {
  owned.unregister(owner);
}
