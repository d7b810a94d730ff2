/** Addresses between the contract, the kernel, and their form in memory (native/core/sockaddr.cc). */

import type { NativeAddress } from '../../native/contract.js';
import {
  SIZE_OF_INET,
  SIZE_OF_INET6,
  type SocketAddress,
  UNIX_NAME_OFFSET,
  canonicalHost,
  formatIPv6,
  parseIPv4,
  parseIPv6,
  unixAddress,
} from '../kernel/addresses.js';
import { EAFNOSUPPORT, EINVAL, ENAMETOOLONG } from '../kernel/errno.js';
import { AF_INET, AF_INET6, AF_UNIX } from '../kernel/numbers.js';
import { portNumber } from './arguments.js';

const SIZE_OF_STORAGE = 128;
const SIZE_OF_FAMILY = 2;
const LONGEST_UNIX_NAME = 108;

/** Returns an address for the kernel; -errno if it has no form in memory. */
export function addressFrom(given: NativeAddress): SocketAddress | number {
  if (given.family === AF_INET || given.family === AF_INET6) return inetAddressFrom(given);
  const { path } = given;
  if (given.family !== AF_UNIX) {
    if (path === '') return -EAFNOSUPPORT;
    if (path.length > SIZE_OF_STORAGE - SIZE_OF_FAMILY) return -ENAMETOOLONG;
    return { ...unixAddress(''), family: given.family, path, size: SIZE_OF_FAMILY + path.length };
  }
  const isFile = path !== '' && !path.startsWith('\0');
  if (isFile && path.includes('\0')) return -EINVAL;
  return path.length + (isFile ? 1 : 0) > LONGEST_UNIX_NAME ? -ENAMETOOLONG : unixAddress(path);
}

function inetAddressFrom({ family, host, port, flowInfo, scopeId }: NativeAddress): SocketAddress | number {
  const number = portNumber(port);
  const canonical = canonicalHost(family, host);
  if (canonical === null) return -EINVAL;
  if (family === AF_INET) {
    return { family, host: canonical, port: number, flowInfo: 0, scopeId: 0, path: '', size: SIZE_OF_INET };
  }
  return { family, host: canonical, port: number, flowInfo, scopeId, path: '', size: SIZE_OF_INET6 };
}

/** Writes an address of the kernel to the caller's object. */
export function fillAddress(
  target: NativeAddress,
  { family, host, port, flowInfo, scopeId, path }: SocketAddress,
): void {
  target.family = family;
  target.host = host;
  target.port = port;
  target.flowInfo = flowInfo;
  target.scopeId = scopeId;
  target.path = path;
}

/** Returns the form of an address in memory. */
export function encode({ family, host, port, flowInfo, scopeId, path, size }: SocketAddress): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  if (family === AF_INET) {
    view.setUint16(2, port);
    bytes.set(parseIPv4(host)!, 4);
  } else if (family === AF_INET6) {
    view.setUint16(2, port);
    view.setUint32(4, flowInfo);
    for (const [i, group] of parseIPv6(host)!.entries()) view.setUint16(8 + 2 * i, group);
    view.setUint32(24, scopeId, true);
  } else {
    for (let i = 0; i < path.length; i += 1) bytes[SIZE_OF_FAMILY + i] = path.charCodeAt(i);
  }
  return bytes;
}

/** Reads the form of an address in memory. */
export function decode(given: Uint8Array): SocketAddress {
  const bytes = given.subarray(0, SIZE_OF_STORAGE);
  const empty = { ...unixAddress(''), family: 0, size: bytes.length };
  if (bytes.length < SIZE_OF_FAMILY) return empty;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const address = { ...empty, family: view.getUint16(0, true) };
  if (address.family === AF_INET) return bytes.length < SIZE_OF_INET ? address : decodeIPv4(address, view);
  if (address.family === AF_INET6) return bytes.length < SIZE_OF_INET6 ? address : decodeIPv6(address, view);
  const name = String.fromCharCode(...bytes.subarray(UNIX_NAME_OFFSET));
  if (address.family !== AF_UNIX || name.startsWith('\0')) return { ...address, path: name };
  return { ...address, path: name.split('\0', 1)[0]! };
}

function decodeIPv4(address: SocketAddress, view: DataView): SocketAddress {
  const host = [4, 5, 6, 7].map((at) => view.getUint8(at)).join('.');
  return { ...address, host, port: view.getUint16(2) };
}

function decodeIPv6(address: SocketAddress, view: DataView): SocketAddress {
  const groups = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => view.getUint16(8 + 2 * i));
  return {
    ...address,
    host: formatIPv6(groups),
    port: view.getUint16(2),
    flowInfo: view.getUint32(4),
    scopeId: view.getUint32(24, true),
  };
}
