/** The constants of the socket calls, with their C names; see `man 7 socket`, `man 7 ip`, `man 7 tcp` and `man 7 unix`. */

import { nativeConstant } from './native-constant.js';

// Address families.
/** Any address family. */
export const AF_UNSPEC: number = nativeConstant('AF_UNSPEC');
// The next three are numbers, which are the same on every Linux, because the type of a Socket's addresses depends on them.
/** Sockets with a path, on this machine only. */
export const AF_UNIX = 1;
/** IPv4. */
export const AF_INET = 2;
/** IPv6. */
export const AF_INET6 = 10;
/** Messages from and to the kernel: see `NetlinkAddress`. */
export const AF_NETLINK: number = nativeConstant('AF_NETLINK');
/** Packets of a network interface; needs privileges. Its addresses are a `RawAddress`. */
export const AF_PACKET: number = nativeConstant('AF_PACKET');
/** Sockets between virtual machines and their host: see `VsockAddress`. */
export const AF_VSOCK: number = nativeConstant('AF_VSOCK');

// Socket types, and the flags that can be combined with one by bitwise OR (Linux).
/** A connection with a stream of bytes. */
export const SOCK_STREAM: number = nativeConstant('SOCK_STREAM');
/** Messages without a connection; a network may lose some. */
export const SOCK_DGRAM: number = nativeConstant('SOCK_DGRAM');
/** A connection that preserves message boundaries. */
export const SOCK_SEQPACKET: number = nativeConstant('SOCK_SEQPACKET');
/** Packets below TCP and UDP; needs privileges. */
export const SOCK_RAW: number = nativeConstant('SOCK_RAW');
/** Reliable messages in any order; hardly any protocol has it. */
export const SOCK_RDM: number = nativeConstant('SOCK_RDM');
/** Added to a type: the new socket is non-blocking. */
export const SOCK_NONBLOCK: number = nativeConstant('SOCK_NONBLOCK');
/** Added to a type: the descriptor is closed in programs that the process executes. The library always sets it. */
export const SOCK_CLOEXEC: number = nativeConstant('SOCK_CLOEXEC');
/** The largest backlog of `listen`, unless the system configures another. */
export const SOMAXCONN: number = nativeConstant('SOMAXCONN');

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
/** Restricts the socket to one interface: its name as a Buffer; empty: any. Read it with a length of 16. */
export const SO_BINDTODEVICE: number = nativeConstant('SO_BINDTODEVICE');
/** Restricts the socket to one interface: its index; 0: any. */
export const SO_BINDTOIFINDEX: number = nativeConstant('SO_BINDTOIFINDEX');
/** Allows datagrams to a broadcast address. */
export const SO_BROADCAST: number = nativeConstant('SO_BROADCAST');
/** Microseconds for which a blocking receive polls the network device. */
export const SO_BUSY_POLL: number = nativeConstant('SO_BUSY_POLL');
/** Read-only: a number that identifies the socket, 8 bytes. */
export const SO_COOKIE: number = nativeConstant('SO_COOKIE');
/** Records debugging information; needs privileges. */
export const SO_DEBUG: number = nativeConstant('SO_DEBUG');
/** Read-only: the address family. */
export const SO_DOMAIN: number = nativeConstant('SO_DOMAIN');
/** Sends only to directly connected hosts, without a gateway. */
export const SO_DONTROUTE: number = nativeConstant('SO_DONTROUTE');
/** Read-only: the pending error, for example of a finished connect; reading it clears it. */
export const SO_ERROR: number = nativeConstant('SO_ERROR');
/** The CPU that received the last packet; when set on SO_REUSEPORT listeners, the CPU that each of them serves. */
export const SO_INCOMING_CPU: number = nativeConstant('SO_INCOMING_CPU');
/** Read-only: the queue of the network device that received the last packet. */
export const SO_INCOMING_NAPI_ID: number = nativeConstant('SO_INCOMING_NAPI_ID');
/** Probes an idle connection, so that a dead peer is noticed. */
export const SO_KEEPALIVE: number = nativeConstant('SO_KEEPALIVE');
/** What `close` does with unsent data: a `struct linger` of two ints (on, seconds). (1, 0) resets the connection. */
export const SO_LINGER: number = nativeConstant('SO_LINGER');
/** A mark on outgoing packets, for routing and filters; needs CAP_NET_ADMIN. */
export const SO_MARK: number = nativeConstant('SO_MARK');
/** Largest rate of sending, in bytes per second. */
export const SO_MAX_PACING_RATE: number = nativeConstant('SO_MAX_PACING_RATE');
/** Puts urgent data into the ordinary stream. */
export const SO_OOBINLINE: number = nativeConstant('SO_OOBINLINE');
/** Receives the sender's credentials with each message (AF_UNIX). See `ancillary.credentials`. */
export const SO_PASSCRED: number = nativeConstant('SO_PASSCRED');
/** Receives a pidfd of the sender with each message (AF_UNIX, Linux 6.5). See `ancillary.pidfd`. */
export const SO_PASSPIDFD: number = nativeConstant('SO_PASSPIDFD');
/** Receives the sender's security label with each message (AF_UNIX). */
export const SO_PASSSEC: number = nativeConstant('SO_PASSSEC');
/** The offset at which MSG_PEEK reads; -1: always the start (AF_UNIX). */
export const SO_PEEK_OFF: number = nativeConstant('SO_PEEK_OFF');
/** Read-only: pid, uid and gid of a UNIX socket's peer, three ints. */
export const SO_PEERCRED: number = nativeConstant('SO_PEERCRED');
/** Read-only: the supplementary groups of a UNIX socket's peer, as ints. */
export const SO_PEERGROUPS: number = nativeConstant('SO_PEERGROUPS');
/** Read-only: a new pidfd of a UNIX socket's peer, which the caller owns (Linux 6.5). */
export const SO_PEERPIDFD: number = nativeConstant('SO_PEERPIDFD');
/** Read-only: the security label of a UNIX socket's peer. */
export const SO_PEERSEC: number = nativeConstant('SO_PEERSEC');
/** Priority of outgoing packets, 0 to 6; more need CAP_NET_ADMIN. */
export const SO_PRIORITY: number = nativeConstant('SO_PRIORITY');
/** Read-only: the protocol number. */
export const SO_PROTOCOL: number = nativeConstant('SO_PROTOCOL');
/** Size of the receive buffer in bytes; the kernel doubles the value that is set. */
export const SO_RCVBUF: number = nativeConstant('SO_RCVBUF');
/** As SO_RCVBUF, beyond the system's limit; needs CAP_NET_ADMIN. */
export const SO_RCVBUFFORCE: number = nativeConstant('SO_RCVBUFFORCE');
/** The number of bytes that must have arrived for the socket to be readable. */
export const SO_RCVLOWAT: number = nativeConstant('SO_RCVLOWAT');
/** Longest wait of a blocking receive: `struct timeval`. `Socket.setTimeout` does not use it. */
export const SO_RCVTIMEO: number = nativeConstant('SO_RCVTIMEO');
/** Allows bind to a port that still has connections in TIME_WAIT. */
export const SO_REUSEADDR: number = nativeConstant('SO_REUSEADDR');
/** Allows several sockets to listen on one port; the kernel distributes the connections among them. */
export const SO_REUSEPORT: number = nativeConstant('SO_REUSEPORT');
/** Receives the number of datagrams dropped so far as a control message. See `ancillary.dropped`. */
export const SO_RXQ_OVFL: number = nativeConstant('SO_RXQ_OVFL');
/** Kept for old programs; an error in the error queue always wakes a wait. */
export const SO_SELECT_ERR_QUEUE: number = nativeConstant('SO_SELECT_ERR_QUEUE');
/** Size of the send buffer in bytes; the kernel doubles the value that is set. */
export const SO_SNDBUF: number = nativeConstant('SO_SNDBUF');
/** As SO_SNDBUF, beyond the system's limit; needs CAP_NET_ADMIN. */
export const SO_SNDBUFFORCE: number = nativeConstant('SO_SNDBUFFORCE');
/** Read-only on Linux: always 1. */
export const SO_SNDLOWAT: number = nativeConstant('SO_SNDLOWAT');
/** Longest wait of a blocking send: `struct timeval`. */
export const SO_SNDTIMEO: number = nativeConstant('SO_SNDTIMEO');
/** Receives the time at which each message arrived, in microseconds. See `ancillary.timestamp`. */
export const SO_TIMESTAMP: number = nativeConstant('SO_TIMESTAMP');
/** Receives the time at which each message arrived, in nanoseconds. See `ancillary.timestamp`. */
export const SO_TIMESTAMPNS: number = nativeConstant('SO_TIMESTAMPNS');
/** Allows messages with a time at which they leave (SCM_TXTIME). */
export const SO_TXTIME: number = nativeConstant('SO_TXTIME');
/** Read-only: the socket type. */
export const SO_TYPE: number = nativeConstant('SO_TYPE');
/** Allows MSG_ZEROCOPY. */
export const SO_ZEROCOPY: number = nativeConstant('SO_ZEROCOPY');

