/** What TCP and UDP sockets have in common: addresses and ports. */

import {
  type Endpoint,
  SIZE_OF_INET,
  SIZE_OF_INET6,
  type SocketAddress,
  anyHost,
  inetAddress,
  isAny,
  isIPv4Host,
  isLoopback,
  loopbackFor,
  unmapped,
} from '../addresses.js';
import { EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, ENETUNREACH, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } from '../errno.js';
import type { Limits } from '../limits.js';
import { AF_INET, AF_INET6 } from '../numbers.js';
import { Socket } from '../socket.js';
import { IPV6_V6ONLY, InetOptions, SOL_IP, SOL_IPV6, SO_REUSEADDR } from './inet-options.js';
import type { PortUser, Ports } from './ports.js';

/** The host that a socket belongs to, as far as addresses are concerned. */
export interface AddressBook {
  /** The addresses of the host, without those of the loopback interface. */
  readonly addresses: readonly string[];
  /** Returns true if packets to an address arrive somewhere. */
  reaches(host: string): boolean;
}

export abstract class InetSocket extends Socket implements PortUser {
  local: Endpoint;
  remote: Endpoint | null = null;
  readonly inetOptions = new InetOptions();
  /** True while the socket is in the table of ports. Its address may show the port longer. */
  protected hasPort = false;
  /** True if `bind` has set the host, or a port other than 0; what the kernel has chosen is given up with the connection. */
  private hostIsFixed = false;
  private portIsFixed = false;

  constructor(
    family: number,
    type: number,
    protocol: number,
    private readonly book: AddressBook,
    private readonly ports: Ports<InetSocket>,
    limits: Limits,
  ) {
    super(family, type, protocol, limits);
    this.local = { host: anyHost(family), port: 0 };
  }

  get sharesPort(): boolean {
    return this.options.number(SO_REUSEADDR) !== 0;
  }

  get isOnlyIPv6(): boolean {
    return this.inetOptions.onlyIPv6;
  }

  /** True if the socket may be bound: no port, and no connection. */
  protected abstract get mayBind(): boolean;

  override bind(address: SocketAddress): number {
    const invalid = this.familyError(address);
    if (invalid < 0) return invalid;
    const host = unmapped(address.host);
    if (this.family === AF_INET6 && this.isOnlyIPv6 && isIPv4Host(host)) return -EINVAL;
    if (!isAny(host) && this.ownAddress(host) === null) return -EADDRNOTAVAIL;
    if (this.hasPort || !this.mayBind) return -EINVAL;
    const result = this.takePort({ host, port: address.port });
    if (result < 0) return result;
    this.hostIsFixed = !isAny(host);
    if (this.hostIsFixed && !isIPv4Host(host)) this.inetOptions.onlyIPv6 = true;
    this.portIsFixed = address.port !== 0;
    return 0;
  }

  override name(): SocketAddress {
    return inetAddress(this.family, this.local);
  }

  override peerName(): SocketAddress | number {
    return this.remote === null || this.remote.port === 0 ? -ENOTCONN : inetAddress(this.family, this.remote);
  }

  override protocolOption(level: number, option: number, value: number | null): number {
    // The addresses of a bound socket are settled.
    const isAboutAddresses = level === SOL_IPV6 && option === IPV6_V6ONLY && this.family === AF_INET6;
    if (value !== null && isAboutAddresses && this.hasPort) return -EINVAL;
    const result = this.inetOptions.call(this.family, level, option, value);
    if (result !== null) return result;
    return value === null && this.family === AF_INET && level !== SOL_IP ? -EOPNOTSUPP : -ENOPROTOOPT;
  }

  /** Checks the family and the size of an address. */
  protected familyError(address: SocketAddress): number {
    const size = this.family === AF_INET ? SIZE_OF_INET : SIZE_OF_INET6;
    const tooShort = Socket.tooShort(address, this.family === AF_INET6 ? size - 4 : size);
    if (tooShort < 0) return tooShort;
    return address.family === this.family ? 0 : -EAFNOSUPPORT;
  }

  /** Returns the destination that an address means, or -errno. */
  protected destination(address: SocketAddress): Endpoint | number {
    const given = unmapped(address.host);
    if (this.family === AF_INET6 && this.isOnlyIPv6 && isIPv4Host(given)) return -ENETUNREACH;
    const host = isAny(given) ? loopbackFor(given) : given;
    // A socket that is bound to an address of one version of IP cannot reach the other.
    const bound = this.local.host;
    if (this.hostIsFixed && isIPv4Host(bound) !== isIPv4Host(host))
      return this.family === AF_INET6 ? -ENETUNREACH : -EINVAL;
    return this.book.reaches(host) ? { host, port: address.port } : -ENETUNREACH;
  }

  /** Returns an address if it is one of this host; otherwise null. */
  protected ownAddress(host: string): string | null {
    return isLoopback(host) || this.book.addresses.includes(host) ? host : null;
  }

  /** Returns the address that packets to a destination come from. */
  protected sourceFor(destination: Endpoint): string {
    if (!isAny(this.local.host)) return this.local.host;
    if (isLoopback(destination.host)) return loopbackFor(destination.host);
    const isIPv4 = isIPv4Host(destination.host);
    return this.book.addresses.find((each) => isIPv4Host(each) === isIPv4) ?? loopbackFor(destination.host);
  }

  /** Binds the socket to an address; a port of 0 lets the kernel choose. Returns 0 or -errno. */
  protected takePort(wanted: Endpoint): number {
    const port = this.ports.choose(this, wanted);
    if (port < 0) return port;
    this.local = { host: wanted.host, port };
    this.ports.add(this);
    this.hasPort = true;
    return 0;
  }

  /** Sets the host of the local address, and keeps its port. */
  protected setLocalHost(host: string): void {
    if (this.hasPort) this.ports.remove(this);
    this.local = { host, port: this.local.port };
    if (this.hasPort) this.ports.add(this);
  }

  /** Joins the port of a listener, for a connection to one of its addresses. */
  protected sharePort(listener: InetSocket, local: Endpoint): void {
    this.local = local;
    this.hostIsFixed = listener.hostIsFixed;
    this.ports.add(this);
    this.hasPort = true;
  }

  /** Gives up the port, unless `bind` has fixed it. The address still shows it. */
  protected givePortUp(): void {
    if (!this.portIsFixed) this.dropPort();
  }

  /** Gives up the host, unless `bind` has fixed it. */
  protected giveHostUp(): void {
    if (!this.hostIsFixed) this.setLocalHost(anyHost(this.family));
  }

  protected dropPort(): void {
    if (!this.hasPort) return;
    this.ports.remove(this);
    this.hasPort = false;
  }
}
