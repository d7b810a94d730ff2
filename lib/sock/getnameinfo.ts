/** Resolves addresses to names, on a thread of the addon. It is the inverse of resolver.ts. */

import { OSError, checkNames, wrongType, optionNames } from '../errors/index.js';
import { native } from '../native/binding.js';
import { isIPv6 } from '../platform/ip.js';
import { toNativeAddress } from '../sockets/address.js';
import { checkInt } from '../sockets/arguments.js';
import {
  type Address,
  AF_INET,
  AF_INET6,
  NI_DGRAM,
  NI_NAMEREQD,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
} from '../sockets/index.js';
import { CallSite } from '../loop/program-stack.js';
import { coroutineOfCall } from '../tasks/call-coroutine.js';
import type { Abortable, Coroutine, Steps } from '../tasks/index.js';
import { waitReadable } from './readiness.js';
import { resolutionFailure } from './resolution-error.js';

/** Options of `getnameinfo`. All default to false, and `flags` to 0. */
export interface NameInfoOptions extends Abortable {
  /** Return the numeric address of the host, without a lookup. */
  numericHost?: boolean;
  /** Return the number of the port. */
  numericService?: boolean;
  /** Fail for a host without a name instead of returning its numeric address. */
  nameRequired?: boolean;
  /** Look up a UDP service. */
  datagram?: boolean;
  /** NI_* constants, combined with bitwise OR: the same options and NI_NOFQDN. */
  flags?: number;
}

const OPTIONS = optionNames<NameInfoOptions>({
  numericHost: true,
  numericService: true,
  nameRequired: true,
  datagram: true,
  flags: true,
  signal: true,
});

/** The names of an address. */
export interface NameInfo {
  /** The host name, or the numeric address if it has none. */
  host: string;
  /** The service, such as 'http', or the port if it has no name. */
  service: string;
}

const flagOf: Record<Exclude<keyof NameInfoOptions, 'flags' | 'signal'>, number> = {
  numericHost: NI_NUMERICHOST,
  numericService: NI_NUMERICSERV,
  nameRequired: NI_NAMEREQD,
  datagram: NI_DGRAM,
};

function flagsOf(options: NameInfoOptions): number {
  let flags = checkInt('getnameinfo: flags', options.flags ?? 0);
  for (const name of Object.keys(flagOf) as Array<keyof typeof flagOf>) {
    const value = options[name] ?? false;
    if (typeof value !== 'boolean') throw wrongType(`getnameinfo: ${name}`, 'a boolean', value);
    if (value) flags |= flagOf[name];
  }
  return flags;
}

function* lookUpSteps(address: Address, host: string, flags: number): Steps<NameInfo> {
  const lookup = native.lookUpName(toNativeAddress(address, isIPv6(host) ? AF_INET6 : AF_INET), flags);
  if (typeof lookup === 'number') throw new OSError(lookup, 'getnameinfo', { address: host });
  try {
    yield* waitReadable(lookup.fileno());
    const answer = lookup.result();
    if (typeof answer === 'number') throw resolutionFailure(answer, host, 'getnameinfo');
    return answer ?? { host, service: '' };
  } finally {
    lookup.close();
  }
}

/**
 * Returns the names of a network address: of its host, and of the service at its port. Never blocks the loop.
 *
 * Cancelling it discards the answer; the thread ends by itself.
 *
 * @throws TypeError or RangeError for bad arguments, including UNIX addresses, immediately. When awaited: ResolutionError with the code
 *   ENOTFOUND if the host has no name and `nameRequired` is set, EAI_AGAIN if the name server does not answer
 */
export function getnameinfo(address: Address, options: NameInfoOptions = {}): Coroutine<NameInfo> {
  const host: unknown = (address as { host?: unknown } | null | undefined)?.host;
  if (typeof host !== 'string') throw wrongType('getnameinfo: address', '{ host, port }', address);
  toNativeAddress(address, isIPv6(host) ? AF_INET6 : AF_INET);
  const flags = flagsOf(checkNames('getnameinfo: options', options, OPTIONS));
  const call = new CallSite(getnameinfo, 'getnameinfo');
  return coroutineOfCall(call, lookUpSteps({ ...address }, host, flags), options);
}
