/** Kernel errors in Node's shape, made from the `-errno` results of the addon. */

import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** Where an operation was aimed, for the message and the properties of an {@link OSError}. */
export interface OSErrorTarget {
  /** Host, when the operation has a network address. */
  address?: string;
  /** Port, with `address`. */
  port?: number;
  /** Path, when it has a UNIX address or a file. */
  path?: string;
}

const systemErrors = getSystemErrorMap();

/** libuv's table has no EINPROGRESS and some others, which libuv never reports; the system's own has them, without words. */
const otherNames = new Map(Object.entries(constants.errno).map(([name, errno]) => [-errno, name]));

function describeTarget(target: OSErrorTarget): string {
  if (target.path !== undefined) return ` ${target.path.replaceAll('\0', '@')}`;
  if (target.address === undefined) return '';
  if (target.port === undefined) return ` ${target.address}`;
  return ` ${target.address}:${target.port}`;
}

/**
 * An error the kernel reported, in the shape of Node's own: `code` (`'ECONNREFUSED'`), negative `errno`, `syscall`, and
 * `address`/`port`/`path` where they apply. The message reads as Node's does: `connect ECONNREFUSED 127.0.0.1:1`.
 */
export class OSError extends Error {
  override readonly name: string = 'OSError';
  /** The symbolic name, such as `'EADDRINUSE'`. */
  readonly code: string;
  /** The negative error number. */
  readonly errno: number;
  /** The system call that failed. */
  readonly syscall: string;
  declare readonly address?: string;
  declare readonly port?: number;
  declare readonly path?: string;

  /**
   * @param errno the negative error number, as the addon returns it
   * @param syscall what failed
   * @param target the address or path it was aimed at
   */
  constructor(errno: number, syscall: string, target: OSErrorTarget = {}) {
    const [code, description] = systemErrors.get(errno) ?? [otherNames.get(errno) ?? `E${-errno}`, 'system error'];
    // Node's own messages leave the description out where there is a target to name; without one the code alone is terse.
    const place = describeTarget(target);
    super(place === '' ? `${syscall} ${code}: ${description}` : `${syscall} ${code}${place}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    Object.assign(this, target);
  }
}

/**
 * Passes a result of the addon through, or throws it as an {@link OSError}.
 *
 * @returns `result`, if it is not negative
 */
export function checked(result: number, syscall: string, target?: OSErrorTarget): number {
  if (result < 0) throw new OSError(result, syscall, target);
  return result;
}
