/** Typed values of the common control messages. Each kind is one entry of {@link ancillary}; adding one is adding an entry. */

import { OSError, checkOptions, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { isIPv4 } from '../platform/ip.js';
import {
  type Address,
  type InetAddress,
  type SocketAddress,
  emptyNativeAddress,
  fromNativeAddress,
  toNativeAddress,
} from './address.js';
import { checkInt } from './arguments.js';
import * as c from './constants.js';
import * as ip from './constants-ip.js';
import { UDP_GRO, UDP_SEGMENT } from './constants-transport.js';
import { type ControlMessage, checkMessage } from './control-messages.js';
import { LITTLE_ENDIAN, WORD_BYTES, int32, int32Bytes, uint32, uint64, viewOf } from './native-bytes.js';

/** One kind of control message that can be received. */
export interface ControlKind<T> {
  /**
   * Returns the value of the first message of this kind; undefined if there is none, or if it was truncated (MSG_CTRUNC).
   *
   * @param ancData the `ancData` of a received message
   */
  get(ancData: readonly ControlMessage[] | undefined): T | undefined;
}

/** One kind of control message that can be received and sent. */
export interface SendableKind<T, Sent = T> extends ControlKind<T> {
  /** Makes a message of this kind, for the `ancData` of `sendMsg`. @throws TypeError or RangeError for an invalid value */
  make(value: Sent): ControlMessage;
}

/** The process that sent a message (SCM_CREDENTIALS). */
export interface Credentials {
  /** Its process id, as this process sees it; 0 if it cannot. */
  readonly pid: number;
  /** Its user id. */
  readonly uid: number;
  /** Its group id. */
  readonly gid: number;
}

/** Where a datagram arrived (IP_PKTINFO, IPV6_PKTINFO). */
export interface PacketInfo {
  /** The index of the interface. `ifIndexToName` returns its name. */
  readonly ifIndex: number;
  /** The destination of the datagram: an address of this host, a multicast group or a broadcast address. */
  readonly address: string;
  /** The address of this host from which to answer; '::' for an IPv6 group: the kernel chooses. */
  readonly localAddress: string;
}

/** From where a datagram is sent. A received {@link PacketInfo} answers from the address at which the question arrived. */
export interface PacketSource {
  /** The source address: numeric IPv4 or IPv6 text, of the family of the socket. */
  readonly localAddress: string;
  /** The index of the outgoing interface. Default: 0, the kernel chooses. */
  readonly ifIndex?: number;
}

/** An error of an earlier send, from the error queue (IP_RECVERR, IPV6_RECVERR). The message that has it contains the bytes sent. */
export interface QueuedError {
  /** The negative error number; 0 for a notification that is not an error. */
  readonly errno: number;
  /** The symbolic name, such as 'ECONNREFUSED'; 'EOK' for 0. */
  readonly code: string;
  /** One of the SO_EE_ORIGIN_ constants. */
  readonly origin: number;
  /** The type of the ICMP message. */
  readonly type: number;
  /** The code of the ICMP message. */
  readonly icmpCode: number;
  /** More information: for EMSGSIZE, the MTU of the path. */
  readonly info: number;
  /** More information. */
  readonly data: number;
  /** The host that reported the error; null if it was this one. */
  readonly offender: Address | null;
}

type Decoder<T> = (data: Uint8Array) => T;

/** A received kind: its decoders by level and type, each with the least number of bytes that it needs. */
function received<T>(
  ...forms: Array<[level: number, type: number, least: number, decode: Decoder<T>]>
): ControlKind<T> {
  return {
    get(ancData = []) {
      if (!Array.isArray(ancData)) throw wrongType('ancData', 'an array of control messages', ancData);
      for (const [i, message] of (ancData as readonly ControlMessage[]).entries()) {
        const { level, type, data } = checkMessage(`ancData[${i}]`, message);
        const form = forms.find((each) => each[0] === level && each[1] === type);
        if (form !== undefined && data.length >= form[2]) return form[3](data);
      }
      return undefined;
    },
  };
}

/** A kind with a number as its value. */
function numeric(level: number, type: number, most: number, bytes: 1 | 2 | 4 = 4): SendableKind<number> {
  return {
    ...received([level, type, 4, (data) => int32(data, 0)]),
    make(value) {
      checkRange('value', value, most);
      return { level, type, data: bytes === 2 ? twoBytes(value) : int32Bytes(value) };
    },
  };
}

function twoBytes(value: number): Buffer {
  const data = Buffer.alloc(2);
  viewOf(data).setUint16(0, value, LITTLE_ENDIAN);
  return data;
}

function checkRange(name: string, value: number, most: number): number {
  const expected = `an integer from 0 to ${most}`;
  if (typeof value !== 'number') throw wrongType(name, expected, value);
  if (!Number.isInteger(value) || value < 0 || value > most) throw outOfRange(name, expected, value);
  return value;
}

const native4 = emptyNativeAddress();

/** Decodes a sockaddr; null for AF_UNSPEC. */
function addressOf(sockaddr: Uint8Array): SocketAddress | null {
  native.decodeAddress(sockaddr, native4);
  return fromNativeAddress(native4, native4.family);
}

/** The text of the 4 or 16 bytes of an address. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const sockaddr = Buffer.alloc(28); // sockaddr_in6: family, port, flow, address, scope
  viewOf(sockaddr).setUint16(0, c.AF_INET6, LITTLE_ENDIAN);
  sockaddr.set(bytes, 8);
  return (addressOf(sockaddr) as InetAddress).host;
}

/** The 4 or 16 bytes of an address. */
function bytesOf(host: string): Buffer {
  const family = isIPv4(host) ? c.AF_INET : c.AF_INET6;
  const sockaddr = Buffer.alloc(28);
  native.encodeAddress(toNativeAddress({ host, port: 0 }, family), sockaddr);
  return family === c.AF_INET ? sockaddr.subarray(4, 8) : sockaddr.subarray(8, 24);
}

/** Decodes two C longs, seconds and a fraction, as nanoseconds. */
function nanoseconds(data: Uint8Array, fraction: bigint): bigint {
  if (WORD_BYTES === 4) return BigInt(uint32(data, 0)) * 1_000_000_000n + BigInt(uint32(data, 4)) * fraction;
  return uint64(data, 0) * 1_000_000_000n + uint64(data, 8) * fraction;
}

/** sock_extended_err: errno, origin, type, code, padding, info, data; then the address of the offender. */
function queuedError(data: Uint8Array): QueuedError {
  const errno = 0 - uint32(data, 0);
  return {
    errno,
    code: errno === 0 ? 'EOK' : new OSError(errno, 'recvmsg').code,
    origin: data[4]!,
    type: data[5]!,
    icmpCode: data[6]!,
    info: uint32(data, 8),
    data: uint32(data, 12),
    offender: addressOf(data.subarray(16)) as Address | null,
  };
}

/** in_pktinfo: index, local address, destination. */
function packetInfo4(data: Uint8Array): PacketInfo {
  const localAddress = textOf(data.subarray(4, 8));
  return { ifIndex: int32(data, 0), address: textOf(data.subarray(8, 12)), localAddress };
}

/** in6_pktinfo: destination, index. */
function packetInfo6(data: Uint8Array): PacketInfo {
  const address = textOf(data.subarray(0, 16));
  return { ifIndex: uint32(data, 16), address, localAddress: data[0] === 0xff ? '::' : address };
}

function packetSource(value: PacketSource): ControlMessage {
  const { localAddress, ifIndex = 0 } = checkOptions('value', value);
  checkInt('value.ifIndex', ifIndex);
  if (typeof localAddress !== 'string') throw wrongType('value.localAddress', 'a numeric address', localAddress);
  const bytes = bytesOf(localAddress);
  return bytes.length === 4
    ? { level: c.IPPROTO_IP, type: ip.IP_PKTINFO, data: Buffer.concat([int32Bytes(ifIndex), bytes, Buffer.alloc(4)]) }
    : { level: c.IPPROTO_IPV6, type: ip.IPV6_PKTINFO, data: Buffer.concat([bytes, int32Bytes(ifIndex)]) };
}

function credentials(data: Uint8Array): Credentials {
  return { pid: int32(data, 0), uid: uint32(data, 4), gid: uint32(data, 8) };
}

/**
 * The common kinds of control messages: `get` reads one from the `ancData` of a received message, `make` makes one for `sendMsg`.
 * Other kinds are a {@link ControlMessage} whose bytes you read and write yourself.
 *
 * @example
 * import { AF_INET, IPPROTO_IP, IP_PKTINFO, type InetAddress, SOCK_DGRAM, Socket, ancillary } from 'selectloop/sockets';
 *
 * using server = new Socket(AF_INET, SOCK_DGRAM);
 * server.bind({ host: '', port: 0 });
 * server.setsockopt(IPPROTO_IP, IP_PKTINFO, true);
 * using client = new Socket(AF_INET, SOCK_DGRAM);
 * const { port } = server.getsockname() as InetAddress;
 * client.sendTo(Buffer.from('?'), { host: '127.0.0.2', port });
 *
 * const { ancData, address } = server.recvMsg(100, { ancBufSize: 512 });
 * const info = ancillary.packetInfo.get(ancData)!;
 * console.log(info.address); // 127.0.0.2
 * server.sendMsg([Buffer.from('!')], { address: address!, ancData: [ancillary.packetInfo.make(info)] });
 * const answer = client.recvFrom(100);
 * console.log((answer.address as InetAddress).host); // 127.0.0.2
 */
export const ancillary = {
  /** The process that sent a message: with SO_PASSCRED. A sender needs privileges for ids other than its own. */
  credentials: {
    ...received([c.SOL_SOCKET, c.SCM_CREDENTIALS, 12, credentials]),
    make(value) {
      const { pid, uid, gid } = checkOptions('value', value);
      checkInt('value.pid', pid);
      checkRange('value.uid', uid, 0xffff_ffff);
      checkRange('value.gid', gid, 0xffff_ffff);
      return { level: c.SOL_SOCKET, type: c.SCM_CREDENTIALS, data: int32Bytes(pid, uid, gid) };
    },
  } as SendableKind<Credentials>,

  /**
   * A pidfd of the process that sent a message: with SO_PASSPIDFD (Linux 6.5). Unlike a process id, it never refers to another process;
   * it becomes readable when the process ends. Negative, for example -ESRCH, if the kernel could not open one.
   *
   * The descriptor is the caller's from the moment `recvMsg` returns, also if nothing reads it here; `fd.close` closes it. A receive
   * without `ancBufSize` closes it.
   */
  pidfd: received([c.SOL_SOCKET, c.SCM_PIDFD, 4, (data) => int32(data, 0)]),

  /** Where a datagram arrived: with IP_PKTINFO or IPV6_RECVPKTINFO. Sent, it chooses the source address and the interface. */
  packetInfo: {
    ...received([c.IPPROTO_IP, ip.IP_PKTINFO, 12, packetInfo4], [c.IPPROTO_IPV6, ip.IPV6_PKTINFO, 20, packetInfo6]),
    make: packetSource,
  } as SendableKind<PacketInfo, PacketSource>,

  /** When a message arrived, in nanoseconds since 1970: with SO_TIMESTAMP or SO_TIMESTAMPNS. */
  timestamp: received(
    [c.SOL_SOCKET, c.SCM_TIMESTAMP, 2 * WORD_BYTES, (data) => nanoseconds(data, 1000n)],
    [c.SOL_SOCKET, c.SCM_TIMESTAMPNS, 2 * WORD_BYTES, (data) => nanoseconds(data, 1n)],
  ),

  /** The type of service of an IPv4 packet, 0 to 255: with IP_RECVTOS. */
  tos: {
    ...numeric(c.IPPROTO_IP, c.IP_TOS, 255),
    ...received([c.IPPROTO_IP, c.IP_TOS, 1, (data) => data[0]!]), // the kernel sends one byte
  } as SendableKind<number>,

  /** The time to live of an IPv4 packet, 0 to 255: with IP_RECVTTL. Sent, at least 1. */
  ttl: numeric(c.IPPROTO_IP, c.IP_TTL, 255),

  /** The traffic class of an IPv6 packet, 0 to 255: with IPV6_RECVTCLASS. */
  trafficClass: numeric(c.IPPROTO_IPV6, ip.IPV6_TCLASS, 255),

  /** The hop limit of an IPv6 packet, 0 to 255: with IPV6_RECVHOPLIMIT. */
  hopLimit: numeric(c.IPPROTO_IPV6, ip.IPV6_HOPLIMIT, 255),

  /** An error of an earlier send: with IP_RECVERR or IPV6_RECVERR, received with MSG_ERRQUEUE. */
  error: received([c.IPPROTO_IP, ip.IP_RECVERR, 32, queuedError], [c.IPPROTO_IPV6, ip.IPV6_RECVERR, 44, queuedError]),

  /** The number of datagrams that the socket has dropped so far because its buffer was full: with SO_RXQ_OVFL; undefined while it is 0. */
  dropped: received([c.SOL_SOCKET, c.SO_RXQ_OVFL, 4, (data) => uint32(data, 0)]),

  /** The destination of a datagram before a redirection (TPROXY): with IP_RECVORIGDSTADDR or IPV6_RECVORIGDSTADDR. */
  originalDestination: received(
    [c.IPPROTO_IP, ip.IP_ORIGDSTADDR, 16, addressOf as Decoder<InetAddress>],
    [c.IPPROTO_IPV6, ip.IPV6_ORIGDSTADDR, 28, addressOf as Decoder<InetAddress>],
  ),

  /** Sent, splits the bytes into UDP datagrams of that size, 1 to 65535. */
  udpSegment: numeric(c.IPPROTO_UDP, UDP_SEGMENT, 65_535, 2),

  /** The size of the UDP datagrams that were joined: with UDP_GRO; undefined for a single one. */
  udpSegmentSize: numeric(c.IPPROTO_UDP, UDP_GRO, 65_535) as ControlKind<number>,
} as const;
