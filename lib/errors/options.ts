/** Reads objects of options. */

import { wrongType } from './describe.js';

/** Checks an object of options and returns it. TypeError for anything but an object: null in particular, which has no defaults. */
export function checkOptions<T extends object>(name: string, options: T): T {
  const given: unknown = options;
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return options;
  throw wrongType(name, 'an object of options', given);
}

/**
 * Checks an object of options, and returns its own properties without a prototype.
 *
 * For options that decide what is run or who is trusted: a program in which something has set a property of `Object.prototype` would
 * otherwise start another command, or stop checking certificates.
 */
export function ownOptions<T extends object>(name: string, options: T): T {
  return Object.assign(Object.create(null) as T, checkOptions(name, options));
}
