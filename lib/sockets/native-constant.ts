/** Reads the addon's table of C constants. */

import { native } from '../native/binding.js';

/**
 * The value of a C constant on this system.
 *
 * A name the addon lacks would otherwise become `undefined`, then 0 in a system call, and that is a valid value for most
 * (AF_UNSPEC, no flags): a wrong call that seems to work.
 *
 * @throws Error when the addon was built without it
 * @internal
 */
export function nativeConstant(name: string): number {
  const value: unknown = native.constants[name];
  // Not only undefined: every object has a `toString`.
  if (typeof value !== 'number') throw new Error(`selectloop: the native addon has no constant ${name}; rebuild it`);
  return value;
}
