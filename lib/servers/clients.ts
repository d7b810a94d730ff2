/** The connections of a server. */

import type { LoopCore } from '../loop/loop-core.js';
import type { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';
import type { OpenTransport, TransportKeeper } from '../transports/open-transports.js';

/** A reference to a transport, weak or not. */
interface Reference {
  deref(): Transport | undefined;
}

/**
 * How a server refers to the transport of a connection.
 *
 * In a hosted loop weakly: one that its program has forgotten, paused, must be found by the garbage collector, or its peer would
 * wait for as long as the server runs. In a blocking loop a WeakRef would do the opposite: the engine keeps its target until the
 * current job ends (ECMAScript, AddToKeptObjects), and `runSync` is one job, so every connection there ever was would stay in
 * memory. There nothing is finalised anyway, and the reference goes when the connection ends.
 */
function referenceTo(transport: Transport, hosted: boolean): Reference {
  return hosted ? new WeakRef(transport) : { deref: () => transport };
}

/** The open connections of a server. */
export class Clients implements TransportKeeper {
  private readonly transports = new Map<OpenTransport, Reference>();
  /** Connections whose transport is being made. */
  private expected = 0;

  /** @param onEmpty called when the last one has ended */
  constructor(
    private readonly loop: LoopCore,
    private readonly onEmpty: () => void,
  ) {}

  /** How many are open. */
  get count(): number {
    return this.transports.size + this.expected;
  }

  /** A connection has come in; its transport is about to be made. */
  announce(): void {
    this.expected += 1;
  }

  /** That is over, with a transport or without one. */
  arrived(): void {
    this.expected -= 1;
    this.checkEmpty();
  }

  opened(record: OpenTransport, transport: Transport): void {
    this.transports.set(record, referenceTo(transport, this.loop._isHosted()));
  }

  gone(record: OpenTransport): void {
    if (this.transports.delete(record)) this.checkEmpty();
  }

  /** The transports. */
  *[Symbol.iterator](): Generator<Transport> {
    for (const reference of [...this.transports.values()]) {
      const target = reference.deref();
      if (target !== undefined) yield outermost(target);
    }
  }

  private checkEmpty(): void {
    if (this.count === 0) this.onEmpty();
  }
}
