/** The constants of IP and IPv6, with their C names; see `man 7 ip` and `man 7 ipv6`. */

import { nativeConstant } from './native-constant.js';

// Protocols. IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP and IPPROTO_UDP, which are also levels of options, are in constants.ts.
/** IPv6 hop-by-hop options. */
export const IPPROTO_HOPOPTS: number = nativeConstant('IPPROTO_HOPOPTS');
/** ICMP. */
export const IPPROTO_ICMP: number = nativeConstant('IPPROTO_ICMP');
/** IGMP. */
export const IPPROTO_IGMP: number = nativeConstant('IPPROTO_IGMP');
/** IPv4 in IP. */
export const IPPROTO_IPIP: number = nativeConstant('IPPROTO_IPIP');
/** EGP. */
export const IPPROTO_EGP: number = nativeConstant('IPPROTO_EGP');
/** PUP. */
export const IPPROTO_PUP: number = nativeConstant('IPPROTO_PUP');
/** XNS IDP. */
export const IPPROTO_IDP: number = nativeConstant('IPPROTO_IDP');
/** ISO transport protocol class 4. */
export const IPPROTO_TP: number = nativeConstant('IPPROTO_TP');
/** IPv6 routing header. */
export const IPPROTO_ROUTING: number = nativeConstant('IPPROTO_ROUTING');
/** IPv6 fragment header. */
export const IPPROTO_FRAGMENT: number = nativeConstant('IPPROTO_FRAGMENT');
/** RSVP. */
export const IPPROTO_RSVP: number = nativeConstant('IPPROTO_RSVP');
/** GRE tunnels. */
export const IPPROTO_GRE: number = nativeConstant('IPPROTO_GRE');
/** IPsec encrypted payload. */
export const IPPROTO_ESP: number = nativeConstant('IPPROTO_ESP');
/** IPsec authentication header. */
export const IPPROTO_AH: number = nativeConstant('IPPROTO_AH');
/** ICMPv6. */
export const IPPROTO_ICMPV6: number = nativeConstant('IPPROTO_ICMPV6');
/** IPv6 without a next header. */
export const IPPROTO_NONE: number = nativeConstant('IPPROTO_NONE');
/** IPv6 destination options. */
export const IPPROTO_DSTOPTS: number = nativeConstant('IPPROTO_DSTOPTS');
/** PIM. */
export const IPPROTO_PIM: number = nativeConstant('IPPROTO_PIM');
/** SCTP. */
export const IPPROTO_SCTP: number = nativeConstant('IPPROTO_SCTP');
/** UDP-Lite. */
export const IPPROTO_UDPLITE: number = nativeConstant('IPPROTO_UDPLITE');
/** Raw IP packets, with their headers. */
export const IPPROTO_RAW: number = nativeConstant('IPPROTO_RAW');
/** Multipath TCP: `new Socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)`. */
export const IPPROTO_MPTCP: number = nativeConstant('IPPROTO_MPTCP');
/** The level of the IP_ options; the same as IPPROTO_IP. */
export const SOL_IP: number = nativeConstant('SOL_IP');
/** The level of the IPV6_ options; the same as IPPROTO_IPV6. */
export const SOL_IPV6: number = nativeConstant('SOL_IPV6');
/** The level of the TCP_ options; the same as IPPROTO_TCP. */
export const SOL_TCP: number = nativeConstant('SOL_TCP');
/** The level of the UDP_ options; the same as IPPROTO_UDP. */
export const SOL_UDP: number = nativeConstant('SOL_UDP');

