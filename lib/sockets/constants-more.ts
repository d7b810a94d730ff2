/** The constants of less common options, of name resolution, and of the families AF_NETLINK and AF_VSOCK, with their C names. */

import { nativeConstant } from './native-constant.js';

// Options of IPPROTO_TCP; the older ones are in constants.ts.
/** The name of the congestion control, such as `Buffer.from('cubic')`; read it with a length of 16. */
export const TCP_CONGESTION: number = nativeConstant('TCP_CONGESTION');
/** Lets connect return immediately and sends the first data with the first packet. */
export const TCP_FASTOPEN_CONNECT: number = nativeConstant('TCP_FASTOPEN_CONNECT');
/** Seconds that a closed connection stays in FIN_WAIT2. */
export const TCP_LINGER2: number = nativeConstant('TCP_LINGER2');
/** The socket is writable only while fewer unsent bytes than this are queued. */
export const TCP_NOTSENT_LOWAT: number = nativeConstant('TCP_NOTSENT_LOWAT');
/** The name of the protocol on top, such as `Buffer.from('tls')`. */
export const TCP_ULP: number = nativeConstant('TCP_ULP');
/** The largest window to advertise, in bytes. */
export const TCP_WINDOW_CLAMP: number = nativeConstant('TCP_WINDOW_CLAMP');

// Options of IPPROTO_UDP and IPPROTO_UDPLITE.
/** Collects what is sent into one datagram until it is switched off. */
export const UDP_CORK: number = nativeConstant('UDP_CORK');
/** Splits each send into datagrams of this size; also a control message. See `ancillary.udpSegment`. */
export const UDP_SEGMENT: number = nativeConstant('UDP_SEGMENT');
/** Joins received datagrams of equal size; their size is a control message. See `ancillary.udpSegmentSize`. */
export const UDP_GRO: number = nativeConstant('UDP_GRO');
/** The number of bytes that the checksum of sent packets covers. */
export const UDPLITE_SEND_CSCOV: number = nativeConstant('UDPLITE_SEND_CSCOV');
/** The smallest number of bytes that the checksum of received packets must cover. */
export const UDPLITE_RECV_CSCOV: number = nativeConstant('UDPLITE_RECV_CSCOV');

// The origin of an error in the error queue: see `QueuedError`.
/** No error. */
export const SO_EE_ORIGIN_NONE: number = nativeConstant('SO_EE_ORIGIN_NONE');
/** This host, for example because a datagram was larger than the MTU. */
export const SO_EE_ORIGIN_LOCAL: number = nativeConstant('SO_EE_ORIGIN_LOCAL');
/** An ICMP message. */
export const SO_EE_ORIGIN_ICMP: number = nativeConstant('SO_EE_ORIGIN_ICMP');
/** An ICMPv6 message. */
export const SO_EE_ORIGIN_ICMP6: number = nativeConstant('SO_EE_ORIGIN_ICMP6');
/** The timestamp of a sent packet. */
export const SO_EE_ORIGIN_TIMESTAMPING: number = nativeConstant('SO_EE_ORIGIN_TIMESTAMPING');
/** The completion of sends with MSG_ZEROCOPY. */
export const SO_EE_ORIGIN_ZEROCOPY: number = nativeConstant('SO_EE_ORIGIN_ZEROCOPY');

// Flags of getaddrinfo.
/** Addresses to bind to: with the host null, those of all interfaces. */
export const AI_PASSIVE: number = nativeConstant('AI_PASSIVE');
/** Also returns the canonical name of the host. */
export const AI_CANONNAME: number = nativeConstant('AI_CANONNAME');
/** Does not look up names: the host must be a numeric address. */
export const AI_NUMERICHOST: number = nativeConstant('AI_NUMERICHOST');
/** Does not look up services. Ports are always numbers here, so it makes no difference. */
export const AI_NUMERICSERV: number = nativeConstant('AI_NUMERICSERV');
/** With AF_INET6, returns IPv4 addresses as `::ffff:a.b.c.d` if there are no others. */
export const AI_V4MAPPED: number = nativeConstant('AI_V4MAPPED');
/** With AI_V4MAPPED: returns IPv4 addresses also if there are others. */
export const AI_ALL: number = nativeConstant('AI_ALL');
/** Returns only addresses of families for which this host has an address, other than loopback. */
export const AI_ADDRCONFIG: number = nativeConstant('AI_ADDRCONFIG');

