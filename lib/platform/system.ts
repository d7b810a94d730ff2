/**
 * The numbers and the names of the system's errors and signals: those of Linux. On other systems, where only the simulated kernel runs, they come
 * from the table of its constants, and the messages from Node's table, which has them by other numbers.
 */

import { constants as ownConstants } from 'node:os';
import { getSystemErrorMap as ownErrors } from 'node:util';

import { ERROR_NAME, SIGNAL_NAME, linuxConstants, linuxConstantsLike } from './linux-constants.js';

const isLinux = process.platform === 'linux';

export const constants: Pick<typeof ownConstants, 'errno' | 'signals'> = isLinux
  ? ownConstants
  : ({
      errno: linuxConstantsLike(ERROR_NAME),
      signals: linuxConstantsLike(SIGNAL_NAME),
    } as unknown as typeof ownConstants);

/** Returns the names and messages of errors, by their negative numbers. */
export function getSystemErrorMap(): Map<number, [name: string, message: string]> {
  if (isLinux) return ownErrors();
  const entries = [...ownErrors().values()].map(([name, message]): [number, [string, string]] => [
    -(linuxConstants()[name] ?? 0),
    [name, message],
  ]);
  return new Map(entries.filter(([errno]) => errno !== 0));
}
