/** The ports of a host, for one protocol. */

import { type Endpoint, isAny, isIPv4Host } from '../addresses.js';
import { EADDRINUSE } from '../errno.js';
import type { Limits } from '../limits.js';

/** A socket with a port. */
export interface PortUser {
  readonly local: Endpoint;
  /** SO_REUSEADDR: others may have the same port. */
  readonly sharesPort: boolean;
  readonly isListening: boolean;
  /** IPV6_V6ONLY: the address :: does not include those of IPv4. */
  readonly isOnlyIPv6: boolean;
}

/** The port of a connection that is over: it stays in use for a while, so that late segments do not reach another one (TIME_WAIT). */
interface Lingering extends PortUser {
  readonly untilNs: number;
}

export class Ports<U extends PortUser> {
  private readonly users = new Map<number, U[]>();
  private readonly lingering = new Map<number, Lingering[]>();
  private last: number;

  /** @param skipped how many ports to pass over at first, so that two protocols seldom use the same number */
  constructor(
    private readonly limits: Limits,
    skipped: number,
    private readonly clock: { readonly now: number },
  ) {
    this.last = limits.firstPort + skipped - 1;
  }

  /** Returns a port for a socket: `wanted.port`, or a free one if that is 0. -EADDRINUSE if another socket is in the way. */
  choose(user: U, wanted: Endpoint): number {
    if (wanted.port === 0) return this.free();
    const others = [...this.on(wanted.port), ...this.lingeringOn(wanted.port)];
    const inTheWay = others.some((other) => other !== user && conflict(user, wanted, other));
    return inTheWay ? -EADDRINUSE : wanted.port;
  }

  add(user: U): void {
    const { port } = user.local;
    this.users.set(port, [...this.on(port), user]);
  }

  remove(user: U): void {
    const { port } = user.local;
    const rest = this.on(port).filter((other) => other !== user);
    if (rest.length > 0) this.users.set(port, rest);
    else this.users.delete(port);
  }

  /** Keeps the port of a connection in use for some time after its end. */
  linger({ local, sharesPort, isOnlyIPv6 }: U, forNs: number): void {
    const entry = { local, sharesPort, isOnlyIPv6, isListening: false, untilNs: this.clock.now + forNs };
    // Later ones of the same kind take the place of earlier ones, so that the list stays short.
    const isAnother = (other: Lingering): boolean =>
      other.local.host !== local.host || other.sharesPort !== sharesPort || other.isOnlyIPv6 !== isOnlyIPv6;
    this.lingering.set(local.port, [...this.lingeringOn(local.port).filter(isAnother), entry]);
  }

  /** The sockets that an address includes, those with exactly this address first. */
  find({ host, port }: Endpoint): U[] {
    const found = this.on(port).filter((user) => includes(user.local.host, user, host));
    return [...found.filter((user) => !isAny(user.local.host)), ...found.filter((user) => isAny(user.local.host))];
  }

  /** All sockets with a port. */
  *all(): Generator<U> {
    for (const users of this.users.values()) yield* users;
  }

  private lingeringOn(port: number): readonly Lingering[] {
    const all = this.lingering.get(port) ?? [];
    const rest = all.filter(({ untilNs }) => untilNs > this.clock.now);
    if (rest.length < all.length) this.lingering.set(port, rest);
    return rest;
  }

  private on(port: number): readonly U[] {
    return this.users.get(port) ?? [];
  }

  /** Takes the ports in turn, so that one that was closed is not used again soon. */
  private free(): number {
    const { firstPort, lastPort } = this.limits;
    const count = lastPort - firstPort + 1;
    // Ports of connections that are over only if there are no others.
    for (let tries = 0; tries < 2 * count; tries += 1) {
      this.last = this.last >= lastPort ? firstPort : this.last + 1;
      if (this.users.has(this.last)) continue;
      if (tries >= count || this.lingeringOn(this.last).length === 0) return this.last;
    }
    return -EADDRINUSE;
  }
}

/** Returns true if packets to `host` are for a socket bound to `bound`. */
function includes(bound: string, user: PortUser, host: string): boolean {
  if (bound === host) return true;
  if (!isAny(bound)) return false;
  return isIPv4Host(host) ? isIPv4Host(bound) || !user.isOnlyIPv6 : !isIPv4Host(bound);
}

function conflict(user: PortUser, wanted: Endpoint, other: PortUser): boolean {
  const overlap = includes(wanted.host, user, other.local.host) || includes(other.local.host, other, wanted.host);
  return overlap && !(user.sharesPort && other.sharesPort && !other.isListening);
}
