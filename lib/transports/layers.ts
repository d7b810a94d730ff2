/** Transports stacked on each other, such as TLS on a socket. */

import type { StreamProtocol, Transport } from './contract.js';

/** A protocol that carries another transport on top of it. */
export interface Layer {
  /** @internal The transport on top; null until there is one. */
  readonly _above: Transport | null;
}

/**
 * Returns the topmost transport above `transport`, which is the one that the program writes to; usually `transport` itself. Closing
 * the lower one instead would lose the bytes that the upper one has not yet handed to it.
 */
export function outermost(transport: Transport): Transport {
  const protocol: (StreamProtocol & Partial<Layer>) | null = transport.getProtocol();
  const above = protocol?._above ?? null;
  return above === null ? transport : outermost(above);
}
