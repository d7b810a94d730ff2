/**
 * Sockets that were collected without having been closed.
 *
 * The descriptor would leak: nothing else knows its number. So it is closed, and a warning says that it came to this, because
 * collection happens late or never and the peer waits for the end of the connection all that time.
 *
 * What is remembered is the number. A socket is forgotten here the moment it gives its descriptor up (`close`, `detach`). One
 * whose descriptor was closed by its number, behind its back, is not; so each owner also has a ticket, and only the holder of
 * the latest one for a number may close it: by now the number may be the descriptor of another connection.
 */

import { putDense } from '../collections/dense-array.js';
import { closeDescriptor } from './descriptor-close.js';

interface Ownership {
  readonly fd: number;
  readonly ticket: number;
}

/** By descriptor; 0: none. */
const latestTickets: number[] = [];
let lastTicket = 0;

const owned = new FinalizationRegistry<Ownership>(({ fd, ticket }) => {
  if (latestTickets[fd] !== ticket) return;
  latestTickets[fd] = 0;
  process.emitWarning(`unclosed socket fd=${fd}: close() it, or declare it with "using"`, 'ResourceWarning');
  closeDescriptor(fd);
});

/** From now on `owner` owns `fd`. @internal */
export function rememberOwner(owner: object, fd: number): void {
  lastTicket += 1;
  putDense(latestTickets, fd, lastTicket, 0);
  owned.register(owner, { fd, ticket: lastTicket }, owner);
}

/** `owner` has given its descriptor up. @internal */
export function forgetOwner(owner: object): void {
  owned.unregister(owner);
}
