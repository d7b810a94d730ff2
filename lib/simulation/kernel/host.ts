/** A host: the names and ports that belong to it, and its connection to the network. */

import type { Network, Station } from '../network/network.js';
import type { Clock } from '../time/clock.js';
import { isLoopback, isIPv4Host } from './addresses.js';
import { Ports } from './inet/ports.js';
import { type Segment, segmentText, sizeOfSegment } from './inet/segment.js';
import { type Journals, TcpStack } from './inet/tcp-stack.js';
import { type Datagram, UdpStack } from './inet/udp.js';
import type { Limits } from './limits.js';
import { UnixNames } from './unix/names.js';
import type { UnixSocket } from './unix/unix-socket.js';

/** The headers of IPv4 and UDP. */
const SIZE_OF_HEADERS = 28;
const UDP_PORTS_SKIPPED = 10_000;

export class Host implements Station {
  readonly unixNames = new UnixNames<UnixSocket>();
  readonly tcp: TcpStack;
  readonly udp: UdpStack;

  constructor(
    readonly name: string,
    /** Without those of the loopback interface. */
    readonly addresses: readonly string[],
    readonly clock: Clock,
    readonly limits: Limits,
    private readonly network: Network<Host>,
    journals: Journals,
  ) {
    network.attach(this, addresses);
    this.tcp = new TcpStack(new Ports(limits, 0), journals, (segment) => this.sendSegment(segment));
    this.udp = new UdpStack(new Ports(limits, UDP_PORTS_SKIPPED), (datagram) => this.sendDatagram(datagram));
  }

  reaches(host: string): boolean {
    return this.hostOf(host) !== null;
  }

  private sendSegment(segment: Segment): void {
    const target = this.hostOf(segment.to.host);
    if (target === null) return;
    const text = (): string => segmentText(segment);
    this.network.send(this, target, sizeOfSegment(segment), true, text, () => target.tcp.deliver(segment));
  }

  private sendDatagram(datagram: Datagram): void {
    const { from, to, bytes } = datagram;
    const target = this.hostOf(to.host);
    if (target === null) return;
    const text = (): string => `${from.host}:${from.port} > ${to.host}:${to.port} UDP, ${bytes.length} bytes`;
    this.network.send(this, target, SIZE_OF_HEADERS + bytes.length, false, text, () => {
      if (!target.udp.deliver(datagram)) target.sendUnreachable(datagram);
    });
  }

  /** ICMP: no socket has the port. */
  private sendUnreachable(datagram: Datagram): void {
    const sender = this.hostOf(datagram.from.host);
    if (sender === null) return;
    const text = (): string => `${datagram.to.host} port ${datagram.to.port} is unreachable`;
    this.network.send(this, sender, SIZE_OF_HEADERS, false, text, () => sender.udp.refused(datagram));
  }

  /** Returns the host that an address belongs to; null if there is none. */
  private hostOf(address: string): Host | null {
    const isOwn = isLoopback(address) && (isIPv4Host(address) || address === '::1');
    return isOwn ? this : this.network.find(address);
  }
}
