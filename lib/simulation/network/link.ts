/** A line between two hosts, one direction of it. */

import { type Clock, NANOSECONDS_PER_SECOND } from '../time/clock.js';

/** How a link behaves in one direction. */
export interface LinkSettings {
  /** How long a packet travels, in nanoseconds. */
  latencyNs: number;
  /** Bytes per second; null: no limit. */
  bandwidth: number | null;
  /** The probability that a packet is lost, from 0 to 1. */
  loss: number;
}

/** How long the sender waits before it sends a lost packet again. The time doubles with each loss of the same packet. */
const RETRANSMISSION_NS = 200_000_000;
const MOST_LOSSES = 10;

/**
 * Carries packets in one direction.
 *
 * Invariant: packets arrive in the order in which they were sent. TCP puts segments into their order before it passes them on, so a lost
 * one delays all behind it; here it is the link that does so, and TCP needs neither timers nor a queue of segments out of order.
 */
export class Link {
  readonly settings: LinkSettings = { latencyNs: 0, bandwidth: null, loss: 0 };
  private isCut = false;
  private readonly held: Array<() => void> = [];
  /** When the sender has put its last packet on the line, and when that arrives. */
  private lineFree = 0;
  private lastArrival = 0;

  /** @param random returns a number from 0 to just below 1 */
  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /**
   * Sends a packet.
   *
   * @param reliable false for a datagram, which is dropped when it is lost or the link is cut
   */
  send(bytes: number, reliable: boolean, arrive: () => void): void {
    if (this.isCut) {
      if (reliable) this.held.push(() => this.send(bytes, reliable, arrive));
      return;
    }
    const delayNs = this.lossDelay(reliable);
    if (delayNs === null) return;
    const { clock, settings } = this;
    const onLine = settings.bandwidth === null ? 0 : (bytes * NANOSECONDS_PER_SECOND) / settings.bandwidth;
    this.lineFree = Math.max(this.lineFree, clock.now) + Math.ceil(onLine);
    const arrival = Math.max(this.lastArrival, this.lineFree + settings.latencyNs + delayNs);
    // A datagram that is late overtakes nothing and delays nothing.
    if (reliable) this.lastArrival = arrival;
    clock.after(arrival - clock.now, arrive);
  }

  /** Interrupts the link: segments wait until it is repaired, datagrams are lost. */
  cut(): void {
    this.isCut = true;
  }

  /** Repairs the link, and sends the segments that have waited, in their order. */
  repair(): void {
    this.isCut = false;
    for (const send of this.held.splice(0)) send();
  }

  /** Returns the delay by losses, in nanoseconds; null if a datagram is lost. */
  private lossDelay(reliable: boolean): number | null {
    const { loss } = this.settings;
    let delayNs = 0;
    for (let losses = 0; loss > 0 && losses < MOST_LOSSES && this.random() < loss; losses += 1) {
      if (!reliable) return null;
      delayNs += RETRANSMISSION_NS * 2 ** losses;
    }
    return delayNs;
  }
}
