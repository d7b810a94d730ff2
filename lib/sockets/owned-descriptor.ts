/** The owner of one descriptor: it closes it once, and knows afterwards that it is gone. */

import { InvalidStateError, OSError } from '../errors/index.js';
import { adoptDescriptor, disownDescriptor } from '../native/adoption.js';
import { announceClose, closeDescriptor } from './descriptor-close.js';
import { ECONNRESET, EINTR } from './errno.js';
import { forgetOwner, rememberOwner } from './unclosed-sockets.js';
import { descriptorFor } from './waiting.js';

/**
 * Owns a descriptor until `close` or `detach`.
 *
 * Everything else in the library borrows descriptors. With two owners, one would close the number while the other still uses
 * it, and the next accept gives it to a stranger.
 */
export abstract class OwnedDescriptor implements Disposable {
  #fd: number;
  /** Closes the descriptor while it is lent; null when it is not. */
  #closeBorrower: (() => void) | null = null;

  protected constructor(fd: number) {
    this.#fd = fd;
    rememberOwner(this, fd);
    adoptDescriptor(fd);
  }

  /** The descriptor, or -1 when closed or detached. Borrowed: do not close it. */
  fileno(): number {
    return this.#fd;
  }

  /**
   * Gives the descriptor up without closing it; from now on the caller owns it and the object is as good as closed.
   *
   * @returns the descriptor, or -1 when it was closed already
   * @throws InvalidStateError while the descriptor belongs to a stream of Node's
   */
  detach(): number {
    if (this.#closeBorrower !== null)
      throw new InvalidStateError(`cannot detach descriptor ${this.#fd}: it belongs to a stream of Node's`);
    const fd = this.#release();
    // The loop's registration was the socket's; the new owner makes its own.
    if (fd < 0) return fd;
    announceClose(fd);
    disownDescriptor(fd);
    return fd;
  }

  /**
   * Closes the descriptor. Event loops forget it first. Idempotent.
   *
   * @throws OSError when the kernel reports an error; the descriptor is closed all the same. EBADF means that somebody else
   *   had closed it, which is a bug worth finding: the number might have been another file's by now
   */
  close(): void {
    if (this.#closeBorrower !== null) {
      this.#closeBorrower();
      return;
    }
    const fd = this.#release();
    if (fd < 0) return;
    const result = closeDescriptor(fd);
    // EINTR: Linux has closed it, and trying again would close whoever got the number. ECONNRESET: the peer's business.
    if (result < 0 && result !== EINTR && result !== ECONNRESET) throw new OSError(result, 'close');
  }

  /** Same as {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Passes the ownership to `closeBorrower`, which closes the descriptor when this object is asked to. Until `_endLoan` the object
   * can still read and set options. Event loops forget the descriptor, as in {@link detach}. @internal
   */
  _lend(closeBorrower: () => void): void {
    const fd = descriptorFor(this, 'lend');
    forgetOwner(this);
    announceClose(fd);
    disownDescriptor(fd);
    this.#closeBorrower = closeBorrower;
  }

  /** The borrower is about to close the number, which may be another file's right after. Idempotent. @internal */
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
