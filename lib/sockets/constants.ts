/** The constants of the socket calls, with their C names; see `man 7 socket`, `man 7 ip`, `man 7 tcp` and `man 7 unix`. */

import { nativeConstant } from './native-constant.js';

// Address families.
/** Any address family. */
export const AF_UNSPEC: number = nativeConstant('AF_UNSPEC');
/** Sockets with a path, on this machine only. */
export const AF_UNIX: number = nativeConstant('AF_UNIX');
/** IPv4. */
export const AF_INET: number = nativeConstant('AF_INET');
/** IPv6. */
export const AF_INET6: number = nativeConstant('AF_INET6');

// Socket types, and the flags that can be combined with one by bitwise OR (Linux).
/** A connection with a stream of bytes. */
export const SOCK_STREAM: number = nativeConstant('SOCK_STREAM');
/** Messages without a connection; a network may lose some. */
export const SOCK_DGRAM: number = nativeConstant('SOCK_DGRAM');
/** A connection that preserves message boundaries. */
export const SOCK_SEQPACKET: number = nativeConstant('SOCK_SEQPACKET');
/** Packets below TCP and UDP; needs privileges. */
export const SOCK_RAW: number = nativeConstant('SOCK_RAW');
/** Added to a type: the new socket is non-blocking. */
export const SOCK_NONBLOCK: number = nativeConstant('SOCK_NONBLOCK');
/** Added to a type: the descriptor is closed in programs that the process executes. The library always sets it. */
export const SOCK_CLOEXEC: number = nativeConstant('SOCK_CLOEXEC');

// Levels and protocols.
/** The level of the SO_ options. */
export const SOL_SOCKET: number = nativeConstant('SOL_SOCKET');
/** The level of the IP_ options. */
export const IPPROTO_IP: number = nativeConstant('IPPROTO_IP');
/** The level of the IPV6_ options. */
export const IPPROTO_IPV6: number = nativeConstant('IPPROTO_IPV6');
/** TCP, and the level of the TCP_ options. */
export const IPPROTO_TCP: number = nativeConstant('IPPROTO_TCP');
/** UDP. */
export const IPPROTO_UDP: number = nativeConstant('IPPROTO_UDP');

// Options of SOL_SOCKET.
/** Read-only: whether the socket is listening. */
export const SO_ACCEPTCONN: number = nativeConstant('SO_ACCEPTCONN');
/** Allows datagrams to a broadcast address. */
export const SO_BROADCAST: number = nativeConstant('SO_BROADCAST');
/** Read-only: the address family. */
export const SO_DOMAIN: number = nativeConstant('SO_DOMAIN');
/** Read-only: the pending error, for example of a finished connect; reading it clears it. */
export const SO_ERROR: number = nativeConstant('SO_ERROR');
/** Probes an idle connection, so that a dead peer is noticed. */
export const SO_KEEPALIVE: number = nativeConstant('SO_KEEPALIVE');
/** What `close` does with unsent data: a `struct linger` of two ints (on, seconds). (1, 0) resets the connection. */
export const SO_LINGER: number = nativeConstant('SO_LINGER');
/** Puts urgent data into the ordinary stream. */
export const SO_OOBINLINE: number = nativeConstant('SO_OOBINLINE');
/** Read-only: pid, uid and gid of a UNIX socket's peer, three ints. */
export const SO_PEERCRED: number = nativeConstant('SO_PEERCRED');
/** Read-only: the protocol number. */
export const SO_PROTOCOL: number = nativeConstant('SO_PROTOCOL');
/** Size of the receive buffer in bytes; the kernel doubles the value that is set. */
export const SO_RCVBUF: number = nativeConstant('SO_RCVBUF');
/** The number of bytes that must have arrived for the socket to be readable. */
export const SO_RCVLOWAT: number = nativeConstant('SO_RCVLOWAT');
/** Longest wait of a blocking receive: `struct timeval`. `Socket.setTimeout` does not use it. */
export const SO_RCVTIMEO: number = nativeConstant('SO_RCVTIMEO');
/** Allows bind to a port that still has connections in TIME_WAIT. */
export const SO_REUSEADDR: number = nativeConstant('SO_REUSEADDR');
/** Allows several sockets to listen on one port; the kernel distributes the connections among them. */
export const SO_REUSEPORT: number = nativeConstant('SO_REUSEPORT');
/** Size of the send buffer in bytes; the kernel doubles the value that is set. */
export const SO_SNDBUF: number = nativeConstant('SO_SNDBUF');
/** Longest wait of a blocking send: `struct timeval`. */
export const SO_SNDTIMEO: number = nativeConstant('SO_SNDTIMEO');
/** Read-only: the socket type. */
export const SO_TYPE: number = nativeConstant('SO_TYPE');

