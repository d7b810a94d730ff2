/** Reads objects of options. */

import { describeValue, wrongType } from './describe.js';

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

/** The names of the options that a function has. */
export type OptionNames = ReadonlySet<string>;

/** Makes the names from a list, which the compiler compares with the interface of the options. */
export function optionNames<T extends object>(names: Readonly<Record<keyof T, true>>): OptionNames {
  return new Set(Object.keys(names));
}

/**
 * Checks the names of options, and returns the object: a function without the option `timeOutMs` would ignore it silently. An unknown option
 * that is undefined does no harm and is let through.
 *
 * @throws TypeError with the code ERR_UNKNOWN_OPTION; for an AbortSignal in place of `{ signal }`; for anything but an object
 */
export function checkNames<T extends object>(name: string, options: T, known: OptionNames): T {
  checkOptions(name, options);
  if (options instanceof EventTarget) throw wrongType(name, 'an object of options such as { signal }', options);
  for (const key of Object.keys(options)) {
    if (!known.has(key) && (options as Record<string, unknown>)[key] !== undefined)
      throw unknownOption(name, key, known);
  }
  return options;
}

function unknownOption(name: string, key: string, known: OptionNames): TypeError {
  const names = [...known];
  const meant =
    names.find((each) => each.toLowerCase() === key.toLowerCase()) ?? names.find((each) => isLike(each, key));
  const expected =
    meant !== undefined
      ? 'a known option'
      : names.length === 1
        ? `no option but ${names[0]}`
        : `one of ${names.join(', ')}`;
  const hint = meant === undefined ? habitHint(key, known) : `; did you mean ${describeValue(meant)}?`;
  const error = new TypeError(`${name}: expected ${expected}, got ${describeValue(key)}${hint}`);
  return Object.assign(error, { code: 'ERR_UNKNOWN_OPTION' });
}

/** Options of node:tls that a program is likely to pass beside `tls` instead of inside it. */
const TLS_NAMES =
  /^(key|cert|ca|pfx|passphrase|rejectUnauthorized|ALPNProtocols|SNICallback|ciphers|(min|max)Version|requestCert)$/;

/** Returns what to write instead of an option that similar functions of Node have. */
function habitHint(key: string, known: OptionNames): string {
  if (known.has('tls') && TLS_NAMES.test(key)) return `; write tls: { ${key} }`;
  return /^time_?out/i.test(key) ? '; to limit the time, use timeout() or waitFor()' : '';
}

/** Returns true if one name begins with the other, or if at most two characters were added, removed or changed. */
function isLike(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) >= 4 && (a.startsWith(b) || b.startsWith(a))) return true;
  return Math.max(a.length, b.length) <= 40 && Math.min(a.length, b.length) >= 4 && distance(a, b) <= 2;
}

/** Returns the edit distance (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
