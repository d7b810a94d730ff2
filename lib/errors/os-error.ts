/** Kernel errors in Node's shape, made from the `-errno` results of the addon. */

import { isSimulated } from '../platform/kernel-state.js';
import { constants, getSystemErrorMap } from '../platform/system.js';

/** The address or path of an operation, for the message and the properties of an {@link OSError}. */
export interface OSErrorTarget {
  /** The host of a network address. */
  address?: string;
  /** The port that belongs to `address`. */
  port?: number;
  /** The path of a UNIX address or a file; bytes if it is not valid UTF-8. */
  path?: string | Uint8Array;
}

const systemErrors = getSystemErrorMap();

/** libuv's table lacks codes that libuv never reports, such as EINPROGRESS. The system's table has them, without descriptions. */
const otherNames = new Map(Object.entries(constants.errno).map(([name, errno]) => [-errno, name]));

/** Returns a path as text: `@` for the zero bytes of abstract names, and `\\xff` for bytes that are not text. */
export function describePath(path: string | Uint8Array): string {
  if (typeof path === 'string') return path.replaceAll('\0', '@');
  const text = Array.from(path, (byte) =>
    byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : byte === 0
        ? '@'
        : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return text.join('');
}

function describeTarget(target: OSErrorTarget): string {
  if (target.path !== undefined) return ` ${describePath(target.path)}`;
  if (target.address === undefined) return '';
  if (target.port === undefined) return ` ${target.address}`;
  return ` ${target.address}:${target.port}`;
}

/**
 * An error reported by the kernel, in the shape of Node's system errors: `code` (`'ECONNREFUSED'`), negative `errno`, `syscall`,
 * and `address`, `port` or `path` where they apply. The message has Node's format: `connect ECONNREFUSED 127.0.0.1:1`.
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
  declare readonly path?: string | Uint8Array;

  /**
   * @param errno the negative error number, as the addon returns it
   * @param syscall the name of the system call that failed
   * @param target the address or path that the call was given
   */
  constructor(errno: number, syscall: string, target: OSErrorTarget = {}) {
    const [code, description] = systemErrors.get(errno) ?? [otherNames.get(errno) ?? `E${-errno}`, 'system error'];
    // As in Node, the message names the target if there is one; otherwise the bare code would be too terse, so describe it.
    const place = describeTarget(target);
    const absent = code === 'ENOSYS' && isSimulated() ? '; the simulated kernel does not have this call' : '';
    super((place === '' ? `${syscall} ${code}: ${description}` : `${syscall} ${code}${place}`) + absent);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    Object.assign(this, target);
  }
}

/**
 * Returns a result of the addon, or throws it as an {@link OSError} if it is negative.
 */
export function checked(result: number, syscall: string, target?: OSErrorTarget): number {
  if (result < 0) throw new OSError(result, syscall, target);
  return result;
}
