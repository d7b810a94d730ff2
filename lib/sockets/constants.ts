/** The constants of the socket calls, by their C names: `man 7 socket`, `man 7 ip`, `man 7 tcp` and `man 7 unix` explain them. */

import { nativeConstant } from './native-constant.js';

// Address families.
export const AF_UNSPEC: number = nativeConstant('AF_UNSPEC');
export const AF_UNIX: number = nativeConstant('AF_UNIX');
export const AF_INET: number = nativeConstant('AF_INET');
export const AF_INET6: number = nativeConstant('AF_INET6');

// Socket types, and the flags that may be added to one (Linux).
export const SOCK_STREAM: number = nativeConstant('SOCK_STREAM');
export const SOCK_DGRAM: number = nativeConstant('SOCK_DGRAM');
export const SOCK_SEQPACKET: number = nativeConstant('SOCK_SEQPACKET');
export const SOCK_RAW: number = nativeConstant('SOCK_RAW');
export const SOCK_NONBLOCK: number = nativeConstant('SOCK_NONBLOCK');
export const SOCK_CLOEXEC: number = nativeConstant('SOCK_CLOEXEC');

// Levels and protocols.
export const SOL_SOCKET: number = nativeConstant('SOL_SOCKET');
export const IPPROTO_IP: number = nativeConstant('IPPROTO_IP');
export const IPPROTO_IPV6: number = nativeConstant('IPPROTO_IPV6');
export const IPPROTO_TCP: number = nativeConstant('IPPROTO_TCP');
export const IPPROTO_UDP: number = nativeConstant('IPPROTO_UDP');

// Options of SOL_SOCKET.
export const SO_ACCEPTCONN: number = nativeConstant('SO_ACCEPTCONN');
export const SO_BROADCAST: number = nativeConstant('SO_BROADCAST');
export const SO_DOMAIN: number = nativeConstant('SO_DOMAIN');
export const SO_ERROR: number = nativeConstant('SO_ERROR');
export const SO_KEEPALIVE: number = nativeConstant('SO_KEEPALIVE');
export const SO_LINGER: number = nativeConstant('SO_LINGER');
export const SO_OOBINLINE: number = nativeConstant('SO_OOBINLINE');
export const SO_PEERCRED: number = nativeConstant('SO_PEERCRED');
export const SO_PROTOCOL: number = nativeConstant('SO_PROTOCOL');
export const SO_RCVBUF: number = nativeConstant('SO_RCVBUF');
export const SO_RCVLOWAT: number = nativeConstant('SO_RCVLOWAT');
export const SO_RCVTIMEO: number = nativeConstant('SO_RCVTIMEO');
export const SO_REUSEADDR: number = nativeConstant('SO_REUSEADDR');
export const SO_REUSEPORT: number = nativeConstant('SO_REUSEPORT');
export const SO_SNDBUF: number = nativeConstant('SO_SNDBUF');
export const SO_SNDTIMEO: number = nativeConstant('SO_SNDTIMEO');
export const SO_TYPE: number = nativeConstant('SO_TYPE');

// Options of IPPROTO_TCP.
export const TCP_CORK: number = nativeConstant('TCP_CORK');
export const TCP_DEFER_ACCEPT: number = nativeConstant('TCP_DEFER_ACCEPT');
export const TCP_FASTOPEN: number = nativeConstant('TCP_FASTOPEN');
export const TCP_INFO: number = nativeConstant('TCP_INFO');
export const TCP_KEEPCNT: number = nativeConstant('TCP_KEEPCNT');
export const TCP_KEEPIDLE: number = nativeConstant('TCP_KEEPIDLE');
export const TCP_KEEPINTVL: number = nativeConstant('TCP_KEEPINTVL');
export const TCP_MAXSEG: number = nativeConstant('TCP_MAXSEG');
export const TCP_NODELAY: number = nativeConstant('TCP_NODELAY');
export const TCP_QUICKACK: number = nativeConstant('TCP_QUICKACK');
export const TCP_SYNCNT: number = nativeConstant('TCP_SYNCNT');
export const TCP_USER_TIMEOUT: number = nativeConstant('TCP_USER_TIMEOUT');

// Options of IPPROTO_IP and IPPROTO_IPV6.
export const IP_TOS: number = nativeConstant('IP_TOS');
export const IP_TTL: number = nativeConstant('IP_TTL');
export const IP_MULTICAST_TTL: number = nativeConstant('IP_MULTICAST_TTL');
export const IPV6_V6ONLY: number = nativeConstant('IPV6_V6ONLY');

// Flags of sends and receives.
export const MSG_CTRUNC: number = nativeConstant('MSG_CTRUNC');
export const MSG_DONTWAIT: number = nativeConstant('MSG_DONTWAIT');
export const MSG_EOR: number = nativeConstant('MSG_EOR');
export const MSG_MORE: number = nativeConstant('MSG_MORE');
export const MSG_NOSIGNAL: number = nativeConstant('MSG_NOSIGNAL');
export const MSG_OOB: number = nativeConstant('MSG_OOB');
export const MSG_PEEK: number = nativeConstant('MSG_PEEK');
export const MSG_TRUNC: number = nativeConstant('MSG_TRUNC');
export const MSG_WAITALL: number = nativeConstant('MSG_WAITALL');

// What shutdown(2) ends; `Socket.shutdown` takes the words 'read', 'write' and 'both'.
export const SHUT_RD: number = nativeConstant('SHUT_RD');
export const SHUT_WR: number = nativeConstant('SHUT_WR');
export const SHUT_RDWR: number = nativeConstant('SHUT_RDWR');
