/** The connections of a server. */

import type { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';

/** One connection. */
export interface Client {
  transport: { deref(): Transport | undefined } | null;
}

/**
 * How a server refers to the transport of a connection.
 *
 * In a hosted loop weakly: one that its program has forgotten, paused, must be found by the garbage collector, or its peer would
 * wait for as long as the server runs. In a blocking loop a WeakRef would do the opposite: the engine keeps its target until the
 * current job ends (ECMAScript, AddToKeptObjects), and `runSync` is one job, so every connection there ever was would stay in
 * memory. There nothing is finalised anyway, and the reference goes when the connection ends.
 */
export function referenceTo(transport: Transport, hosted: boolean): Client['transport'] {
  return hosted ? new WeakRef(transport) : { deref: () => transport };
}

/** The open connections of a server. */
export class Clients {
  private readonly clients = new Set<Client>();

  /** @param onEmpty called when the last one has ended */
  constructor(private readonly onEmpty: () => void) {}

  /** How many are open. */
  get count(): number {
    return this.clients.size;
  }

  /** A place for a connection whose transport is about to be made. */
  add(): Client {
    const client: Client = { transport: null };
    this.clients.add(client);
    return client;
  }

  /** A connection has ended. */
  delete(client: Client): void {
    if (this.clients.delete(client) && this.clients.size === 0) this.onEmpty();
  }

  /** The transports. */
  *[Symbol.iterator](): Generator<Transport> {
    for (const { transport } of [...this.clients]) {
      const target = transport?.deref();
      if (target !== undefined) yield outermost(target);
    }
  }
}
