/** Keeps the sending side of a transport for one operation. */

import { InvalidStateError } from '../errors/index.js';
import type { Transport } from './contract.js';

/** The operation that has the sending side of a transport, as the transport sees it. */
export class WriteLock {
  /** The transport has dropped a write of the operation: the connection has ended, although it may not say so yet. */
  hasDropped = false;
  private yielded = false;

  /** @throws InvalidStateError if another operation has it */
  constructor(
    private readonly transport: Transport,
    private readonly operation: string,
  ) {
    transport._writeLock?.check(operation);
    transport._writeLock = this;
  }

  /** Throws an InvalidStateError unless the call is the operation's own. */
  check(method: string): void {
    if (this.yielded) return;
    throw new InvalidStateError(`cannot call ${method}(): ${this.operation} is in progress on this transport`);
  }

  dropped(): void {
    this.hasDropped = true;
  }

  /** Calls the transport on behalf of the operation. */
  bypass(call: () => void): void {
    this.yielded = true;
    try {
      call();
    } finally {
      this.yielded = false;
    }
  }

  release(): void {
    if (this.transport._writeLock === this) this.transport._writeLock = null;
  }
}
