/** The hosts of a simulation, and the links between them. */

import type { Clock } from '../time/clock.js';
import type { PacketFaults } from './faults.js';
import { Link, type Load } from './link.js';

/** What the network delivers packets to: the protocols of a host. */
export interface Station {
  readonly name: string;
}

/** A packet that a tap sees. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  /** One line, such as `127.0.0.1:32768 > 127.0.0.1:80 SYN`. */
  readonly text: string;
}

export class Network<S extends Station> {
  private readonly byAddress = new Map<string, S>();
  private readonly links = new Map<string, Link>();
  private tap: ((packet: Packet) => void) | null = null;
  private arrivals: ((packet: Packet) => void) | null = null;

  /** @param faultsOf returns what decides about the packets from one host to another */
  constructor(
    private readonly clock: Clock,
    private readonly faultsOf: (from: Station, to: Station) => PacketFaults,
  ) {}

  /** Gives addresses to a host. */
  attach(station: S, addresses: readonly string[]): void {
    for (const address of addresses) this.byAddress.set(address, station);
  }

  /** Returns the host with an address; null if there is none. */
  find(address: string): S | null {
    return this.byAddress.get(address) ?? null;
  }

  /** The link from one host to another. From a host to itself, it is the loopback interface. */
  link(from: Station, to: Station): Link {
    const key = `${from.name} ${to.name}`;
    let link = this.links.get(key);
    if (link === undefined) {
      link = new Link(this.clock, this.faultsOf(from, to));
      this.links.set(key, link);
    }
    return link;
  }

  /** Calls back for every packet, when it is sent. @param onArrival called with the same object when it arrives, if it does */
  watch(onPacket: (packet: Packet) => void, onArrival: ((packet: Packet) => void) | null = null): void {
    this.tap = onPacket;
    this.arrivals = onArrival;
  }

  /** Sends a packet. `text` is called only if someone watches. */
  send(from: S, to: S, load: Load, text: () => string): void {
    const { tap, arrivals } = this;
    if (tap === null) {
      this.link(from, to).send(load);
      return;
    }
    const packet = { from: from.name, to: to.name, text: text() };
    tap(packet);
    const arrive = (): void => {
      arrivals?.(packet);
      load.arrive();
    };
    this.link(from, to).send({ ...load, arrive });
  }
}
