/**
 * Socket addresses, and their conversion to and from the addon's form.
 *
 * The kernel takes numeric addresses only. Resolving a name may take seconds, so it belongs to the event loop (`getaddrinfo`,
 * `sockConnect`); here a name is refused with an error that says so.
 */

import { OSError, type OSErrorTarget, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import type { NativeAddress } from '../native/contract.js';
import { isUint8Array, isUtf8 } from '../platform/bytes.js';
import { isIPv4, isIPv6 } from '../platform/ip.js';
import { checkInt, checkPort } from './arguments.js';
import { AF_INET, AF_INET6, AF_UNIX } from './constants.js';
import { type NetlinkAddress, type RawAddress, type VsockAddress, otherAddress, otherBytes } from './other-families.js';

/** An address of an AF_INET or AF_INET6 socket. */
export interface InetAddress {
  /**
   * Numeric IPv4 or IPv6 text. The empty string means the "any" address, 0.0.0.0 or ::. IPv6 may end with a zone, the name or the index
   * of an interface: 'fe80::1%eth0' is the same as 'fe80::1' with the `scopeId` of eth0. In a result, it is always the latter.
   */
  readonly host: string;
  /** 0 to 65535; 0 in `bind` lets the kernel choose. */
  readonly port: number;
  /** IPv6 only: the flow label. */
  readonly flowInfo?: number;
  /** IPv6 only: the index of the interface that a link-local address (fe80::) belongs to. */
  readonly scopeId?: number;
}

/** An address of an AF_UNIX socket. */
export interface UnixAddress {
  /**
   * A path of at most 107 bytes, or '\0' and a name in the abstract namespace. The empty string in `bind` lets the kernel choose an
   * abstract name; in a result it means that the socket has no name.
   *
   * The kernel allows any bytes. In a result, a name that is not valid UTF-8 is a Buffer, which can be passed back; as an argument, any
   * name can be a Buffer or Uint8Array.
   */
  readonly path: string | Uint8Array;
}

/** The address of an IP or UNIX socket, or of its peer. */
export type Address = InetAddress | UnixAddress;

/**
 * The type of the addresses of a family: AF_INET and AF_INET6 have an {@link InetAddress}, AF_UNIX a {@link UnixAddress}. If TypeScript does
 * not know the family, it is an {@link Address}: `'port' in address` distinguishes the two. (A lookup and not a conditional type, so that a
 * `Socket<2>` is a `Socket<number>`.)
 */
export type AddressOf<F extends number> = {
  readonly [family: number]: Address;
  readonly [AF_UNIX]: UnixAddress;
  readonly [AF_INET]: InetAddress;
  readonly [AF_INET6]: InetAddress;
}[F];

/**
 * The address of a socket of any family. Methods that return an address have the type {@link Address}, which is right for IP and UNIX; for
 * other families, name the type: `socket.getsockname<VsockAddress>()`.
 */
export type SocketAddress = Address | VsockAddress | NetlinkAddress | RawAddress;

/** Returns an empty address for the addon to fill in. @internal */
export function emptyNativeAddress(): NativeAddress {
  return { family: 0, host: '', port: 0, flowInfo: 0, scopeId: 0, path: '' };
}

/** The address object that all calls pass in. The addon reads it during the call, so one object is enough. */
const input = emptyNativeAddress();

/**
 * Checks an address and converts it to the addon's form. The result is a shared object: pass it to the addon immediately, and do not
 * keep it.
 *
 * @param family the address family of the socket
 * @throws TypeError for another kind of address, a host that is not a string, or a host name; RangeError for an invalid port or path;
 *   OSError ENODEV if the host has a zone that is not an interface
 * @internal
 */
export function toNativeAddress(address: SocketAddress, family: number): NativeAddress {
  if (family === AF_INET || family === AF_INET6) return inetInput(address, family);
  if (family === AF_UNIX) return unixInput(address);
  input.path = otherBytes(address, family);
  input.family = family;
  return input;
}

function unixInput(address: SocketAddress): NativeAddress {
  const given = (address as Partial<UnixAddress> | null | undefined)?.path;
  if (typeof given !== 'string' && !isUint8Array(given)) {
    throw wrongAddress('{ path } for an AF_UNIX socket, a string or a Buffer', address, given);
  }
  const path = bytesOfPath(given);
  // sun_path has 108 bytes. A path needs one of them for its terminating zero; an abstract name has no terminator.
  const abstract = path.startsWith('\0');
  const longest = abstract ? 108 : 107;
  if (path.length > longest) throw outOfRange('address.path', `at most ${longest} bytes`, given);
  // The kernel ends a path at the first zero byte, so '/tmp/a\0b' would silently become '/tmp/a'.
  if (!abstract && path.includes('\0')) throw outOfRange('address.path', 'no zero byte inside', given);
  input.family = AF_UNIX;
  input.path = path;
  return input;
}

const ascii = /^[\0-\x7f]*$/;

/** Returns the bytes of a name, each as one character. */
function bytesOfPath(path: string | Uint8Array): string {
  if (typeof path !== 'string') return Buffer.from(path).toString('latin1');
  if (ascii.test(path)) return path;
  const bytes = Buffer.from(path);
  // A lone surrogate has no UTF-8 form, and would silently become U+FFFD, another name.
  if (bytes.toString() !== path) throw outOfRange('address.path', 'well-formed Unicode, or a Buffer', path);
  return bytes.toString('latin1');
}

/** Returns a name from its bytes: a string, or a Buffer if they are not valid UTF-8. */
function pathOfBytes(path: string): string | Buffer {
  if (ascii.test(path)) return path;
  const bytes = Buffer.from(path, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : bytes;
}

function inetInput(address: SocketAddress, family: number): NativeAddress {
  // Read all fields before writing to the shared object, because a getter may itself use a socket.
  const { host, port, flowInfo = 0, scopeId = 0 } = (address ?? {}) as Partial<InetAddress>;
  if (typeof host !== 'string') throw wrongAddress(`{ host, port } for an ${nameOf(family)} socket`, address, host);
  checkPort('address.port', port);
  checkInt('address.flowInfo', flowInfo);
  checkInt('address.scopeId', scopeId);
  let scope = scopeId;
  // Skip the check if the host is the one from the last call: a datagram server answers the same few peers over and over.
  if (host !== input.host || family !== input.family) {
    const percent = family === AF_INET6 ? host.indexOf('%') : -1;
    const numeric = numericHost(host, percent < 0 ? host : host.slice(0, percent), family);
    if (percent >= 0) scope = scopeOf(host, host.slice(percent + 1), scopeId);
    input.host = numeric;
    input.family = family;
  }
  input.port = port as number;
  input.flowInfo = flowInfo;
  input.scopeId = scope;
  return input;
}

/** Returns the index of the interface that a zone names. As getaddrinfo does, looks for the name first: an interface may be called '7'. */
function scopeOf(host: string, zone: string, scopeId: number): number {
  const found = native.ifNameToIndex(zone);
  const index = found < 0 && /^\d{1,9}$/.test(zone) ? Number(zone) : found;
  if (index < 0) throw new OSError(index, 'if_nametoindex', { address: host });
  if (scopeId === 0 || scopeId === index) return index;
  throw outOfRange('address.scopeId', `${index}, the zone of the host, or none`, scopeId);
}

/** Returns the host without its zone, and the "any" address for the empty string. */
function numericHost(host: string, numeric: string, family: number): string {
  if (host === '') return family === AF_INET6 ? '::' : '0.0.0.0';
  if (family === AF_INET6 ? isIPv6(numeric) : isIPv4(numeric)) return numeric;
  throw notNumeric(`a numeric IPv${family === AF_INET6 ? 6 : 4} address for an ${nameOf(family)} socket`, host);
}

function nameOf(family: number): string {
  return family === AF_INET6 ? 'AF_INET6' : 'AF_INET';
}

function notNumeric(expected: string, host: string): TypeError {
  return wrongType('address.host', `${expected} (resolve a name first: getaddrinfo, or sockConnect does it)`, host);
}

function wrongAddress(expected: string, address: unknown, field: unknown): TypeError {
  // { host: 5 } is an address with a wrong field; anything else is not an address of this kind at all.
  const hasField = typeof address === 'object' && address !== null && field !== undefined;
  return wrongType('address', expected, hasField ? field : address);
}

/**
 * Converts an address that the addon has filled in.
 *
 * @param family the address family of the socket, which the kernel leaves out for an unnamed UNIX peer
 * @returns null if there is no address, as for the sender of bytes on a connected stream
 * @internal
 */
export function fromNativeAddress(from: NativeAddress, family: number): SocketAddress | null {
  if (from.family === AF_INET) return { host: from.host, port: from.port };
  if (from.family === AF_INET6) {
    return { host: from.host, port: from.port, flowInfo: from.flowInfo, scopeId: from.scopeId };
  }
  // For an unnamed UNIX socket the kernel returns an empty address, without the family.
  if (from.family === AF_UNIX || family === AF_UNIX) return { path: pathOfBytes(from.path) };
  return from.family === 0 ? null : otherAddress(from.path, from.family);
}

/** Returns true for the address of a socket file: not for the abstract namespace, and not for a socket without a name. @internal */
export function isFilePath(path: string | Uint8Array): boolean {
  return path.length > 0 && path[0] !== '\0' && path[0] !== 0;
}

/** Returns true if both are the same address; the scope and flow of an IPv6 address do not count. @internal */
export function sameAddress(a: SocketAddress, b: SocketAddress): boolean {
  if ('path' in a) return 'path' in b && sameBytes(a.path, b.path);
  if ('host' in a) return 'host' in b && a.host === b.host && a.port === b.port;
  if ('cid' in a) return 'cid' in b && a.cid === b.cid && a.port === b.port;
  if ('pid' in a) return 'pid' in b && a.pid === b.pid && a.groups === b.groups;
  return 'data' in b && a.family === b.family && sameBytes(a.data, b.data);
}

function sameBytes(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return Buffer.from(a as Uint8Array).equals(Buffer.from(b as Uint8Array));
}

/** Returns the address as the target of an error. @internal */
export function errorTarget(address: SocketAddress): OSErrorTarget {
  const given: unknown = address;
  if (typeof given !== 'object' || given === null) return {}; // a closed socket is reported before its address is checked
  if ('path' in address) return { path: address.path };
  if ('host' in address) return { address: address.host, port: address.port };
  if ('cid' in address) return { address: String(address.cid), port: address.port };
  return {};
}
