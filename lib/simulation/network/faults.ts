/** What may go wrong with packets on a link. */

/** Decides, for each packet of one direction of a link. */
export interface PacketFaults {
  /** True if the packet is lost. */
  isLost(probability: number): boolean;
  /** How much longer than usual the packet travels, in nanoseconds: from 0 to `mostNs`. */
  jitterNs(mostNs: number): number;
  /** True if the connection that the packet belongs to is reset. */
  isReset(probability: number): boolean;
}

/** Returns faults that a random number decides. @param random returns a number from 0 to just below 1 */
export function randomFaults(random: () => number): PacketFaults {
  return {
    isLost: (probability) => probability > 0 && random() < probability,
    jitterNs: (mostNs) => (mostNs > 0 ? Math.floor(random() * (mostNs + 1)) : 0),
    isReset: (probability) => probability > 0 && random() < probability,
  };
}
