/** The errors of `getaddrinfo` and `getnameinfo`. */

import { OSError } from '../errors/index.js';
import { native } from '../native/binding.js';

/** A name or address does not resolve. The message has the form of Node's errors: `getaddrinfo ENOTFOUND no.such.host`. */
export class ResolutionError extends Error {
  override readonly name = 'ResolutionError';

  constructor(
    /** 'ENOTFOUND' if the name does not exist, otherwise the EAI_* code. */
    readonly code: string,
    /** The name; for `getnameinfo`, the address. */
    readonly hostname: string,
    /** The function that failed. */
    readonly syscall: 'getaddrinfo' | 'getnameinfo' = 'getaddrinfo',
  ) {
    super(`${syscall} ${code} ${hostname}`);
  }
}

const eaiNames = new Map(
  Object.entries(native.constants)
    .filter(([name]) => name.startsWith('EAI_'))
    .map(([name, value]) => [value, name]),
);
const NOT_FOUND: ReadonlySet<string> = new Set(['EAI_NONAME', 'EAI_NODATA', 'EAI_ADDRFAMILY']);

/** Returns the error for a failed answer of the addon: a negative EAI_* code or a positive errno. */
export function resolutionFailure(code: number, host: string, syscall: 'getaddrinfo' | 'getnameinfo'): Error {
  const name = eaiNames.get(code);
  if (name === undefined) return new OSError(-Math.abs(code), syscall, { address: host });
  return new ResolutionError(NOT_FOUND.has(name) ? 'ENOTFOUND' : name, host, syscall);
}
