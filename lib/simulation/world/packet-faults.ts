/** The faults of packets as decisions of a run. */

import type { PacketFaults } from '../network/faults.js';
import { NANOSECONDS_PER_MS } from '../time/clock.js';
import type { Draws } from './draws.js';

/** Returns what decides about the packets from one host to another. */
export function packetFaults(draws: Draws, from: string, to: string): PacketFaults {
  const way = `${from} → ${to}`;
  const loss = draws.about(`loss ${way}`);
  const jitter = draws.about(`jitter ${way}`);
  const resets = draws.about(`resets ${way}`);
  return {
    isLost: (probability) => loss.happens(probability, () => `the loss of a packet from ${from} to ${to}`),
    isReset: (probability) => resets.happens(probability, () => `the reset of a connection from ${from} to ${to}`),
    jitterNs: (mostNs) =>
      jitter.upTo(mostNs, (moreNs) => `a delay of ${moreNs / NANOSECONDS_PER_MS} ms from ${from} to ${to}`),
  };
}
