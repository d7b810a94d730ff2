/** Reserves the sending side of a transport for one operation. */

import { InvalidStateError } from '../errors/index.js';
import type { Transport } from './contract.js';

/** Held by the operation that owns the sending side of a transport. The transport checks other calls against it. */
export class WriteLock {
  /** True once the transport has dropped a write of the operation: the connection has ended, even if that is not yet visible. */
  hasDropped = false;
  private yielded = false;

  /** @throws InvalidStateError if another operation holds the lock */
  constructor(
    private readonly transport: Transport,
    private readonly operation: string,
  ) {
    transport._writeLock?.check(operation);
    transport._writeLock = this;
  }

  /** Throws an InvalidStateError unless the operation itself makes the call, through `bypass`. */
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