// Options of IPPROTO_TCP.
/** Holds back partial segments until it is switched off. */
export const TCP_CORK: number = nativeConstant('TCP_CORK');
/** Makes accept return a connection only once it has data; the value is the time limit in seconds. */
export const TCP_DEFER_ACCEPT: number = nativeConstant('TCP_DEFER_ACCEPT');
/** Length of the queue of connections whose first packet carries data. */
export const TCP_FASTOPEN: number = nativeConstant('TCP_FASTOPEN');
/** Read-only: `struct tcp_info`, the kernel's statistics of the connection. */
export const TCP_INFO: number = nativeConstant('TCP_INFO');
/** The number of unanswered probes after which the connection counts as dead. */
export const TCP_KEEPCNT: number = nativeConstant('TCP_KEEPCNT');
/** Idle seconds before the first probe. */
export const TCP_KEEPIDLE: number = nativeConstant('TCP_KEEPIDLE');
/** Seconds between probes. */
export const TCP_KEEPINTVL: number = nativeConstant('TCP_KEEPINTVL');
/** Largest segment in bytes. */
export const TCP_MAXSEG: number = nativeConstant('TCP_MAXSEG');
/** Sends small segments immediately, without waiting for earlier ones to be acknowledged (disables Nagle's algorithm). */
export const TCP_NODELAY: number = nativeConstant('TCP_NODELAY');
/** Acknowledges immediately; not permanent, the kernel may leave this mode by itself. */
export const TCP_QUICKACK: number = nativeConstant('TCP_QUICKACK');
/** The number of SYN retransmissions before a connect fails. */
export const TCP_SYNCNT: number = nativeConstant('TCP_SYNCNT');
/** Milliseconds for which sent data may stay unacknowledged. */
export const TCP_USER_TIMEOUT: number = nativeConstant('TCP_USER_TIMEOUT');

// Options of IPPROTO_IP and IPPROTO_IPV6.
/** Type of service of outgoing packets. */
export const IP_TOS: number = nativeConstant('IP_TOS');
/** Time to live of outgoing packets. */
export const IP_TTL: number = nativeConstant('IP_TTL');
/** Time to live of outgoing multicast packets. */
export const IP_MULTICAST_TTL: number = nativeConstant('IP_MULTICAST_TTL');
/** Whether an IPv6 socket refuses IPv4 peers. */
export const IPV6_V6ONLY: number = nativeConstant('IPV6_V6ONLY');

// Flags of sends and receives.
/** In the flags of a received message: descriptors or other control data were truncated. */
export const MSG_CTRUNC: number = nativeConstant('MSG_CTRUNC');
/** This call does not block. */
export const MSG_DONTWAIT: number = nativeConstant('MSG_DONTWAIT');
/** Ends a record (SOCK_SEQPACKET). */
export const MSG_EOR: number = nativeConstant('MSG_EOR');
/** More data follows: the kernel may wait for it before it sends. */
export const MSG_MORE: number = nativeConstant('MSG_MORE');
/** No SIGPIPE when the peer is gone. The library sets it in every send. */
export const MSG_NOSIGNAL: number = nativeConstant('MSG_NOSIGNAL');
/** Urgent (out-of-band) data. */
export const MSG_OOB: number = nativeConstant('MSG_OOB');
/** Receives without removing the data. */
export const MSG_PEEK: number = nativeConstant('MSG_PEEK');
/** In the flags of a received message: it was longer than the buffer. */
export const MSG_TRUNC: number = nativeConstant('MSG_TRUNC');
/** Makes a blocking receive wait until the buffer is full. */
export const MSG_WAITALL: number = nativeConstant('MSG_WAITALL');

// The modes of shutdown(2); `Socket.shutdown` takes 'read', 'write' and 'both' instead.
/** Ends receiving. */
export const SHUT_RD: number = nativeConstant('SHUT_RD');
/** Ends sending: the peer reads the end of the stream. */
export const SHUT_WR: number = nativeConstant('SHUT_WR');
/** Ends both. */
export const SHUT_RDWR: number = nativeConstant('SHUT_RDWR');
