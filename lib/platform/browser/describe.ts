/** Values as text, for messages and for the console of the playground: the part of `util.inspect` that programs for a page show. */

import { Buffer } from './bytes.js';

/** A page cannot tell a proxy from its target. */
export const types = { isProxy: (_value: unknown): boolean => false };

const CUSTOM = Symbol.for('nodejs.util.inspect.custom');
const LONGEST_LINE = 72;
const DEEPEST = 2;
const MOST_ENTRIES = 100;
const MOST_BYTES = 50;

/** Returns a text in quotes, as Node's console does: single ones, unless the text has some. */
function quoted(text: string): string {
  const quote = ["'", '"', '`'].find((each) => !text.includes(each)) ?? "'";
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

const keyText = (key: PropertyKey): string =>
  typeof key === 'symbol'
    ? `[${String(key)}]`
    : /^[A-Za-z_$][\w$]*$/.test(String(key))
      ? String(key)
      : quoted(String(key));

/** Returns the name of the class of an object; null if it has no prototype. */
function classOf(value: object): string | null {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null;
  if (prototype === null) return null;
  const name = prototype.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'Object';
}

function functionText(value: object & { readonly name?: unknown }): string {
  const name = typeof value.name === 'string' && value.name !== '' ? ` ${value.name}` : '';
  if (/^class\b/.test(Function.prototype.toString.call(value))) return `[class${name === '' ? ' (anonymous)' : name}]`;
  const kind = classOf(value) ?? 'Function';
  return name === '' ? `[${kind} (anonymous)]` : `[${kind}:${name}]`;
}

function errorText(error: Error): string {
  const { stack, name, message } = error;
  const header = `${name}: ${message}`;
  return typeof stack === 'string' && stack.includes(message) ? stack : `[${header}]`;
}

function bytesText(bytes: Uint8Array): string {
  if (!(bytes instanceof Buffer)) return '';
  const hex = Array.from(bytes.subarray(0, MOST_BYTES), (byte) => byte.toString(16).padStart(2, '0'));
  const more = bytes.length - MOST_BYTES;
  return `<Buffer${hex.map((each) => ` ${each}`).join('')}${more > 0 ? ` ... ${more} more byte${more > 1 ? 's' : ''}` : ''}>`;
}

/** Lays the entries of an object out in one line, or in a line for each if they are long. */
function layOut(
  prefix: string,
  [open, close]: readonly [string, string],
  entries: readonly string[],
  depth: number,
): string {
  const start = prefix === '' ? open : `${prefix} ${open}`;
  if (entries.length === 0) return start + close;
  const inner = '  '.repeat(depth + 1);
  const line = `${start} ${entries.join(', ')} ${close}`;
  if (line.length <= LONGEST_LINE && !line.includes('\n')) return line;
  return `${start}\n${inner}${entries.join(`,\n${inner}`)}\n${'  '.repeat(depth)}${close}`;
}

function objectText(value: object, seen: readonly object[]): string {
  const depth = seen.length;
  if (seen.includes(value)) return '[Circular *1]';
  if (typeof value === 'function') return functionText(value);
  // eslint-disable-next-line no-restricted-syntax -- lib/errors is above this folder
  if (value instanceof Error) return errorText(value);
  if (value instanceof Buffer) return bytesText(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof RegExp) return String(value);
  const kind = classOf(value);
  if (depth > DEEPEST) return Array.isArray(value) ? '[Array]' : `[${kind ?? 'Object: null prototype'}]`;
  const inside = (each: unknown): string => textOf(each, [...seen, value]);
  const properties = (): string[] =>
    Reflect.ownKeys(value)
      .filter((key) => Object.prototype.propertyIsEnumerable.call(value, key))
      .map((key) => `${keyText(key)}: ${inside((value as Record<PropertyKey, unknown>)[key])}`);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const all = Array.from(value as unknown as ArrayLike<unknown>);
    const more = all.length - MOST_ENTRIES;
    const shown = all.slice(0, MOST_ENTRIES).map(inside);
    if (more > 0) shown.push(`... ${more} more item${more > 1 ? 's' : ''}`);
    return layOut(kind === 'Array' ? '' : `${kind}(${all.length})`, ['[', ']'], shown, depth);
  }
  if (value instanceof Map)
    return layOut(
      `Map(${value.size})`,
      ['{', '}'],
      [...value].map(([k, v]) => `${inside(k)} => ${inside(v)}`),
      depth,
    );
  if (value instanceof Set) return layOut(`Set(${value.size})`, ['{', '}'], [...value].map(inside), depth);
  const name = kind === null ? '[Object: null prototype]' : kind === 'Object' ? '' : kind;
  const entries = properties();
  return layOut(name, ['{', '}'], entries, depth);
}

function textOf(value: unknown, seen: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
    case 'function': {
      if (value === null) return 'null';
      const shown: unknown = (value as Record<symbol, unknown>)[CUSTOM];
      if (typeof shown === 'function' && !(value instanceof Buffer))
        return String(Reflect.apply(shown, value, [DEEPEST - seen.length, {}, inspect]));
      return objectText(value, seen);
    }
    default:
      return String(value);
  }
}

/** Returns a value as text. An object may have a method of the name `inspect.custom` that does it. */
export const inspect = Object.assign((value: unknown): string => textOf(value, []), { custom: CUSTOM });