// Options of IPPROTO_IP.
/** Whether the program writes the IP header (SOCK_RAW). */
export const IP_HDRINCL: number = nativeConstant('IP_HDRINCL');
/** The IP options of outgoing packets, as bytes. */
export const IP_OPTIONS: number = nativeConstant('IP_OPTIONS');
/** Receives the IP options of each packet as a control message. */
export const IP_RECVOPTS: number = nativeConstant('IP_RECVOPTS');
/** Receives the IP options of each packet as a control message, in the form for an answer. */
export const IP_RETOPTS: number = nativeConstant('IP_RETOPTS');
/** Another name of IP_RETOPTS. */
export const IP_RECVRETOPTS: number = nativeConstant('IP_RECVRETOPTS');
/** Receives the destination of each datagram as a control message; sent, it chooses the source address. See `ancillary.packetInfo`. */
export const IP_PKTINFO: number = nativeConstant('IP_PKTINFO');
/** How packets larger than the path's MTU are treated: one of the IP_PMTUDISC_ constants. */
export const IP_MTU_DISCOVER: number = nativeConstant('IP_MTU_DISCOVER');
/** IP_MTU_DISCOVER: fragments packets. */
export const IP_PMTUDISC_DONT: number = nativeConstant('IP_PMTUDISC_DONT');
/** IP_MTU_DISCOVER: the default of the route. */
export const IP_PMTUDISC_WANT: number = nativeConstant('IP_PMTUDISC_WANT');
/** IP_MTU_DISCOVER: never fragments; a packet that is too large gets EMSGSIZE. */
export const IP_PMTUDISC_DO: number = nativeConstant('IP_PMTUDISC_DO');
/** IP_MTU_DISCOVER: never fragments, and ignores the path's MTU. */
export const IP_PMTUDISC_PROBE: number = nativeConstant('IP_PMTUDISC_PROBE');
/** Queues the errors of sent datagrams, to be received with MSG_ERRQUEUE. See `ancillary.error`. */
export const IP_RECVERR: number = nativeConstant('IP_RECVERR');
/** Receives the time to live of each packet as a control message. See `ancillary.ttl`. */
export const IP_RECVTTL: number = nativeConstant('IP_RECVTTL');
/** Receives the type of service of each packet as a control message. See `ancillary.tos`. */
export const IP_RECVTOS: number = nativeConstant('IP_RECVTOS');
/** Read-only: the MTU of the path to the peer. */
export const IP_MTU: number = nativeConstant('IP_MTU');
/** Allows bind to an address that no interface has. */
export const IP_FREEBIND: number = nativeConstant('IP_FREEBIND');
/** Allows connections from and to addresses of other hosts, for proxies. Needs CAP_NET_ADMIN. */
export const IP_TRANSPARENT: number = nativeConstant('IP_TRANSPARENT');
/** The control message with the destination before a redirection. See `ancillary.originalDestination`. */
export const IP_ORIGDSTADDR: number = nativeConstant('IP_ORIGDSTADDR');
/** Receives IP_ORIGDSTADDR. */
export const IP_RECVORIGDSTADDR: number = nativeConstant('IP_RECVORIGDSTADDR');
/** Drops packets with a smaller time to live. */
export const IP_MINTTL: number = nativeConstant('IP_MINTTL');
/** Whether bind with port 0 leaves the choice of the port to connect. */
export const IP_BIND_ADDRESS_NO_PORT: number = nativeConstant('IP_BIND_ADDRESS_NO_PORT');
/** The interface of outgoing packets: its index in network byte order. */
export const IP_UNICAST_IF: number = nativeConstant('IP_UNICAST_IF');
/** The interface of outgoing multicast packets: `struct ip_mreqn`, or four bytes of an address. */
export const IP_MULTICAST_IF: number = nativeConstant('IP_MULTICAST_IF');
/** Whether outgoing multicast packets are also delivered on this host. */
export const IP_MULTICAST_LOOP: number = nativeConstant('IP_MULTICAST_LOOP');
/** Whether the socket receives packets of groups that other sockets have joined. */
export const IP_MULTICAST_ALL: number = nativeConstant('IP_MULTICAST_ALL');
/** Joins a multicast group: `struct ip_mreqn`. `Socket.joinGroup` is easier. */
export const IP_ADD_MEMBERSHIP: number = nativeConstant('IP_ADD_MEMBERSHIP');
/** Leaves a multicast group. */
export const IP_DROP_MEMBERSHIP: number = nativeConstant('IP_DROP_MEMBERSHIP');
/** Joins a multicast group for one sender: `struct ip_mreq_source`. */
export const IP_ADD_SOURCE_MEMBERSHIP: number = nativeConstant('IP_ADD_SOURCE_MEMBERSHIP');
/** Leaves a multicast group for one sender. */
export const IP_DROP_SOURCE_MEMBERSHIP: number = nativeConstant('IP_DROP_SOURCE_MEMBERSHIP');
/** Ignores a sender in a joined group. */
export const IP_BLOCK_SOURCE: number = nativeConstant('IP_BLOCK_SOURCE');
/** Reverts IP_BLOCK_SOURCE. */
export const IP_UNBLOCK_SOURCE: number = nativeConstant('IP_UNBLOCK_SOURCE');
/** The default of IP_MULTICAST_LOOP. */
export const IP_DEFAULT_MULTICAST_LOOP: number = nativeConstant('IP_DEFAULT_MULTICAST_LOOP');
/** The default of IP_MULTICAST_TTL. */
export const IP_DEFAULT_MULTICAST_TTL: number = nativeConstant('IP_DEFAULT_MULTICAST_TTL');
/** The number of groups that a socket can join by default. */
export const IP_MAX_MEMBERSHIPS: number = nativeConstant('IP_MAX_MEMBERSHIPS');

