/** Errors of the two functions that ask for names. */

import { OSError } from '../errors/index.js';
import { native } from '../native/binding.js';

/** A name or address that does not resolve, in the shape of Node's: `getaddrinfo ENOTFOUND no.such.host`. */
export class ResolutionError extends Error {
  override readonly name = 'ResolutionError';

  constructor(
    /** 'ENOTFOUND' when there is no such name, else the EAI_* code. */
    readonly code: string,
    /** The name; for `getnameinfo`, the address. */
    readonly hostname: string,
    /** What failed. */
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

/** The error for a result of the addon: a negative EAI_* code or -errno. */
export function resolutionFailure(code: number, host: string, syscall: 'getaddrinfo' | 'getnameinfo'): Error {
  const name = eaiNames.get(code);
  if (name === undefined) return new OSError(code, syscall, { address: host });
  return new ResolutionError(NOT_FOUND.has(name) ? 'ENOTFOUND' : name, host, syscall);
}
