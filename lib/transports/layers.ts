/** Transports on top of each other: TLS on a socket. */

import type { StreamProtocol, Transport } from './contract.js';

/** A protocol that is itself the ground of another transport. */
export interface Layer {
  /** @internal That transport; null as long as there is none. */
  readonly _above: Transport | null;
}

/**
 * The transport that the program writes to, of which `transport` is the ground; mostly itself. Closing this one instead would cut
 * off what the one above has not handed down yet.
 */
export function outermost(transport: Transport): Transport {
  const protocol: (StreamProtocol & Partial<Layer>) | null = transport.getProtocol();
  const above = protocol?._above ?? null;
  return above === null ? transport : outermost(above);
}
