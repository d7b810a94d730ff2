/** Options of the levels IPPROTO_IP and IPPROTO_IPV6. */

import { EINVAL } from '../errno.js';
import { AF_INET6 } from '../numbers.js';

export const SO_REUSEADDR = 2;

export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const IPV6_V6ONLY = 26;

export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_PKTINFO = 8;
export const IPV6_PKTINFO = 50;
export const IPV6_HOPLIMIT = 52;
export const IPV6_TCLASS = 67;
const IPV6_UNICAST_HOPS = 16;
const DEFAULT_TTL = 64;
const KERNEL_CHOOSES = -1;

/** Options that ask for control messages, each with the type of the message. */
const ASKS_IPV4: ReadonlyMap<number, number> = new Map([
  [IP_PKTINFO, IP_PKTINFO],
  [12, IP_TTL],
  [13, IP_TOS],
]);
const ASKS_IPV6: ReadonlyMap<number, number> = new Map([
  [49, IPV6_PKTINFO],
  [51, IPV6_HOPLIMIT],
  [66, IPV6_TCLASS],
]);

export class InetOptions {
  onlyIPv6 = false;
  private timeToLive = KERNEL_CHOOSES;
  private hopLimit = KERNEL_CHOOSES;
  private typeOfService = 0;
  private trafficClass = 0;
  /** The types of the control messages that receives return. */
  private readonly wantedIPv4 = new Set<number>();
  private readonly wantedIPv6 = new Set<number>();

  wantsIPv4(type: number): boolean {
    return this.wantedIPv4.has(type);
  }

  wantsIPv6(type: number): boolean {
    return this.wantedIPv6.has(type);
  }

  /** The header fields of a packet to a host of IPv4 or IPv6. */
  headerFields(isIPv4: boolean): { hopLimit: number; trafficClass: number } {
    const chosen = isIPv4 ? this.timeToLive : this.hopLimit;
    const hopLimit = chosen === KERNEL_CHOOSES ? DEFAULT_TTL : chosen;
    return { hopLimit, trafficClass: isIPv4 ? this.typeOfService : this.trafficClass };
  }

  /** Gets an option (`value` null), or sets it. Returns the value, 0, -errno, or null if there is no such option. */
  call(family: number, level: number, option: number, value: number | null): number | null {
    if (level === SOL_IP) return this.ip(option, value);
    return level === SOL_IPV6 && family === AF_INET6 ? this.ipv6(option, value) : null;
  }

  inherit(from: InetOptions): void {
    this.onlyIPv6 = from.onlyIPv6;
    this.timeToLive = from.timeToLive;
    this.hopLimit = from.hopLimit;
    this.typeOfService = from.typeOfService;
    this.trafficClass = from.trafficClass;
    for (const type of from.wantedIPv4) this.wantedIPv4.add(type);
    for (const type of from.wantedIPv6) this.wantedIPv6.add(type);
  }

  private ip(option: number, value: number | null): number | null {
    const asked = ASKS_IPV4.get(option);
    if (asked !== undefined) return setOrGet(this.wantedIPv4, asked, value);
    switch (option) {
      case IP_TTL:
        if (value === null) return this.timeToLive === KERNEL_CHOOSES ? DEFAULT_TTL : this.timeToLive;
        if (value !== KERNEL_CHOOSES && (value < 1 || value > 255)) return -EINVAL;
        this.timeToLive = value;
        return 0;
      case IP_TOS:
        if (value === null) return this.typeOfService;
        this.typeOfService = value & 0xff;
        return 0;
      default:
        return null;
    }
  }

  private ipv6(option: number, value: number | null): number | null {
    const asked = ASKS_IPV6.get(option);
    if (asked !== undefined) return setOrGet(this.wantedIPv6, asked, value);
    switch (option) {
      case IPV6_V6ONLY:
        if (value === null) return this.onlyIPv6 ? 1 : 0;
        this.onlyIPv6 = value !== 0;
        return 0;
      case IPV6_UNICAST_HOPS:
        if (value === null) return this.hopLimit === KERNEL_CHOOSES ? DEFAULT_TTL : this.hopLimit;
        if (value < KERNEL_CHOOSES || value > 255) return -EINVAL;
        this.hopLimit = value;
        return 0;
      case IPV6_TCLASS:
        if (value === null) return this.trafficClass;
        if (value < KERNEL_CHOOSES || value > 255) return -EINVAL;
        this.trafficClass = Math.max(value, 0);
        return 0;
      default:
        return null;
    }
  }
}

/** Adds a type to a set or removes it, or (`value` null) returns whether it is there. */
function setOrGet(wanted: Set<number>, type: number, value: number | null): number {
  if (value === null) return wanted.has(type) ? 1 : 0;
  if (value === 0) wanted.delete(type);
  else wanted.add(type);
  return 0;
}
