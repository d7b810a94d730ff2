/** Addresses to names: the other direction of resolver.ts, in the same way. */

import { isIPv6 } from 'node:net';

import { wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';
import { toNativeAddress } from '../sockets/address.js';
import { nativeConstant } from '../sockets/native-constant.js';
import { type Address, AF_INET, AF_INET6 } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { waitReadable } from './readiness.js';
import { resolutionFailure } from './resolution-error.js';

/** What `getnameinfo` is to do with names. All are false by default. */
export interface NameInfoOptions {
  /** Leave the host as the number it is; nobody is asked then. */
  numericHost?: boolean;
  /** Leave the port as the number it is. */
  numericService?: boolean;
  /** A host without a name is an error, and not its number. */
  nameRequired?: boolean;
  /** The service is one of UDP. */
  datagram?: boolean;
}

/** The names of an address. */
export interface NameInfo {
  /** The host name, or the numeric address if it has none. */
  host: string;
  /** The service, such as 'http', or the port if it has no name. */
  service: string;
}

const flagOf: Record<keyof NameInfoOptions, number> = {
  numericHost: nativeConstant('NI_NUMERICHOST'),
  numericService: nativeConstant('NI_NUMERICSERV'),
  nameRequired: nativeConstant('NI_NAMEREQD'),
  datagram: nativeConstant('NI_DGRAM'),
};

function flagsOf(options: NameInfoOptions): number {
  let flags = 0;
  for (const name of Object.keys(flagOf) as Array<keyof NameInfoOptions>) {
    const value = options[name] ?? false;
    if (typeof value !== 'boolean') throw wrongType(`getnameinfo: ${name}`, 'a boolean', value);
    if (value) flags |= flagOf[name];
  }
  return flags;
}

function* lookUpSteps(address: Address, host: string, flags: number): Steps<NameInfo> {
  const lookup = native.lookUpName(toNativeAddress(address, isIPv6(host) ? AF_INET6 : AF_INET), flags);
  if (typeof lookup === 'number') throw resolutionFailure(lookup, host, 'getnameinfo');
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
 * The names of a network address: of its host, and of the service at its port. Never blocks the loop.
 *
 * Cancelling it abandons the answer; the thread ends by itself. ResolutionError with the code ENOTFOUND when there is no name and
 * `nameRequired` asks for one, EAI_AGAIN when the name server does not answer. TypeError and RangeError for bad arguments, at
 * once; a UNIX address has no names.
 */
export function getnameinfo(address: Address, options: NameInfoOptions = {}): Coroutine<NameInfo> {
  const host: unknown = (address as { host?: unknown } | null | undefined)?.host;
  if (typeof host !== 'string') throw wrongType('getnameinfo: address', '{ host, port }', address);
  toNativeAddress(address, isIPv6(host) ? AF_INET6 : AF_INET);
  return new Coroutine(lookUpSteps({ ...address }, host, flagsOf(options)), 'getnameinfo');
}
