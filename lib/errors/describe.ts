/** Values and errors as text, and the "expected X, got Y" errors for wrong arguments. */

import { inspect, types } from '../platform/describe.js';

import { isError } from './is-error.js';

/** Describes a value for "expected X, got Y" messages: its type, and the value itself if it is short. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value);
    case 'function':
      if (types.isProxy(value)) return 'a proxy';
      return nameOfFunction(value) === '' ? 'a function' : `the function ${nameOfFunction(value)}`;
    case 'object':
      if (value === null) return 'null';
      return types.isProxy(value) ? 'a proxy' : `an object of class ${constructorName(value)}`;
    case 'symbol':
      return 'a symbol';
    case 'bigint':
      return `the bigint ${value}n`;
    default:
      return String(value);
  }
}

/** Returns the name of a function; the empty string if it has none, or one that the program has set to something else than a string. */
export function nameOfFunction(fn: { readonly name: unknown }): string {
  return typeof fn.name === 'string' ? fn.name : '';
}

function constructorName(value: object): string {
  const constructor: unknown = (value as { constructor?: unknown }).constructor;
  const name = typeof constructor === 'function' ? nameOfFunction(constructor) : '';
  return name === '' ? 'Object' : name;
}

/** Returns the TypeError "NAME: expected EXPECTED, got VALUE", with Node's code for such errors, ERR_INVALID_ARG_TYPE. */
export function wrongType(name: string, expected: string, value: unknown): TypeError & { code: string } {
  const error = new TypeError(`${name}: expected ${expected}, got ${describeValue(value)}${hintFor(expected, value)}`);
  return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

/** Returns a hint for a number given as text, such as the value of an environment variable, and for a function in place of its result. */
function hintFor(expected: string, value: unknown): string {
  if (typeof value === 'function') return /coroutines? or (a )?promises?$/.test(expected) ? ' (call it)' : '';
  const isMeant =
    typeof value === 'string' && /\d/.test(value) && /integer|number/.test(expected) && !expected.includes('0o');
  return isMeant && Number.isFinite(Number(value)) ? ' (convert it with Number)' : '';
}

/** Throws a TypeError for a callback, as Node's function of the same name has one: it would never be called. `instead` is what to write. */
export function refuseCallback(method: string, callback: unknown, instead: string): void {
  if (typeof callback === 'function') throw wrongType(method, `no callback, but ${instead}`, callback);
}

/** Returns the TypeError for a wrong host, with a hint where the call looks like one of node:net: `(port, host)` or `({ host, port })`. */
export function wrongHost(name: string, expected: string, host: unknown): TypeError & { code: string } {
  const isOrder = typeof host === 'number' || (typeof host === 'object' && host !== null && 'port' in host);
  return wrongType(name, isOrder ? `${expected}, and then the port` : expected, host);
}

/** Returns the RangeError "NAME: expected EXPECTED, got VALUE", with Node's code for such errors, ERR_OUT_OF_RANGE. */
export function outOfRange(name: string, expected: string, value: unknown): RangeError & { code: string } {
  const error = new RangeError(`${name}: expected ${expected}, got ${describeValue(value)}`);
  return Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}

/** Returns the text of a value; for one that has none, such as an object without a prototype, what the console would show. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return inspect(value);
  }
}

/** Returns the class and the message of an error; of a value that is none, what {@link describeValue} returns. */
export function describeError(error: unknown): string {
  try {
    return isError(error) ? String(error) : describeValue(error);
  } catch {
    return 'an error that cannot be shown';
  }
}
