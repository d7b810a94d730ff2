/** UDP: datagrams between ports, without promises. */

import {
  type Endpoint,
  SIZE_OF_INET,
  type SocketAddress,
  anyHost,
  inetAddress,
  isIPv4Host,
  unmapped,
} from '../addresses.js';
import type { ControlMessage } from '../control.js';
import {
  EACCES,
  EAFNOSUPPORT,
  EAGAIN,
  ECONNREFUSED,
  EDESTADDRREQ,
  EINVAL,
  EMSGSIZE,
  ENETUNREACH,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
} from '../errno.js';
import type { Limits } from '../limits.js';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IPPROTO_UDP,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SHUT_BOTH,
  SOCK_DGRAM,
} from '../numbers.js';
import type { OpenFile } from '../open-file.js';
import type { Received } from '../socket.js';
import { datagramCost } from '../socket-memory.js';
import { type AddressBook, InetSocket } from './inet-socket.js';
import { type PacketSettings, messagesAbout, settingsFrom } from './packet-settings.js';
import type { Ports } from './ports.js';

/** A datagram on its way. */
export interface Datagram {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly hopLimit: number;
  readonly trafficClass: number;
  /** Owned by the datagram. */
  readonly bytes: Uint8Array;
}

/** What a UDP socket needs of its host. */
export interface UdpHost extends AddressBook {
  readonly limits: Limits;
  readonly udp: UdpStack;
}

/** Reaches all hosts of a network, of which there are none here. It needs a permission. */
const BROADCAST = '255.255.255.255';
const SO_BROADCAST = 6;
/** The length field of IP counts the headers too. */
const MOST_IN_DATAGRAM = 65_507;
const MOST_IN_CALL = 65_535;
/** The headers of IP and UDP, and the space in front of them. */
const OVERHEAD = 60;

/** UDP on one host. */
export class UdpStack {
  /** @param send sends a datagram; `refused` is called if no socket takes it */
  constructor(
    readonly ports: Ports<InetSocket>,
    readonly send: (datagram: Datagram) => void,
  ) {}

  /** Gives an arriving datagram to its socket. Returns false if there is none. */
  deliver(datagram: Datagram): boolean {
    const sockets = this.socketsAt(datagram.to);
    const receiver =
      sockets.find((socket) => socket.remote !== null && socket.takes(datagram)) ??
      sockets.find((socket) => socket.takes(datagram));
    receiver?.enqueue(datagram);
    return receiver !== undefined;
  }

  /** Reports to a sender that its datagram has reached no socket. Only a connected one learns of it. */
  refused({ from, to }: Datagram): void {
    this.socketsAt(from)
      .find((socket) => socket.isConnectedTo(to))
      ?.refuse();
  }

  private socketsAt(end: Endpoint): UdpSocket[] {
    return this.ports.find(end).filter((socket) => socket instanceof UdpSocket);
  }
}

export class UdpSocket extends InetSocket {
  private readonly queue: Datagram[] = [];
  private unread = 0;
  /** What MSG_MORE has collected, and its destination. */
  private corked: { to: Endpoint; settings: PacketSettings; parts: Uint8Array[] } | null = null;

  constructor(
    family: number,
    private readonly host: UdpHost,
  ) {
    super(family, SOCK_DGRAM, IPPROTO_UDP, host, host.udp.ports, host.limits);
  }

  protected override get mayBind(): boolean {
    return this.remote === null;
  }

  override poll(): number {
    let state = POLLOUT;
    if (this.error !== 0) state |= POLLERR;
    if (this.shut === SHUT_BOTH) state |= POLLHUP;
    if (this.isShutForReading || this.queue.length > 0) state |= POLLIN;
    return state;
  }

  override connect(address: SocketAddress): number {
    if (address.family === AF_UNSPEC) {
      this.remote = null;
      this.giveHostUp();
      this.givePortUp();
      if (!this.hasPort) this.local = { host: this.local.host, port: 0 };
      return 0;
    }
    const unbound = this.bindIfNeeded();
    if (unbound < 0) return unbound;
    const destination = this.resolve(address, -EAFNOSUPPORT, -EAFNOSUPPORT);
    if (typeof destination === 'number') return destination;
    this.setLocalHost(this.sourceFor(destination));
    this.remote = destination;
    return 0;
  }

  override shutdown(directions: number): number {
    this.shut |= directions;
    this.changed();
    return this.remote === null ? -ENOTCONN : 0;
  }

