/** Socket addresses, and IP addresses as text (inet_pton, inet_ntop). */

import type { NativeAddress } from '../../native/contract.js';
import { AF_INET, AF_INET6, AF_UNIX } from './numbers.js';

/** An address as a system call gets it. */
export interface SocketAddress extends Readonly<NativeAddress> {
  /** The size of the kernel's structure, in bytes. */
  readonly size: number;
}

/** One end of a connection. The host is IPv4 or IPv6 text in its canonical form; IPv4 on an IPv6 socket is IPv4 here. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export const SIZE_OF_INET = 16;
export const SIZE_OF_INET6 = 28;
/** Where the name of a UNIX address begins. */
export const UNIX_NAME_OFFSET = 2;

const ANY = '0.0.0.0';
const ANY6 = '::';
const MAPPED = '::ffff:';

/** Returns the four bytes of an IPv4 address; null for text of another form. */
export function parseIPv4(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

/** Returns the eight groups of an IPv6 address; null for text of another form. */
export function parseIPv6(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const front = groupsOf(halves[0]!, halves.length === 1);
  const back = groupsOf(halves[1] ?? '', true);
  if (front === null || back === null) return null;
  const missing = 8 - front.length - back.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  return [...front, ...Array<number>(missing).fill(0), ...back];
}

/** @param last true if the last group may be an IPv4 address */
function groupsOf(text: string, last: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const bytes = last && i === parts.length - 1 ? parseIPv4(part) : null;
    if (bytes !== null) groups.push(bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!);
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(parseInt(part, 16));
    else return null;
  }
  return groups;
}

/** Returns the canonical text of an IPv6 address: the longest run of two or more zero groups becomes '::'. */
export function formatIPv6(groups: readonly number[]): string {
  const [start, length] = longestZeroRun(groups);
  const tail = dottedTail(groups, start, length);
  const shown =
    tail === null ? groups.map((group) => group.toString(16)) : groups.slice(0, 6).map((g) => g.toString(16));
  if (tail !== null) shown.push(tail);
  if (length < 2) return shown.join(':');
  return `${shown.slice(0, start).join(':')}::${shown.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}

/** inet_ntop writes the end of a mapped and of a "compatible" address as IPv4. */
function dottedTail(groups: readonly number[], start: number, length: number): string | null {
  const isMapped = start === 0 && length === 5 && groups[5] === 0xffff;
  const isCompatible = start === 0 && length === 6;
  if (!isMapped && !isCompatible) return null;
  return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.');
}

/** Returns the canonical text of a numeric address of a family; null if it is not one. */
export function canonicalHost(family: number, text: string): string | null {
  if (family === AF_INET) return parseIPv4(text)?.join('.') ?? null;
  const groups = parseIPv6(text);
  return groups === null ? null : formatIPv6(groups);
}

/** Returns an IPv4 address that an IPv6 socket writes as ::ffff:1.2.3.4 without its prefix; other addresses unchanged. */
export const unmapped = (host: string): string =>
  host.startsWith(MAPPED) && host.includes('.') ? host.slice(MAPPED.length) : host;

export const isIPv4Host = (host: string): boolean => !host.includes(':');
export const isAny = (host: string): boolean => host === ANY || host === ANY6;
/** Returns true for an address of the loopback interface. */
export const isLoopback = (host: string): boolean => host === '::1' || host.startsWith('127.');
/** The address that means every address of the host. */
export const anyHost = (family: number): string => (family === AF_INET ? ANY : ANY6);
/** The address of the loopback interface that replaces the "any" address as a destination. */
export const loopbackFor = (host: string): string => (isIPv4Host(host) ? '127.0.0.1' : '::1');

/** Returns an endpoint as the address of a socket of a family. */
export function inetAddress(family: number, { host, port }: Endpoint): SocketAddress {
  const text = family === AF_INET6 && isIPv4Host(host) ? MAPPED + host : host;
  const size = family === AF_INET ? SIZE_OF_INET : SIZE_OF_INET6;
  return { family, host: text, port, flowInfo: 0, scopeId: 0, path: '', size };
}

/** Returns a UNIX address; an empty name is that of a socket without one. */
export function unixAddress(path: string): SocketAddress {
  const terminator = path === '' || path.startsWith('\0') ? 0 : 1;
  const size = UNIX_NAME_OFFSET + path.length + terminator;
  return { family: AF_UNIX, host: '', port: 0, flowInfo: 0, scopeId: 0, path, size };
}

/** No address at all: what a stream reports as the sender of bytes. */
export const NO_ADDRESS: SocketAddress = { family: 0, host: '', port: 0, flowInfo: 0, scopeId: 0, path: '', size: 0 };
