/** Control messages of UDP: the addresses and header fields of one packet. */

import { formatIPv6, isIPv4Host, isLoopback, parseIPv4, parseIPv6 } from '../addresses.js';
import { type ControlMessage, intMessage, intOf, socketLevelError } from '../control.js';
import { EINVAL, ENOSYS } from '../errno.js';
import { AF_INET } from '../numbers.js';
import {
  type InetOptions,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  IP_PKTINFO,
  IP_TOS,
  IP_TTL,
  SOL_IP,
  SOL_IPV6,
} from './inet-options.js';

const SOL_UDP = 17;
/** The numbers of the interfaces: that of the loopback addresses, and that of all others. */
const LOOPBACK = 1;
const NETWORK = 2;

/** What a sender sets for one packet; null: the default of the socket. */
export interface PacketSettings {
  readonly source: string | null;
  /** TTL, in the words of IPv4. */
  readonly hopLimit: number | null;
  /** Type of service, in the words of IPv4. */
  readonly trafficClass: number | null;
}

/**
 * Reads the control messages of a send, the last one of each kind. Returns -errno for one that is wrong.
 *
 * @param toIPv4 true for a destination of IPv4, also of an IPv6 socket: the messages of IPv6 are ignored then, except for the source
 */
export function settingsFrom(
  family: number,
  toIPv4: boolean,
  messages: readonly ControlMessage[],
): PacketSettings | number {
  const error = socketLevelError(family, messages);
  if (error < 0) return error;
  let settings: PacketSettings = { source: null, hopLimit: null, trafficClass: null };
  for (const message of messages) {
    const { level } = message;
    if (level === SOL_UDP) return -ENOSYS;
    const isSource = family !== AF_INET && level === SOL_IPV6 && message.type === IPV6_PKTINFO;
    if (isSource || level === (toIPv4 ? SOL_IP : SOL_IPV6)) {
      const change = isSource || !toIPv4 ? changeOfIPv6(message) : changeOfIPv4(message);
      if (toIPv4 && isSource && change?.source?.startsWith('::ffff:') !== true) return -EINVAL;
      if (change === null) return -EINVAL;
      settings = { ...settings, ...change };
    }
  }
  return settings;
}

function changeOfIPv4(message: ControlMessage): Partial<PacketSettings> | null {
  const { type, data } = message;
  const number = type === IP_TOS && data.length === 1 ? data[0]! : intOf(message);
  if (type === IP_PKTINFO) {
    const source = data.subarray(4, 8).join('.');
    return data.length === 12 ? { source: source === '0.0.0.0' ? null : source } : null;
  }
  if (number === null || number > 255) return null;
  if (type === IP_TTL) return number >= 1 ? { hopLimit: number } : null;
  return type === IP_TOS && number >= 0 ? { trafficClass: number } : null;
}

function changeOfIPv6(message: ControlMessage): Partial<PacketSettings> | null {
  const { type, data } = message;
  if (type === IPV6_PKTINFO) {
    if (data.length < 20) return null;
    const groups = Array.from({ length: 8 }, (_, i) => data[2 * i]! * 256 + data[2 * i + 1]!);
    return { source: groups.every((group) => group === 0) ? null : formatIPv6(groups) };
  }
  const number = intOf(message);
  if (number === null || number < -1 || number > 255) return null;
  const value = number < 0 ? null : number;
  if (type === IPV6_HOPLIMIT) return { hopLimit: value };
  return type === IPV6_TCLASS ? { trafficClass: number < 0 ? 0 : value } : null;
}

/** What a receiver may learn about a packet. */
export interface PacketInfo {
  /** The destination. */
  readonly host: string;
  readonly hopLimit: number;
  readonly trafficClass: number;
}

/** Returns the control messages that the options of a receiver ask for, in the order of Linux. */
export function messagesAbout({ host, hopLimit, trafficClass }: PacketInfo, options: InetOptions): ControlMessage[] {
  const isIPv4 = isIPv4Host(host);
  const number = isLoopback(host) ? LOOPBACK : NETWORK;
  const messages: ControlMessage[] = [];
  if (options.wantsIPv6(IPV6_PKTINFO)) messages.push(infoOfIPv6(host, number));
  if (isIPv4) {
    if (options.wantsIPv4(IP_PKTINFO)) messages.push(infoOfIPv4(host, number));
    if (options.wantsIPv4(IP_TTL)) messages.push(intMessage(SOL_IP, IP_TTL, hopLimit));
    if (options.wantsIPv4(IP_TOS)) messages.push({ level: SOL_IP, type: IP_TOS, data: Uint8Array.of(trafficClass) });
  } else {
    if (options.wantsIPv6(IPV6_HOPLIMIT)) messages.push(intMessage(SOL_IPV6, IPV6_HOPLIMIT, hopLimit));
    if (options.wantsIPv6(IPV6_TCLASS)) messages.push(intMessage(SOL_IPV6, IPV6_TCLASS, trafficClass));
  }
  return messages;
}

function infoOfIPv4(host: string, number: number): ControlMessage {
  const address = parseIPv4(host)!;
  const data = Uint8Array.from([number, 0, 0, 0, ...address, ...address]);
  return { level: SOL_IP, type: IP_PKTINFO, data };
}

function infoOfIPv6(host: string, number: number): ControlMessage {
  const groups = parseIPv6(isIPv4Host(host) ? `::ffff:${host}` : host)!;
  const data = Uint8Array.from([...groups.flatMap((group) => [group >> 8, group & 255]), number, 0, 0, 0]);
  return { level: SOL_IPV6, type: IPV6_PKTINFO, data };
}