// Types of control messages of SOL_SOCKET; see `ControlMessage`.
/** The pid, uid and gid of the sender. See `ancillary.credentials`. */
export const SCM_CREDENTIALS: number = nativeConstant('SCM_CREDENTIALS');
/** A pidfd of the sender (Linux 6.5). See `ancillary.pidfd`. */
export const SCM_PIDFD: number = nativeConstant('SCM_PIDFD');
/** Descriptors. `recvMsg` returns them as `fds`. */
export const SCM_RIGHTS: number = nativeConstant('SCM_RIGHTS');
/** The security label of the sender. See SO_PASSSEC. */
export const SCM_SECURITY: number = nativeConstant('SCM_SECURITY');
/** The time of arrival. See SO_TIMESTAMP. */
export const SCM_TIMESTAMP: number = nativeConstant('SCM_TIMESTAMP');
/** The time of arrival. See SO_TIMESTAMPNS. */
export const SCM_TIMESTAMPNS: number = nativeConstant('SCM_TIMESTAMPNS');

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
/** Received descriptors are closed in programs that the process executes. The library always sets it. */
export const MSG_CMSG_CLOEXEC: number = nativeConstant('MSG_CMSG_CLOEXEC');
/** Says that the neighbour has answered, so its address need not be checked again. */
export const MSG_CONFIRM: number = nativeConstant('MSG_CONFIRM');
/** In the flags of a received message: descriptors or other control data were truncated. */
export const MSG_CTRUNC: number = nativeConstant('MSG_CTRUNC');
/** Sends only to directly connected hosts, without a gateway. */
export const MSG_DONTROUTE: number = nativeConstant('MSG_DONTROUTE');
/** This call does not block. */
export const MSG_DONTWAIT: number = nativeConstant('MSG_DONTWAIT');
/** Ends a record (SOCK_SEQPACKET). */
export const MSG_EOR: number = nativeConstant('MSG_EOR');
/** Receives from the error queue (IP_RECVERR), without waiting. See `ancillary.error`. */
export const MSG_ERRQUEUE: number = nativeConstant('MSG_ERRQUEUE');
/** In sendTo on a new TCP socket: connects, and sends the data with the first packet. */
export const MSG_FASTOPEN: number = nativeConstant('MSG_FASTOPEN');
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
/** Only for recvmmsg(2). */
export const MSG_WAITFORONE: number = nativeConstant('MSG_WAITFORONE');
/** Sends without copying (SO_ZEROCOPY). Do not change the data until its completion is in the error queue. */
export const MSG_ZEROCOPY: number = nativeConstant('MSG_ZEROCOPY');

// The modes of shutdown(2); `Socket.shutdown` takes 'read', 'write' and 'both' instead.
/** Ends receiving. */
export const SHUT_RD: number = nativeConstant('SHUT_RD');
/** Ends sending: the peer reads the end of the stream. */
export const SHUT_WR: number = nativeConstant('SHUT_WR');
/** Ends both. */
export const SHUT_RDWR: number = nativeConstant('SHUT_RDWR');
