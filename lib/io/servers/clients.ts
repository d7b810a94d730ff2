/** The connections of a server. */

import type { Transport } from '../transports/contract.js';
import { outermost } from '../transports/layers.js';

/** One connection. */
export interface Client {
  transport: WeakRef<Transport> | null;
}

/**
 * The open connections of a server, held weakly: one that its program has forgotten, paused, must be found by the garbage
 * collector, or its peer would wait for as long as the server runs.
 */
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