// Multicast options of both levels, IPPROTO_IP and IPPROTO_IPV6.
/** Joins a group: `struct group_req`. `Socket.joinGroup` uses it. */
export const MCAST_JOIN_GROUP: number = nativeConstant('MCAST_JOIN_GROUP');
/** Leaves a group. */
export const MCAST_LEAVE_GROUP: number = nativeConstant('MCAST_LEAVE_GROUP');
/** Joins a group for one sender: `struct group_source_req`. */
export const MCAST_JOIN_SOURCE_GROUP: number = nativeConstant('MCAST_JOIN_SOURCE_GROUP');
/** Leaves a group for one sender. */
export const MCAST_LEAVE_SOURCE_GROUP: number = nativeConstant('MCAST_LEAVE_SOURCE_GROUP');
/** Ignores a sender in a joined group. */
export const MCAST_BLOCK_SOURCE: number = nativeConstant('MCAST_BLOCK_SOURCE');
/** Reverts MCAST_BLOCK_SOURCE. */
export const MCAST_UNBLOCK_SOURCE: number = nativeConstant('MCAST_UNBLOCK_SOURCE');

// Options of IPPROTO_IPV6.
/** Hop limit of outgoing packets. */
export const IPV6_UNICAST_HOPS: number = nativeConstant('IPV6_UNICAST_HOPS');
/** The index of the interface for outgoing multicast packets. */
export const IPV6_MULTICAST_IF: number = nativeConstant('IPV6_MULTICAST_IF');
/** Hop limit of outgoing multicast packets. */
export const IPV6_MULTICAST_HOPS: number = nativeConstant('IPV6_MULTICAST_HOPS');
/** Whether outgoing multicast packets are also delivered on this host. */
export const IPV6_MULTICAST_LOOP: number = nativeConstant('IPV6_MULTICAST_LOOP');
/** Whether the socket receives packets of groups that other sockets have joined. */
export const IPV6_MULTICAST_ALL: number = nativeConstant('IPV6_MULTICAST_ALL');
/** Joins a multicast group: `struct ipv6_mreq`. `Socket.joinGroup` is easier. */
export const IPV6_JOIN_GROUP: number = nativeConstant('IPV6_JOIN_GROUP');
/** Leaves a multicast group. */
export const IPV6_LEAVE_GROUP: number = nativeConstant('IPV6_LEAVE_GROUP');
/** Another name of IPV6_JOIN_GROUP. */
export const IPV6_ADD_MEMBERSHIP: number = nativeConstant('IPV6_ADD_MEMBERSHIP');
/** Another name of IPV6_LEAVE_GROUP. */
export const IPV6_DROP_MEMBERSHIP: number = nativeConstant('IPV6_DROP_MEMBERSHIP');
/** The MTU of the path to the peer; a value that is set is an upper limit. */
export const IPV6_MTU: number = nativeConstant('IPV6_MTU');
/** As IP_MTU_DISCOVER. */
export const IPV6_MTU_DISCOVER: number = nativeConstant('IPV6_MTU_DISCOVER');
/** Whether a datagram that is too large for the path gets EMSGSIZE. */
export const IPV6_DONTFRAG: number = nativeConstant('IPV6_DONTFRAG');
/** As IP_RECVERR. */
export const IPV6_RECVERR: number = nativeConstant('IPV6_RECVERR');
/** Receives IPV6_PKTINFO. */
export const IPV6_RECVPKTINFO: number = nativeConstant('IPV6_RECVPKTINFO');
/** The control message with the destination of a datagram; sent, it chooses the source address. See `ancillary.packetInfo`. */
export const IPV6_PKTINFO: number = nativeConstant('IPV6_PKTINFO');
/** Receives IPV6_HOPLIMIT. */
export const IPV6_RECVHOPLIMIT: number = nativeConstant('IPV6_RECVHOPLIMIT');
/** The control message with the hop limit of a packet. See `ancillary.hopLimit`. */
export const IPV6_HOPLIMIT: number = nativeConstant('IPV6_HOPLIMIT');
/** Receives IPV6_TCLASS. */
export const IPV6_RECVTCLASS: number = nativeConstant('IPV6_RECVTCLASS');
/** Traffic class of outgoing packets; also the control message with that of a packet. See `ancillary.trafficClass`. */
export const IPV6_TCLASS: number = nativeConstant('IPV6_TCLASS');
/** Receives IPV6_PATHMTU. */
export const IPV6_RECVPATHMTU: number = nativeConstant('IPV6_RECVPATHMTU');
/** The MTU of the path: `struct ip6_mtuinfo`. */
export const IPV6_PATHMTU: number = nativeConstant('IPV6_PATHMTU');
/** Receives IPV6_HOPOPTS. */
export const IPV6_RECVHOPOPTS: number = nativeConstant('IPV6_RECVHOPOPTS');
/** The hop-by-hop options header. */
export const IPV6_HOPOPTS: number = nativeConstant('IPV6_HOPOPTS');
/** Receives IPV6_RTHDR. */
export const IPV6_RECVRTHDR: number = nativeConstant('IPV6_RECVRTHDR');
/** The routing header. */
export const IPV6_RTHDR: number = nativeConstant('IPV6_RTHDR');
/** The destination options before the routing header. */
export const IPV6_RTHDRDSTOPTS: number = nativeConstant('IPV6_RTHDRDSTOPTS');
/** The type of a routing header with a list of addresses. */
export const IPV6_RTHDR_TYPE_0: number = nativeConstant('IPV6_RTHDR_TYPE_0');
/** Receives IPV6_DSTOPTS. */
export const IPV6_RECVDSTOPTS: number = nativeConstant('IPV6_RECVDSTOPTS');
/** The destination options header. */
export const IPV6_DSTOPTS: number = nativeConstant('IPV6_DSTOPTS');
/** The address of the next hop. */
export const IPV6_NEXTHOP: number = nativeConstant('IPV6_NEXTHOP');
/** The offset of the checksum that the kernel computes (SOCK_RAW); -1: none. */
export const IPV6_CHECKSUM: number = nativeConstant('IPV6_CHECKSUM');
/** The interface of outgoing packets: its index in network byte order. */
export const IPV6_UNICAST_IF: number = nativeConstant('IPV6_UNICAST_IF');
/** As IP_FREEBIND. */
export const IPV6_FREEBIND: number = nativeConstant('IPV6_FREEBIND');
/** As IP_TRANSPARENT. */
export const IPV6_TRANSPARENT: number = nativeConstant('IPV6_TRANSPARENT');
/** As IP_ORIGDSTADDR. */
export const IPV6_ORIGDSTADDR: number = nativeConstant('IPV6_ORIGDSTADDR');
/** Receives IPV6_ORIGDSTADDR. */
export const IPV6_RECVORIGDSTADDR: number = nativeConstant('IPV6_RECVORIGDSTADDR');

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
