/** socket(2) and socketpair(2): which families, types and protocols there are. */

import { EAFNOSUPPORT, EINVAL, ENOSYS, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from './errno.js';
import type { Host } from './host.js';
import { TcpSocket } from './inet/tcp-socket.js';
import { UdpSocket } from './inet/udp.js';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from './numbers.js';
import type { Socket } from './socket.js';
import { ConnectedUnixSocket } from './unix/connected.js';
import { UnixDatagram } from './unix/datagram.js';
import { UnixSeqpacket } from './unix/seqpacket.js';
import { UnixStream } from './unix/stream.js';

const FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC;
const MOST_FAMILIES = 46;
const MOST_TYPES = 11;
const PF_UNIX = 1;

/** Returns a new socket, or -errno. @param typeAndFlags the type, with SOCK_NONBLOCK and SOCK_CLOEXEC or without */
export function createSocket(host: Host, family: number, typeAndFlags: number, protocol: number): Socket | number {
  const type = typeAndFlags & ~FLAGS;
  if (family < 0 || family >= MOST_FAMILIES) return -EAFNOSUPPORT;
  if (type < 0 || type >= MOST_TYPES) return -EINVAL;
  const socket = family === AF_UNIX ? unixSocket(host, type, protocol) : inetSocket(host, family, type, protocol);
  if (typeof socket !== 'number') socket.nonBlocking = (typeAndFlags & SOCK_NONBLOCK) !== 0;
  return socket;
}

/** Returns two connected sockets, or -errno. */
export function createPair(
  host: Host,
  family: number,
  typeAndFlags: number,
  protocol: number,
): [Socket, Socket] | number {
  const first = createSocket(host, family, typeAndFlags, protocol);
  if (typeof first === 'number') return first;
  const second = createSocket(host, family, typeAndFlags, protocol);
  if (first instanceof UnixDatagram && second instanceof UnixDatagram) first.pairWith(second);
  else if (first instanceof ConnectedUnixSocket && second instanceof ConnectedUnixSocket) first.pairWith(second);
  else return -EOPNOTSUPP;
  return [first, second];
}

function unixSocket({ unixNames, limits }: Host, type: number, protocol: number): Socket | number {
  if (protocol !== 0 && protocol !== PF_UNIX) return -EPROTONOSUPPORT;
  if (type === SOCK_STREAM) return new UnixStream(unixNames, limits);
  if (type === SOCK_SEQPACKET) return new UnixSeqpacket(unixNames, limits);
  return type === SOCK_DGRAM || type === SOCK_RAW ? new UnixDatagram(unixNames, limits) : -ESOCKTNOSUPPORT;
}

function inetSocket(host: Host, family: number, type: number, protocol: number): Socket | number {
  if (family !== AF_INET && family !== AF_INET6) return -EAFNOSUPPORT;
  if (protocol < 0 || protocol > 262) return -EINVAL;
  if (type === SOCK_RAW) return -ENOSYS;
  if (type !== SOCK_STREAM && type !== SOCK_DGRAM) return -ESOCKTNOSUPPORT;
  if (protocol !== 0 && protocol !== (type === SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP)) return -EPROTONOSUPPORT;
  return type === SOCK_STREAM ? new TcpSocket(family, host) : new UdpSocket(family, host);
}
