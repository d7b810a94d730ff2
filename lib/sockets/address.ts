/**
 * Socket addresses, and their translation to and from the addon's.
 *
 * The kernel knows numbers only. Resolving a name may take seconds and belongs to the event loop (`getaddrinfo`,
 * `sockConnect`), so a name is refused here with an error that says so.
 */

import { isIPv4, isIPv6 } from 'node:net';

import { type OSErrorTarget, outOfRange, wrongType } from '../errors/index.js';
import type { NativeAddress } from '../native/contract.js';
import { checkInt, checkPort } from './arguments.js';
import { AF_INET, AF_INET6, AF_UNIX } from './constants.js';

/** An address of an AF_INET or AF_INET6 socket. */
export interface InetAddress {
  /** Numeric IPv4 or IPv6 text. The empty string is the "any" address: 0.0.0.0 or ::. */
  readonly host: string;
  /** 0 to 65535; 0 in `bind` lets the kernel choose. */
  readonly port: number;
  /** IPv6 only: the flow label. */
  readonly flowInfo?: number;
  /** IPv6 only: the index of the interface a link-local address (fe80::) belongs to. */
  readonly scopeId?: number;
}

/** An address of an AF_UNIX socket. */
export interface UnixAddress {
  /**
   * A path of at most 107 bytes, or a name of the abstract namespace, which starts with '\0'. The empty string: in `bind`,
   * the kernel chooses an abstract name; in a result, the socket has no name.
   */
  readonly path: string;
}

/** Where a socket is, or should connect or send to. */
export type Address = InetAddress | UnixAddress;

/** Room for one address. @internal */
export function emptyNativeAddress(): NativeAddress {
  return { family: 0, host: '', port: 0, flowInfo: 0, scopeId: 0, path: '' };
}

/** The one address every call passes in. The addon reads it before it returns, so there is never a second one in use. */
const input = emptyNativeAddress();

/**
 * Writes an address in the addon's form.
 *
 * The result is shared: pass it to the addon at once and do not keep it.
 *
 * @param address from the user, checked here
 * @param family of the socket it is for
 * @throws TypeError for another kind of address, a host that is not text or a name; RangeError for a bad port or path
 * @internal
 */
export function toNativeAddress(address: Address, family: number): NativeAddress {
  return family === AF_UNIX ? unixInput(address) : inetInput(address, family);
}

function unixInput(address: Address): NativeAddress {
  const path = (address as Partial<UnixAddress> | null | undefined)?.path;
  if (typeof path !== 'string') throw wrongAddress('{ path } for an AF_UNIX socket', address, path);
  // sun_path has 108 bytes. A path needs one for the zero at its end; an abstract name has none.
  const abstract = path.startsWith('\0');
  const longest = abstract ? 108 : 107;
  if (Buffer.byteLength(path) > longest) throw outOfRange('address.path', `at most ${longest} bytes`, path);
  // The kernel ends a path at its first zero byte: '/tmp/a\0b' would silently be '/tmp/a'.
  if (!abstract && path.includes('\0')) throw outOfRange('address.path', 'no zero byte inside', path);
  input.family = AF_UNIX;
  input.path = path;
  return input;
}

function inetInput(address: Address, family: number): NativeAddress {
  const kind = family === AF_INET6 ? 'AF_INET6' : 'AF_INET';
  // Read each field once, before anything is written: a getter may itself use a socket.
  const { host, port, flowInfo = 0, scopeId = 0 } = (address ?? {}) as Partial<InetAddress>;
  if (typeof host !== 'string') throw wrongAddress(`{ host, port } for an ${kind} socket`, address, host);
  checkPort('address.port', port);
  checkInt('address.flowInfo', flowInfo);
  checkInt('address.scopeId', scopeId);
  // A datagram server answers the same few peers over and over: a host that is in place already was checked then.
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
  // { host: 5 } is an address with a wrong field; anything else is no address of this kind at all.
  const hasField = typeof address === 'object' && address !== null && field !== undefined;
  return wrongType('address', expected, hasField ? field : address);
}

/**
 * The address the addon has filled in.
 *
 * @param family of the socket, for what the kernel leaves out
 * @returns null when there is none: the sender of bytes on a connected stream
 * @internal
 */
export function fromNativeAddress(from: NativeAddress, family: number): Address | null {
  if (from.family === AF_INET) return { host: from.host, port: from.port };
  if (from.family === AF_INET6) {
    return { host: from.host, port: from.port, flowInfo: from.flowInfo, scopeId: from.scopeId };
  }
  // The kernel says nothing at all about the peer of an unnamed UNIX socket.
  if (from.family === AF_UNIX || family === AF_UNIX) return { path: from.path };
  return null;
}

/** The address as the target of an error. @internal */
export function errorTarget(address: Address): OSErrorTarget {
  return 'path' in address ? { path: address.path } : { address: address.host, port: address.port };
}
