/** A host: the names and ports that belong to it, and its connection to the network. */

import type { Network, Station } from '../network/network.js';
import type { Clock } from '../time/clock.js';
import { isLoopback, isIPv4Host } from './addresses.js';
import type { DescriptorOwner } from './descriptors.js';
import { Ports } from './inet/ports.js';
import { type Segment, makeSegment, segmentText, sizeOfSegment } from './inet/segment.js';
import { type Journals, TcpStack } from './inet/tcp-stack.js';
import { type Datagram, UdpStack } from './inet/udp.js';
import type { Limits } from './limits.js';
import { UnixNames } from './unix/names.js';
import type { UnixSocket } from './unix/unix-socket.js';

/** The headers of IPv4 and UDP. */
const SIZE_OF_HEADERS = 28;
const UDP_PORTS_SKIPPED = 10_000;

export class Host implements Station, DescriptorOwner {
  /** The signals that its process watches, by number, each with the descriptor that gets them. */
  readonly signals = new Map<number, number>();
  readonly unixNames = new UnixNames<UnixSocket>();
  readonly tcp: TcpStack;
  readonly udp: UdpStack;
  /** True once it has lost its power: it sends and receives nothing. A restart makes another host with the same addresses. */
  isDown = false;

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
    this.tcp = new TcpStack(new Ports(limits, 0, clock), journals, (segment) => this.sendSegment(segment));
    this.udp = new UdpStack(new Ports(limits, UDP_PORTS_SKIPPED, clock), (datagram) => this.sendDatagram(datagram));
  }

  reaches(host: string): boolean {
    return this.hostOf(host) !== null;
  }

  private sendSegment(segment: Segment): void {
    const { from, to } = segment;
    const target = this.hostOf(to.host);
    if (target === null || this.isDown) return;
    const arrive = (): void => {
      const receiver = this.hostOf(to.host)!; // another one after a restart
      if (receiver.isDown) this.network.link(this, receiver).postpone(arrive);
      else receiver.tcp.deliver(segment);
    };
    const reset = (): void => {
      this.tcp.deliver(makeSegment({ from: to, to: from }, { rst: true }));
      target.tcp.deliver(makeSegment({ from, to }, { rst: true }));
    };
    const load = { bytes: sizeOfSegment(segment), arrive, reset };
    this.network.send(this, target, load, () => segmentText(segment));
  }

  private sendDatagram(datagram: Datagram): void {
    const { from, to, bytes } = datagram;
    const target = this.hostOf(to.host);
    if (target === null || this.isDown) return;
    const arrive = (): void => {
      if (!target.isDown && !target.udp.deliver(datagram)) target.sendUnreachable(datagram);
    };
    const load = { bytes: SIZE_OF_HEADERS + bytes.length, arrive, reset: null };
    const text = (): string => `${from.host}:${from.port} > ${to.host}:${to.port} UDP, ${bytes.length} bytes`;
    this.network.send(this, target, load, text);
  }

  /** ICMP: no socket has the port. */
  private sendUnreachable(datagram: Datagram): void {
    const { from, to } = datagram;
    const sender = this.hostOf(from.host);
    if (sender === null) return;
    const load = { bytes: SIZE_OF_HEADERS, arrive: () => sender.udp.refused(datagram), reset: null };
    this.network.send(this, sender, load, () => `${to.host} port ${to.port} is unreachable`);
  }

  /** Returns the host that an address belongs to; null if there is none. */
  private hostOf(address: string): Host | null {
    const isOwn = isLoopback(address) && (isIPv4Host(address) || address === '::1');
    return isOwn ? this : this.network.find(address);
  }
}
