/** The owner of a descriptor, which closes it exactly once. */

import { InvalidStateError, OSError } from '../errors/index.js';
import { adoptDescriptor, disownDescriptor } from '../native/adoption.js';
import { announceClose, closeDescriptor } from './descriptor-close.js';
import { ECONNRESET, EINTR } from './errno.js';
import { forgetOwner, rememberOwner } from './unclosed-sockets.js';
import { descriptorFor } from './waiting.js';

/**
 * Owns a descriptor until `close` or `detach`. Everything else in the library borrows it: with two owners, one could close the number
 * while the other still uses it, and the next accept would reuse it for another connection.
 */
export abstract class OwnedDescriptor implements Disposable {
  #fd: number;
  /** Closes the descriptor while it is lent; null otherwise. */
  #closeBorrower: (() => void) | null = null;

  protected constructor(fd: number) {
    this.#fd = fd;
    rememberOwner(this, fd);
    adoptDescriptor(fd);
  }

  /** Returns the descriptor, or -1 when closed or detached. The object owns it: do not close it. */
  fileno(): number {
    return this.#fd;
  }

  /**
   * Releases the descriptor without closing it. The caller owns it from now on, and the object behaves as if closed.
   *
   * @returns the descriptor, or -1 if it was closed already
   * @throws InvalidStateError while the descriptor belongs to a Node stream
   */
  detach(): number {
    if (this.#closeBorrower !== null)
      throw new InvalidStateError(`cannot detach descriptor ${this.#fd}: it belongs to a Node stream`);
    const fd = this.#release();
    // Loops drop their registrations, which belonged to this object; the new owner makes new ones.
    if (fd < 0) return fd;
    announceClose(fd);
    disownDescriptor(fd);
    return fd;
  }

  /**
   * Closes the descriptor, after event loops have dropped it. Idempotent.
   *
   * @throws OSError if the kernel reports an error; the descriptor is closed in any case. EBADF means that other code has closed the
   *   descriptor, which is a bug: by now the number could have belonged to another file
   */
  close(): void {
    if (this.#closeBorrower !== null) {
      this.#closeBorrower();
      return;
    }
    const fd = this.#release();
    if (fd < 0) return;
    const result = closeDescriptor(fd);
    // EINTR: Linux has closed it, and a retry could close a reused number. ECONNRESET: the peer's reset, not a failed close.
    if (result < 0 && result !== EINTR && result !== ECONNRESET) throw new OSError(result, 'close');
  }

  /** Same as {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Lends the descriptor to a borrower that will close it; `close()` then calls `closeBorrower`. Until `_endLoan` the object can still
   * read and set options. Event loops drop the descriptor, as in {@link detach}. @internal
   */
  _lend(closeBorrower: () => void): void {
    const fd = descriptorFor(this, 'lend');
    forgetOwner(this);
    announceClose(fd);
    disownDescriptor(fd);
    this.#closeBorrower = closeBorrower;
  }

  /** Ends the loan: the borrower is about to close the descriptor, and its number may be reused right after. Idempotent. @internal */
  _endLoan(): void {
    if (this.#closeBorrower === null) return;
    this.#closeBorrower = null;
    const fd = this.#release();
    if (fd >= 0) announceClose(fd);
  }

  #release(): number {
    const fd = this.#fd;
    if (fd < 0) return -1;
    this.#fd = -1;
    forgetOwner(this);
    return fd;
  }
}
