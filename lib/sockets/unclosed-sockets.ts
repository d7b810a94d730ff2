/**
 * Sockets that were collected without having been closed.
 *
 * The descriptor would leak: nothing else knows its number. So it is closed, and a warning says that it came to this, because
 * collection happens late or never and the peer waits for the end of the connection all that time.
 *
 * What is remembered is the number only. That is safe because a socket is forgotten here the moment it gives its descriptor
 * up (`close`, `detach`): a number that is still remembered is still owned by the socket that was collected.
 */

import { closeDescriptor } from './descriptor-close.js';

const owned = new FinalizationRegistry<number>((fd) => {
  process.emitWarning(`unclosed socket fd=${fd}: close() it, or declare it with "using"`, 'ResourceWarning');
  closeDescriptor(fd);
});

/** From now on `owner` owns `fd`. @internal */
export function rememberOwner(owner: object, fd: number): void {
  owned.register(owner, fd, owner);
}

/** `owner` has given its descriptor up. @internal */
export function forgetOwner(owner: object): void {
  owned.unregister(owner);
}
