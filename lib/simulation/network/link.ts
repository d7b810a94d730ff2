/** A line between two hosts, one direction of it. */

import { type Clock, NANOSECONDS_PER_SECOND } from '../time/clock.js';
import type { PacketFaults } from './faults.js';

/** How a link behaves in one direction. */
export interface LinkSettings {
  /** How long a packet travels, in nanoseconds. */
  latencyNs: number;
  /** How much longer a packet may travel, in nanoseconds. */
  jitterNs: number;
  /** Bytes per second; null: no limit. */
  bandwidth: number | null;
  /** The probability that a packet is lost, from 0 to 1. */
  loss: number;
  /** The probability that a segment of TCP makes both ends reset their connection, from 0 to 1. */
  resets: number;
}

/** What a link carries. */
export interface Load {
  readonly bytes: number;
  /** Called when it arrives. */
  readonly arrive: () => void;
  /** Resets the connection that a segment of TCP belongs to; null for a datagram, which may be lost. */
  readonly reset: (() => void) | null;
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
  readonly settings: LinkSettings = { latencyNs: 0, jitterNs: 0, bandwidth: null, loss: 0, resets: 0 };
  private state: 'open' | 'cut' | 'held' = 'open';
  private readonly held: Array<() => void> = [];
  private readonly postponed: Array<() => void> = [];
  /** When the sender has put its last packet on the line, and when that arrives. */
  private lineFree = 0;
  private lastArrival = 0;

  constructor(
    private readonly clock: Clock,
    private readonly faults: PacketFaults,
  ) {}

  /** Sends a packet. */
  send(load: Load): void {
    const { bytes, arrive, reset } = load;
    const { clock, settings, faults } = this;
    const reliable = reset !== null;
    if (this.state !== 'open') {
      if (reliable || this.state === 'held') this.held.push(() => this.send(load));
      return;
    }
    if (reliable && faults.isReset(settings.resets)) {
      clock.after(0, reset);
      return;
    }
    const lossNs = this.lossDelay(reliable);
    if (lossNs === null) return;
    const delayNs = settings.latencyNs + faults.jitterNs(settings.jitterNs) + lossNs;
    const onLine = settings.bandwidth === null ? 0 : (bytes * NANOSECONDS_PER_SECOND) / settings.bandwidth;
    this.lineFree = Math.max(this.lineFree, clock.now) + Math.ceil(onLine);
    const arrival = Math.max(reliable ? this.lastArrival : 0, this.lineFree + delayNs);
    // A datagram that is late overtakes nothing and delays nothing.
    if (reliable) this.lastArrival = arrival;
    clock.after(arrival - clock.now, arrive);
  }

  /** Interrupts the link: segments wait until it is opened again, datagrams are lost. */
  cut(): void {
    this.state = 'cut';
  }

  /** Holds back everything, datagrams too, until the link is opened again. */
  hold(): void {
    this.state = 'held';
  }

  /** Keeps an arrival back: its receiver is down. */
  postpone(arrive: () => void): void {
    this.postponed.push(arrive);
  }

  /** Delivers what was kept back: the receiver is up again. */
  resume(): void {
    for (const arrive of this.postponed.splice(0)) arrive();
  }

  /** Opens the link, and sends the packets that have waited, in their order. */
  open(): void {
    this.state = 'open';
    for (const send of this.held.splice(0)) send();
  }

  /** Drops the packets that wait. */
  drop(): void {
    this.held.length = 0;
  }

  /** Returns the delay by losses, in nanoseconds; null if a datagram is lost. */
  private lossDelay(reliable: boolean): number | null {
    const { loss } = this.settings;
    let delayNs = 0;
    for (let losses = 0; losses < MOST_LOSSES && this.faults.isLost(loss); losses += 1) {
      if (!reliable) return null;
      delayNs += RETRANSMISSION_NS * 2 ** losses;
    }
    return delayNs;
  }
}
