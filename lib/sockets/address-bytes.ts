/**
 * Socket addresses in the kernel's form, for calls that transfer many datagrams.
 *
 * A datagram server exchanges datagrams with the same few peers over and over, so both directions remember the latest ones: a call of the
 * addon costs more than the rest of the conversion. What is remembered depends on nothing but the bytes, so it is shared by all sockets.
 */

import { native } from '../native/binding.js';
import type { Buffer } from '../platform/bytes.js';
import {
  type InetAddress,
  type SocketAddress,
  emptyNativeAddress,
  fromNativeAddress,
  toNativeAddress,
} from './address.js';
import { checkPort } from './arguments.js';
import { AF_INET, AF_INET6 } from './constants.js';

/** The room for one address (sockaddr_storage). @internal */
export const ADDRESS_SLOT = 128;

/** The number of addresses to remember; when there are more, all are forgotten. */
const MOST_KNOWN = 1024;

const SIZE_OF_INET = 16;
const SIZE_OF_INET6 = 28;
/** The offset of the port in both, in network byte order. */
const PORT = 2;

/** The kernel's form of hosts, with any port. */
const hosts = new Map<string, Uint8Array>();
/** Addresses by their bytes, each as one character. */
const decoded = new Map<string, SocketAddress | null>();
const address = emptyNativeAddress();

function remember<K, V>(known: Map<K, V>, key: K, value: V): V {
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, value);
  return value;
}

/**
 * Writes an address to `slot`. Returns the number of its bytes.
 *
 * @param family the address family of the socket
 * @throws as `toNativeAddress`
 * @internal
 */
export function writeAddress(given: SocketAddress, family: number, slot: Buffer): number {
  const known = hosts.get((given as Partial<InetAddress> | null)?.host as string);
  const size = family === AF_INET ? SIZE_OF_INET : SIZE_OF_INET6;
  if (!isInet(family) || known?.length !== size || !isPlain(given as InetAddress))
    return encodeAddress(given, family, slot);
  const port = checkPort('address.port', (given as InetAddress).port);
  slot.set(known);
  slot[PORT] = port >> 8;
  slot[PORT + 1] = port & 0xff;
  return size;
}

const isInet = (family: number): boolean => family === AF_INET || family === AF_INET6;

/** Returns true for an address that consists of a host and a port. */
function isPlain({ flowInfo = 0, scopeId = 0 }: InetAddress): boolean {
  return flowInfo === 0 && scopeId === 0;
}

/** Writes an address with a call of the addon: what `writeAddress` must agree with. */
function encodeAddress(given: SocketAddress, family: number, slot: Buffer): number {
  const size = native.encodeAddress(toNativeAddress(given, family), slot);
  const { host } = given as Partial<InetAddress>;
  // A zone belongs to a scope, and the empty host to a family.
  const isHost = isInet(family) && host !== undefined && host !== '' && !host.includes('%');
  if (isHost && isPlain(given as InetAddress)) remember(hosts, host, Uint8Array.from(slot.subarray(0, size)));
  return size;
}

/**
 * Reads an address of `size` bytes at an offset. Returns a new object; null if the sender has none.
 *
 * @param family the address family of the socket
 * @internal
 */
export function readAddress(bytes: Buffer, offset: number, size: number, family: number): SocketAddress | null {
  const end = offset + size;
  const key = bytes.toString('latin1', offset, end);
  const known = size > 0 ? decoded.get(key) : undefined;
  if (known !== undefined) return { ...known! };
  native.decodeAddress(bytes.subarray(offset, end), address);
  const read = fromNativeAddress(address, family);
  if (size > 0) remember(decoded, key, read);
  return read === null ? null : { ...read };
}
