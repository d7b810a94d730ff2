/** Options of the levels IPPROTO_IP and IPPROTO_IPV6. */

import { EINVAL } from '../errno.js';
import { AF_INET6 } from '../numbers.js';

export const SO_REUSEADDR = 2;

export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const IPV6_V6ONLY = 26;

const IP_TOS = 1;
const IP_TTL = 2;
const IPV6_UNICAST_HOPS = 16;
const IPV6_TCLASS = 67;
const DEFAULT_TTL = 64;
const KERNEL_CHOOSES = -1;

export class InetOptions {
  onlyIPv6 = false;
  private timeToLive = KERNEL_CHOOSES;
  private hopLimit = KERNEL_CHOOSES;
  private typeOfService = 0;
  private trafficClass = 0;

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
  }

  private ip(option: number, value: number | null): number | null {
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
