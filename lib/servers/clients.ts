/** Tracks the open connections of a server. */

import type { LoopCore } from '../loop/loop-core.js';
import { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';
import type { Connected, ConnectionTracker } from '../transports/open-transports.js';

/** A reference to a connection, weak or strong. */
interface Reference {
  deref(): Connected | undefined;
}

/**
 * Returns a reference to the transport of a connection: weak in a hosted loop, strong in a blocking one.
 *
 * In a hosted loop a paused transport that the program has leaked must be collectable, or its peer would wait for as long as the server
 * runs. In a blocking loop a WeakRef would do the opposite. The engine keeps its target until the current job ends (ECMAScript,
 * AddToKeptObjects), and `runSync` is a single job, so every connection would stay in memory. No finalizers run there anyway, and the
 * strong reference is dropped when the connection ends.
 */
function referenceTo(connection: Connected, hosted: boolean): Reference {
  return hosted ? new WeakRef(connection) : { deref: () => connection };
}

/** The open connections of a server. */
export class Clients implements ConnectionTracker {
  private readonly connections = new Map<object, Reference>();
  /** The number of accepted connections that are not open yet. */
  private expected = 0;

  /** @param onChange called when the number of connections has changed */
  constructor(
    private readonly loop: LoopCore,
    private readonly onChange: () => void,
  ) {}

  /** The number of open connections. */
  get count(): number {
    return this.connections.size + this.expected;
  }

  /** A connection has been accepted and is about to be opened. */
  announce(): void {
    this.expected += 1;
  }

  /** An announced connection has been opened, or could not be. */
  arrived(): void {
    this.expected -= 1;
    this.onChange();
  }

  opened(key: object, connection: Connected): void {
    this.connections.set(key, referenceTo(connection, this.loop._isHosted()));
  }

  closed(key: object): void {
    if (this.connections.delete(key)) this.onChange();
  }

  /** Iterates over the open connections. */
  *[Symbol.iterator](): Generator<Connected> {
    for (const reference of [...this.connections.values()]) {
      const target = reference.deref();
      if (target !== undefined) yield target instanceof Transport ? outermost(target) : target;
    }
  }
}
