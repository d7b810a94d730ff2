/** Reads the addon's table of C constants. */

import { native } from '../native/binding.js';

/**
 * Returns the value of a C constant on this system.
 *
 * Without the check, a name that the addon lacks would become `undefined`, and then 0 in a system call. For most constants 0 is a valid
 * value (AF_UNSPEC, no flags), so a wrong call would seem to work.
 *
 * @throws Error if the addon was built without the constant
 * @internal
 */
export function nativeConstant(name: string): number {
  const value: unknown = native.constants[name];
  // A check for undefined would not do, because every object has a `toString`.
  if (typeof value !== 'number') throw new Error(`selectloop: the native addon has no constant ${name}; rebuild it`);
  return value;
}