// Flags of getnameinfo.
/** Returns the numeric address of the host. */
export const NI_NUMERICHOST: number = nativeConstant('NI_NUMERICHOST');
/** Returns the number of the port. */
export const NI_NUMERICSERV: number = nativeConstant('NI_NUMERICSERV');
/** Returns only the first part of the names of local hosts. */
export const NI_NOFQDN: number = nativeConstant('NI_NOFQDN');
/** Fails for a host without a name. */
export const NI_NAMEREQD: number = nativeConstant('NI_NAMEREQD');
/** Looks up a UDP service. */
export const NI_DGRAM: number = nativeConstant('NI_DGRAM');
/** A size that is enough for any host name. */
export const NI_MAXHOST: number = nativeConstant('NI_MAXHOST');
/** A size that is enough for any service name. */
export const NI_MAXSERV: number = nativeConstant('NI_MAXSERV');

// AF_NETLINK: protocols, and options of SOL_NETLINK.
/** Interfaces, addresses and routes. */
export const NETLINK_ROUTE: number = nativeConstant('NETLINK_ROUTE');
/** Messages between programs. */
export const NETLINK_USERSOCK: number = nativeConstant('NETLINK_USERSOCK');
/** Unused by current kernels. */
export const NETLINK_FIREWALL: number = nativeConstant('NETLINK_FIREWALL');
/** Information about sockets, as `ss` shows it. */
export const NETLINK_SOCK_DIAG: number = nativeConstant('NETLINK_SOCK_DIAG');
/** Logged packets (old). */
export const NETLINK_NFLOG: number = nativeConstant('NETLINK_NFLOG');
/** IPsec. */
export const NETLINK_XFRM: number = nativeConstant('NETLINK_XFRM');
/** The audit log. */
export const NETLINK_AUDIT: number = nativeConstant('NETLINK_AUDIT');
/** Packet filters. */
export const NETLINK_NETFILTER: number = nativeConstant('NETLINK_NETFILTER');
/** Unused by current kernels. */
export const NETLINK_IP6_FW: number = nativeConstant('NETLINK_IP6_FW');
/** Unused by current kernels. */
export const NETLINK_DNRTMSG: number = nativeConstant('NETLINK_DNRTMSG');
/** Events of devices. */
export const NETLINK_KOBJECT_UEVENT: number = nativeConstant('NETLINK_KOBJECT_UEVENT');
/** Generic netlink, the base of newer protocols. */
export const NETLINK_GENERIC: number = nativeConstant('NETLINK_GENERIC');
/** Algorithms of the kernel. */
export const NETLINK_CRYPTO: number = nativeConstant('NETLINK_CRYPTO');
/** The level of the NETLINK_ options. */
export const SOL_NETLINK: number = nativeConstant('SOL_NETLINK');
/** Joins a multicast group, by its number. */
export const NETLINK_ADD_MEMBERSHIP: number = nativeConstant('NETLINK_ADD_MEMBERSHIP');
/** Leaves a multicast group. */
export const NETLINK_DROP_MEMBERSHIP: number = nativeConstant('NETLINK_DROP_MEMBERSHIP');
/** Receives the group of each message as a control message. */
export const NETLINK_PKTINFO: number = nativeConstant('NETLINK_PKTINFO');

// AF_VSOCK, sockets between virtual machines and their host.
/** The `cid` in bind that means any address of this machine. */
export const VMADDR_CID_ANY: number = nativeConstant('VMADDR_CID_ANY');
/** The `cid` of the hypervisor. */
export const VMADDR_CID_HYPERVISOR: number = nativeConstant('VMADDR_CID_HYPERVISOR');
/** The `cid` of this machine itself, if the kernel supports it. */
export const VMADDR_CID_LOCAL: number = nativeConstant('VMADDR_CID_LOCAL');
/** The `cid` of the host. */
export const VMADDR_CID_HOST: number = nativeConstant('VMADDR_CID_HOST');
/** The `port` in bind that lets the kernel choose. */
export const VMADDR_PORT_ANY: number = nativeConstant('VMADDR_PORT_ANY');
/** Option of the level AF_VSOCK: size of the buffer, 8 bytes. */
export const SO_VM_SOCKETS_BUFFER_SIZE: number = nativeConstant('SO_VM_SOCKETS_BUFFER_SIZE');
/** Option of the level AF_VSOCK: smallest size of the buffer. */
export const SO_VM_SOCKETS_BUFFER_MIN_SIZE: number = nativeConstant('SO_VM_SOCKETS_BUFFER_MIN_SIZE');
/** Option of the level AF_VSOCK: largest size of the buffer. */
export const SO_VM_SOCKETS_BUFFER_MAX_SIZE: number = nativeConstant('SO_VM_SOCKETS_BUFFER_MAX_SIZE');
/** The version number that means none. */
export const VM_SOCKETS_INVALID_VERSION: number = nativeConstant('VM_SOCKETS_INVALID_VERSION');
