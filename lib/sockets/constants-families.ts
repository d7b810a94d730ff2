/** The constants of AF_NETLINK and AF_VSOCK, with their C names; see `man 7 netlink` and `man 7 vsock`. */

import { nativeConstant } from './native-constant.js';

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