  override send(
    bytes: Uint8Array,
    flags: number,
    to: SocketAddress | null,
    _files: readonly OpenFile[],
    control: readonly ControlMessage[],
  ): number {
    const unbound = this.bindIfNeeded();
    if (unbound < 0) return unbound;
    if (bytes.length > MOST_IN_CALL) return -EMSGSIZE;
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    const destination = this.corked?.to ?? this.destinationOf(to);
    if (typeof destination === 'number') return destination;
    const settings = this.corked?.settings ?? settingsFrom(this.family, isIPv4Host(destination.host), control);
    if (typeof settings === 'number') return settings;
    const source = settings.source === null ? this.sourceFor(destination) : this.ownAddress(unmapped(settings.source));
    if (source === null) return -EINVAL;
    const parts = [...(this.corked?.parts ?? []), bytes];
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length > MOST_IN_DATAGRAM) return -EMSGSIZE;
    if (this.corked === null) {
      if (this.error !== 0) return this.takeError();
      if (this.isShutForWriting) return -EPIPE;
    }
    if ((flags & MSG_MORE) !== 0) {
      this.corked = { to: destination, settings, parts: parts.map((part) => Uint8Array.from(part)) };
      return bytes.length;
    }
    this.corked = null;
    const defaults = this.inetOptions.headerFields(isIPv4Host(destination.host));
    this.host.udp.send({
      from: { host: source, port: this.local.port },
      to: destination,
      hopLimit: settings.hopLimit ?? defaults.hopLimit,
      trafficClass: settings.trafficClass ?? defaults.trafficClass,
      bytes: joined(parts, length),
    });
    return bytes.length;
  }

  override receive(into: Uint8Array, flags: number, received: Received): number {
    if (this.error !== 0) return this.takeError();
    const datagram = this.queue[0];
    if (datagram === undefined) return -EAGAIN;
    const { bytes, from } = datagram;
    const part = bytes.subarray(0, into.length);
    into.set(part);
    received.address = inetAddress(this.family, from);
    received.control = messagesAbout({ ...datagram, host: datagram.to.host }, this.inetOptions);
    if (part.length < bytes.length) received.flags |= MSG_TRUNC;
    if ((flags & MSG_PEEK) === 0) {
      this.queue.shift();
      this.unread -= costOf(datagram);
    }
    return (flags & MSG_TRUNC) === 0 ? part.length : bytes.length;
  }

  /** Returns true if a datagram is for this socket: a connected one takes only those of its peer; port 0 stands for all its ports. */
  takes({ from }: Datagram): boolean {
    const { remote } = this;
    return remote === null || this.isConnectedTo(remote.port === 0 ? { ...from, port: 0 } : from);
  }

  isConnectedTo({ host, port }: Endpoint): boolean {
    return this.remote?.host === host && this.remote.port === port;
  }

  /** Puts a datagram into the queue; drops it if that is full. */
  enqueue(datagram: Datagram): void {
    if (this.unread > this.options.receiveBuffer) return;
    this.unread += costOf(datagram);
    this.queue.push(datagram);
    this.changed();
  }

  refuse(): void {
    this.error = ECONNREFUSED;
    this.changed();
  }

  protected override release(): void {
    this.dropPort();
    this.queue.length = 0;
  }

  private bindIfNeeded(): number {
    if (this.hasPort) return 0;
    return this.takePort({ host: this.local.host, port: 0 }) < 0 ? -EAGAIN : 0;
  }

  private destinationOf(to: SocketAddress | null): Endpoint | number {
    if (to === null) return this.remote ?? -EDESTADDRREQ;
    const wrongFamily = this.family === AF_INET6 ? -EINVAL : -EAFNOSUPPORT;
    const destination = this.resolve(to, wrongFamily, -ENETUNREACH);
    if (typeof destination === 'number') return destination;
    return destination.port === 0 ? -EINVAL : destination;
  }

  /**
   * Returns the destination that an address means. An IPv6 socket also takes addresses of IPv4.
   *
   * @param wrongFamily the error for an address of another family
   * @param onlyIPv6 the error for an address of IPv4 with IPV6_V6ONLY
   */
  private resolve(address: SocketAddress, wrongFamily: number, onlyIPv6: number): Endpoint | number {
    const isIPv4OnIPv6 = this.family === AF_INET6 && address.family === AF_INET && address.size >= SIZE_OF_INET;
    if (!isIPv4OnIPv6) {
      const invalid = this.familyError(address);
      if (invalid < 0) return invalid === -EAFNOSUPPORT ? wrongFamily : invalid;
    } else if (this.isOnlyIPv6) {
      return onlyIPv6;
    }
    if (address.host === BROADCAST && this.options.number(SO_BROADCAST) === 0) return -EACCES;
    return this.destination(address.host === '' ? { ...address, host: anyHost(this.family) } : address);
  }
}

const costOf = ({ bytes }: Datagram): number => datagramCost(bytes.length + OVERHEAD);

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
