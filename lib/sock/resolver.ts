/**
 * Names to addresses.
 *
 * `getaddrinfo` blocks, and Node's `dns.lookup` answers through libuv, which stands still under a blocking loop. So the addon
 * runs it on a thread of its own and makes an eventfd readable when it is done: one more descriptor for the loop, in both modes.
 */

import { isIP } from 'node:net';

import { outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { fromNativeAddress } from '../sockets/address.js';
import { checkInt, checkPort } from '../sockets/arguments.js';
import { type Address, AF_INET, AF_INET6, AF_UNSPEC, SOCK_STREAM } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { waitReadable } from './readiness.js';
import { resolutionFailure } from './resolution-error.js';

/** Restricts what `getaddrinfo` returns; 0 means any. */
export interface ResolveOptions {
  /** AF_INET or AF_INET6. Default: both. */
  family?: number;
  /** SOCK_STREAM or SOCK_DGRAM. Default: SOCK_STREAM. */
  type?: number;
  /** IPPROTO_TCP or the like. */
  protocol?: number;
}

/** One way to reach a host. */
export interface ResolvedAddress {
  family: number;
  type: number;
  protocol: number;
  address: Address;
}

function* resolveSteps(host: string, port: number, options: ResolveOptions): Steps<ResolvedAddress[]> {
  const { family = AF_UNSPEC, type = SOCK_STREAM, protocol = 0 } = options;
  const version = host.includes('%') ? 0 : isIP(host); // the zone of 'fe80::1%eth0' has to be looked up
  const ownFamily = version === 4 ? AF_INET : AF_INET6;
  if (version !== 0 && (family === AF_UNSPEC || family === ownFamily)) {
    return [{ family: ownFamily, type, protocol, address: { host, port } }]; // a literal address needs no thread
  }
  const resolution = native.resolve(host, null, family, type, protocol, 0);
  if (typeof resolution === 'number') throw resolutionFailure(resolution, host, 'getaddrinfo');
  try {
    yield* waitReadable(resolution.fileno());
    const answer = resolution.result();
    if (typeof answer === 'number') throw resolutionFailure(answer, host, 'getaddrinfo');
    return (answer ?? []).map((entry) => ({
      family: entry.family,
      type: entry.type,
      protocol: entry.protocol,
      address: { ...fromNativeAddress(entry, entry.family), port } as Address,
    }));
  } finally {
    resolution.close();
  }
}

/**
 * Resolves a host name, with the order of preference that the system is configured for. Never blocks the loop.
 *
 * Cancelling it abandons the answer; the thread ends by itself. ResolutionError with the code ENOTFOUND when there is no such
 * name, EAI_AGAIN when the name server does not answer. TypeError and RangeError for bad arguments, at once.
 */
export function getaddrinfo(host: string, port: number, options: ResolveOptions = {}): Coroutine<ResolvedAddress[]> {
  if (typeof host !== 'string') throw wrongType('getaddrinfo: host', 'a string', host);
  // C strings end at a zero byte: 'localhost\0.example' would silently be 'localhost'.
  if (host.includes('\0')) throw outOfRange('getaddrinfo: host', 'no zero byte inside', host);
  checkPort('getaddrinfo: port', port);
  for (const name of ['family', 'type', 'protocol'] as const) {
    if (options[name] !== undefined) checkInt(`getaddrinfo: ${name}`, options[name]);
  }
  return new Coroutine(resolveSteps(host, port, options), 'getaddrinfo');
}

/**
 * Where a socket is to be bound: as `getaddrinfo`, but the empty string is no name here. It stands for all interfaces, as in
 * `Socket.bind`, and each family has an address for them. @internal
 */
export function* resolveLocal(host: string, port: number, options: ResolveOptions): Steps<ResolvedAddress[]> {
  const { family = AF_UNSPEC, type = SOCK_STREAM, protocol = 0 } = options;
  if (host !== '') return yield* getaddrinfo(host, port, options);
  return [
    { family: AF_INET, type, protocol, address: { host: '0.0.0.0', port } },
    { family: AF_INET6, type, protocol, address: { host: '::', port } },
  ].filter((entry) => family === AF_UNSPEC || family === entry.family);
}
