/** The connections of a server. */

import type { LoopCore } from '../loop/loop-core.js';
import { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';
import type { Connected, TransportKeeper } from '../transports/open-transports.js';

/** A reference to a connection, weak or not. */
interface Reference {
  deref(): Connected | undefined;
}

/**
 * How a server refers to the transport of a connection.
 *
 * In a hosted loop weakly: one that its program has forgotten, paused, must be found by the garbage collector, or its peer would
 * wait for as long as the server runs. In a blocking loop a WeakRef would do the opposite: the engine keeps its target until the
 * current job ends (ECMAScript, AddToKeptObjects), and `runSync` is one job, so every connection there ever was would stay in
 * memory. There nothing is finalised anyway, and the reference goes when the connection ends.
 */
function referenceTo(connection: Connected, hosted: boolean): Reference {
  return hosted ? new WeakRef(connection) : { deref: () => connection };
}

/** The open connections of a server. */
export class Clients implements TransportKeeper {
  private readonly connections = new Map<object, Reference>();
  /** Connections that have come in, and are not open yet. */
  private expected = 0;

  /** @param onEmpty called when the last one has ended */
  constructor(
    private readonly loop: LoopCore,
    private readonly onEmpty: () => void,
  ) {}

  /** How many are open. */
  get count(): number {
    return this.connections.size + this.expected;
  }

  /** A connection has come in, and is about to be opened. */
  announce(): void {
    this.expected += 1;
  }

  /** It has been opened, or that has failed. */
  arrived(): void {
    this.expected -= 1;
    this.checkEmpty();
  }

  opened(key: object, connection: Connected): void {
    this.connections.set(key, referenceTo(connection, this.loop._isHosted()));
  }

  gone(key: object): void {
    if (this.connections.delete(key)) this.checkEmpty();
  }

  /** The connections. */
  *[Symbol.iterator](): Generator<Connected> {
    for (const reference of [...this.connections.values()]) {
      const target = reference.deref();
      if (target !== undefined) yield target instanceof Transport ? outermost(target) : target;
    }
  }

  private checkEmpty(): void {
    if (this.count === 0) this.onEmpty();
  }
}
