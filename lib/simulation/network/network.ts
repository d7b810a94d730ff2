/** The hosts of a simulation, and the links between them. */

import type { Clock } from '../time/clock.js';
import { Link } from './link.js';

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

  /** @param random returns a number from 0 to just below 1; decides which packets are lost */
  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
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
    const link = this.links.get(key) ?? new Link(this.clock, this.random);
    this.links.set(key, link);
    return link;
  }

  /** Calls back for every packet, when it is sent. */
  watch(onPacket: (packet: Packet) => void): void {
    this.tap = onPacket;
  }

  /** Sends a packet. `text` is called only if someone watches. */
  send(from: S, to: S, bytes: number, reliable: boolean, text: () => string, arrive: () => void): void {
    this.tap?.({ from: from.name, to: to.name, text: text() });
    this.link(from, to).send(bytes, reliable, arrive);
  }
}
