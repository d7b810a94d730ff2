/**
 * Resolves names to addresses.
 *
 * `getaddrinfo` blocks, and Node's `dns.lookup` answers through libuv, which does not run under a blocking loop. So the addon calls it
 * on a separate thread and makes an eventfd readable when it has finished. For the loop that is one more descriptor, in both modes.
 */

import { OSError, checkNames, outOfRange, wrongType, optionNames } from '../errors/index.js';
import { native } from '../native/binding.js';
import { isIP } from '../platform/ip.js';
import { fromNativeAddress } from '../sockets/address.js';
import { checkInt, checkPort } from '../sockets/arguments.js';
import { type Address, AF_INET, AF_INET6, AF_UNSPEC, SOCK_STREAM } from '../sockets/index.js';
import { CallSite } from '../loop/program-stack.js';
import { coroutineOfCall } from '../tasks/call-coroutine.js';
import type { Abortable, Coroutine, Steps } from '../tasks/index.js';
import { waitReadable } from './readiness.js';
import { resolutionFailure } from './resolution-error.js';

/** Restricts the addresses that `getaddrinfo` returns; 0 means any. */
export interface ResolveOptions extends Abortable {
  /** AF_INET or AF_INET6. Default: both. */
  family?: number;
  /** SOCK_STREAM or SOCK_DGRAM. Default: SOCK_STREAM. */
  type?: number;
  /** A protocol number, such as IPPROTO_TCP. */
  protocol?: number;
  /** AI_* constants, combined with bitwise OR. */
  flags?: number;
}

const OPTIONS = optionNames<ResolveOptions>({ family: true, type: true, protocol: true, flags: true, signal: true });

/** One address of a host, with the arguments for a socket that connects to it. */
export interface ResolvedAddress {
  family: number;
  type: number;
  protocol: number;
  address: Address;
  /** The canonical name of the host: only with AI_CANONNAME, and only of the first address. */
  canonicalName?: string;
}

function* resolveSteps(host: string | null, port: number, options: ResolveOptions): Steps<ResolvedAddress[]> {
  const { family = AF_UNSPEC, type = SOCK_STREAM, protocol = 0, flags = 0 } = options;
  const version = host === null || host.includes('%') ? 0 : isIP(host); // the zone in 'fe80::1%eth0' needs a lookup
  const ownFamily = version === 4 ? AF_INET : AF_INET6;
  if (host !== null && version !== 0 && flags === 0 && (family === AF_UNSPEC || family === ownFamily)) {
    return [{ family: ownFamily, type, protocol, address: { host, port } }]; // a literal address needs no thread
  }
  const name = host ?? 'localhost'; // for errors
  const resolution = native.resolve(host, host === null ? String(port) : null, family, type, protocol, flags);
  if (typeof resolution === 'number') throw new OSError(resolution, 'getaddrinfo', { address: name });
  try {
    yield* waitReadable(resolution.fileno());
    const answer = resolution.result();
    if (typeof answer === 'number') throw resolutionFailure(answer, name, 'getaddrinfo');
    return (answer ?? []).map((entry) => ({
      family: entry.family,
      type: entry.type,
      protocol: entry.protocol,
      address: { ...fromNativeAddress(entry, entry.family), port } as Address,
      ...(entry.canonicalName === '' ? null : { canonicalName: entry.canonicalName }),
    }));
  } finally {
    resolution.close();
  }
}

/**
 * Resolves a host name to addresses, in the order of preference that the system configures. Never blocks the loop.
 *
 * The host null means this host: its loopback addresses or, with AI_PASSIVE, those that mean all interfaces.
 *
 * Cancelling it discards the answer; the thread ends by itself.
 *
 * @throws TypeError or RangeError for bad arguments, immediately. When awaited: ResolutionError with the code ENOTFOUND if the name does
 *   not exist, EAI_AGAIN if the name server does not answer
 *
 * @example
 * import { getaddrinfo, run } from 'selectloop';
 *
 * await run(async () => {
 *   const [first] = await getaddrinfo('127.0.0.1', 80);
 *   console.log(first?.address); // { host: '127.0.0.1', port: 80 }
 * });
 */
export function getaddrinfo(
  host: string | null,
  port: number,
  options: ResolveOptions = {},
): Coroutine<ResolvedAddress[]> {
  if (typeof host !== 'string' && host !== null) throw wrongType('getaddrinfo: host', 'a string', host);
  // C strings end at a zero byte, so 'localhost\0.example' would silently resolve 'localhost'.
  if (host?.includes('\0') === true) throw outOfRange('getaddrinfo: host', 'no zero byte inside', host);
  checkPort('getaddrinfo: port', port);
  checkNames('getaddrinfo: options', options, OPTIONS);
  for (const name of ['family', 'type', 'protocol', 'flags'] as const) {
    if (options[name] !== undefined) checkInt(`getaddrinfo: ${name}`, options[name]);
  }
  return coroutineOfCall(new CallSite(getaddrinfo, 'getaddrinfo'), resolveSteps(host, port, options), options);
}

/**
 * Resolves an address to bind to. The empty string is not looked up: as in `Socket.bind`, it means all interfaces, and each family has an
 * address for that. Otherwise like `getaddrinfo`. @internal
 */
export function* resolveLocal(host: string, port: number, options: ResolveOptions): Steps<ResolvedAddress[]> {
  const { family = AF_UNSPEC, type = SOCK_STREAM, protocol = 0 } = options;
  if (host !== '') return yield* getaddrinfo(host, port, options);
  return [
    { family: AF_INET, type, protocol, address: { host: '0.0.0.0', port } },
    { family: AF_INET6, type, protocol, address: { host: '::', port } },
  ].filter((entry) => family === AF_UNSPEC || family === entry.family);
}
