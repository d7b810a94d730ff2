/** The flags of `getaddrinfo` and `getnameinfo`, with their C names. */

import { nativeConstant } from './native-constant.js';

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
