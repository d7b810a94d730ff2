/** The "expected X, got Y" errors for wrong arguments. */

import { inspect, types } from 'node:util';

/** Describes a value for "expected X, got Y" messages: its type, and the value itself if it is short. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value);
    case 'function':
      if (types.isProxy(value)) return 'a proxy';
      return value.name === '' ? 'a function' : `the function ${value.name}`;
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

function constructorName(value: object): string {
  const constructor: unknown = (value as { constructor?: unknown }).constructor;
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'Object';
}

/** Returns the TypeError "NAME: expected EXPECTED, got VALUE", with Node's code for such errors, ERR_INVALID_ARG_TYPE. */
export function wrongType(name: string, expected: string, value: unknown): TypeError & { code: string } {
  const error = new TypeError(`${name}: expected ${expected}, got ${describeValue(value)}`);
  return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
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
