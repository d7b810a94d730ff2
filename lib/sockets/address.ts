/**
 * Socket addresses, and their conversion to and from the addon's form.
 *
 * The kernel takes numeric addresses only. Resolving a name may take seconds, so it belongs to the event loop (`getaddrinfo`,
 * `sockConnect`); here a name is refused with an error that says so.
 */

import { isUtf8 } from 'node:buffer';
import { isIPv4, isIPv6 } from 'node:net';
import { isUint8Array } from 'node:util/types';

import { type OSErrorTarget, outOfRange, wrongType } from '../errors/index.js';
import type { NativeAddress } from '../native/contract.js';
import { checkInt, checkPort } from './arguments.js';
import { AF_INET, AF_INET6, AF_UNIX } from './constants.js';

/** An address of an AF_INET or AF_INET6 socket. */
export interface InetAddress {
  /** Numeric IPv4 or IPv6 text. The empty string means the "any" address, 0.0.0.0 or ::. */
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

/** The address of a socket or of its peer. */
export type Address = InetAddress | UnixAddress;

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
 * @throws TypeError for another kind of address, a host that is not a string, or a host name; RangeError for an invalid port or path
 * @internal
 */
export function toNativeAddress(address: Address, family: number): NativeAddress {
  return family === AF_UNIX ? unixInput(address) : inetInput(address, family);
}

function unixInput(address: Address): NativeAddress {
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

function inetInput(address: Address, family: number): NativeAddress {
  const kind = family === AF_INET6 ? 'AF_INET6' : 'AF_INET';
  // Read all fields before writing to the shared object, because a getter may itself use a socket.
  const { host, port, flowInfo = 0, scopeId = 0 } = (address ?? {}) as Partial<InetAddress>;
  if (typeof host !== 'string') throw wrongAddress(`{ host, port } for an ${kind} socket`, address, host);
  checkPort('address.port', port);
  checkInt('address.flowInfo', flowInfo);
  checkInt('address.scopeId', scopeId);
  // Skip the check if the host is the one from the last call: a datagram server answers the same few peers over and over.
  if (host !== input.host || family !== input.family) {
    input.host = numericHost(host, family);
    input.family = family;
  }
  input.port = port as number;
  input.flowInfo = flowInfo;
  input.scopeId = scopeId;
  return input;
}

function numericHost(host: string, family: number): string {
  if (family === AF_INET6) {
    if (host === '') return '::';
    if (isIPv6(host) && !host.includes('%')) return host;
    const zone = host.includes('%') ? '; give the part after % as scopeId' : '';
    throw notNumeric(`a numeric IPv6 address for an AF_INET6 socket${zone}`, host);
  }
  if (host === '') return '0.0.0.0';
  if (isIPv4(host)) return host;
  throw notNumeric('a numeric IPv4 address for an AF_INET socket', host);
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
export function fromNativeAddress(from: NativeAddress, family: number): Address | null {
  if (from.family === AF_INET) return { host: from.host, port: from.port };
  if (from.family === AF_INET6) {
    return { host: from.host, port: from.port, flowInfo: from.flowInfo, scopeId: from.scopeId };
  }
  // For an unnamed UNIX socket the kernel returns an empty address, without the family.
  if (from.family === AF_UNIX || family === AF_UNIX) return { path: pathOfBytes(from.path) };
  return null;
}

/** Returns true for the address of a socket file: not for the abstract namespace, and not for a socket without a name. @internal */
export function isFilePath(path: string | Uint8Array): boolean {
  return path.length > 0 && path[0] !== '\0' && path[0] !== 0;
}

/** Returns true if both are the same name. @internal */
export function samePath(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return Buffer.from(a as Uint8Array).equals(Buffer.from(b as Uint8Array));
}

/** Returns the address as the target of an error. @internal */
export function errorTarget(address: Address): OSErrorTarget {
  return 'path' in address ? { path: address.path } : { address: address.host, port: address.port };
}
