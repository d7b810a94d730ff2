/** Errors in the form of Node's own, for the listeners of its streams. */

import { constants } from 'node:os';

import { OSError, describeValue, isCancelled, isError, isInstance } from '../errors/index.js';

/** The receiving system calls, by the names in this library's errors. */
const RECEIVING = new Set(['read', 'recv', 'recvmsg']);

/** Converts an error of a transport to the one that a stream is destroyed with. */
export function nodeError(error: unknown): Error | undefined {
  if (error === null || error === undefined || isCancelled(error)) return undefined;
  if (isInstance(error, OSError)) return systemError(error.code, RECEIVING.has(error.syscall) ? 'read' : 'write');
  return isError(error) ? error : new Error(describeValue(error), { cause: error });
}

/** Returns an error in the form of Node's system call errors. */
export function systemError(code: string, syscall: string): NodeJS.ErrnoException {
  const errno = -(constants.errno as Record<string, number>)[code]!;
  return errorOf(`${syscall} ${code}`, { errno, code, syscall });
}

/** Returns an error whose stack has no frames of this library. */
export function errorOf(message: string, facts: object): NodeJS.ErrnoException {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return Object.assign(new Error(message), facts);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
