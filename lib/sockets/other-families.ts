/**
 * Addresses of the families that are neither IP nor UNIX. The addon passes the bytes of the kernel's structure after the family, each as
 * one character.
 */

import { outOfRange, wrongType } from '../errors/index.js';
import { isUint8Array } from '../platform/bytes.js';
import { checkBytes } from './arguments.js';
import { AF_NETLINK, AF_VSOCK } from './constants.js';
import { LITTLE_ENDIAN, uint32, viewOf } from './native-bytes.js';

/** An address of an AF_VSOCK socket. */
export interface VsockAddress {
  /** The number of a virtual machine, or one of the VMADDR_CID_ constants. */
  readonly cid: number;
  /** A number of 32 bits; VMADDR_PORT_ANY in `bind` lets the kernel choose. */
  readonly port: number;
}

/** An address of an AF_NETLINK socket. */
export interface NetlinkAddress {
  /** The number of the socket, which is often a process id; 0: the kernel, or in `bind` a number of its choice. */
  readonly pid: number;
  /** A bit mask of multicast groups. */
  readonly groups: number;
}

/** An address of a family for which there is no specific type, such as AF_PACKET. */
export interface RawAddress {
  /** The address family. */
  readonly family: number;
  /** The bytes of the kernel's structure after the family (`sa_data`), at most 126. */
  readonly data: Uint8Array;
}

/** sockaddr_vm after the family: 2 reserved bytes, port, cid, flags, 3 bytes of padding. */
const vsockBytes = 14;
/** sockaddr_nl after the family: 2 bytes of padding, pid, groups. */
const netlinkBytes = 10;
/** sockaddr_storage after the family. */
const mostBytes = 126;

/** Checks an address and returns its bytes. TypeError or RangeError for another kind of address or invalid fields. @internal */
export function otherBytes(address: unknown, family: number): string {
  const fields = (typeof address === 'object' && address !== null ? address : {}) as Record<string, unknown>;
  const expected =
    family === AF_VSOCK
      ? '{ cid, port } for an AF_VSOCK socket'
      : family === AF_NETLINK
        ? '{ pid, groups } for an AF_NETLINK socket'
        : `{ family, data } for a socket of the family ${family}`;
  if (family === AF_VSOCK) {
    const { cid, port } = fields;
    if (cid === undefined || port === undefined) throw wrongType('address', expected, address);
    return latin1(vsockBytes, [checkUint32('address.port', port), checkUint32('address.cid', cid)]);
  }
  if (family === AF_NETLINK) {
    const { pid, groups = 0 } = fields;
    if (pid === undefined) throw wrongType('address', expected, address);
    return latin1(netlinkBytes, [checkUint32('address.pid', pid), checkUint32('address.groups', groups)]);
  }
  const { family: given, data } = fields;
  if (given === undefined || !isUint8Array(data)) throw wrongType('address', expected, address);
  if (given !== family) throw outOfRange('address.family', `${family}, the family of the socket`, given);
  checkBytes('address.data', data);
  if (data.length === 0 || data.length > mostBytes) {
    throw outOfRange('address.data', `1 to ${mostBytes} bytes`, data.length);
  }
  return Buffer.from(data).toString('latin1');
}

/** Returns two padding bytes, the numbers, and padding up to the size. */
function latin1(size: number, numbers: readonly number[]): string {
  const bytes = Buffer.alloc(size);
  numbers.forEach((number, i) => {
    viewOf(bytes).setUint32(2 + 4 * i, number, LITTLE_ENDIAN);
  });
  return bytes.toString('latin1');
}

function checkUint32(name: string, value: unknown): number {
  const expected = 'an integer from 0 to 4294967295';
  if (typeof value !== 'number') throw wrongType(name, expected, value);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw outOfRange(name, expected, value);
  return value;
}

/** Returns an address from its bytes. @internal */
export function otherAddress(bytes: string, family: number): VsockAddress | NetlinkAddress | RawAddress {
  const data = Buffer.from(bytes, 'latin1');
  if (family === AF_VSOCK && data.length >= vsockBytes) return { cid: uint32(data, 6), port: uint32(data, 2) };
  if (family === AF_NETLINK && data.length >= netlinkBytes) return { pid: uint32(data, 2), groups: uint32(data, 6) };
  return { family, data };
}
