/** Hostile arguments, and what is wrong with the error of a call that gets one. */

import * as main from 'selectloop';
import * as sockets from 'selectloop/sockets';

const throwing = new Error('thrown by a getter');

function hostileProxy(): object {
  const refuse = (): never => {
    throw throwing;
  };
  return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse });
}

/** No number is that of an open descriptor. */
export const HOSTILE: ReadonlyArray<readonly [string, () => unknown]> = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['NaN', () => NaN],
  ['-1.5', () => -1.5],
  ['2^53', () => 2 ** 53],
  ['a bigint', () => 5n],
  ['a symbol', () => Symbol('hostile')],
  ['true', () => true],
  ['an empty string', () => ''],
  ['an object', () => ({})],
  ['an object without a prototype', () => Object.create(null) as object],
  ['an array', () => [null]],
  ['an array of an object without a prototype', () => [Object.create(null) as object]],
  ['a proxy that throws', hostileProxy],
  ['a revoked proxy', revokedProxy],
  ['a getter that throws', throwingGetters],
];

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwingGetters(): object {
  const names = [
    'host',
    'path',
    'limit',
    'tls',
    'env',
    'then',
    'fileno',
    'loop',
    'context',
    'timeoutMs',
    'length',
    'maxWorkers',
  ];
  const thrower = { get: raise, enumerable: true };
  return Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, thrower])));
}

function raise(): never {
  throw throwing;
}

/** Messages of the JavaScript engine that show that the library used an argument without checking it. */
const OURS =
  /Cannot (read|set|destructure|convert|use|create)|is not (a function|a constructor|iterable|defined)|reading '|must be callable/;

/** Closes what a call has made, for a hostile argument may be a right one. */
export function release(result: unknown): void {
  if (Array.isArray(result)) for (const each of result) release(each);
  if (typeof result !== 'object' || result === null || result instanceof Promise) return;
  if ('read' in result && 'write' in result) {
    for (const end of Object.values(result)) sockets.fd.close(end as number); // of pipe()
    return;
  }
  const made = result as { on?: unknown; destroy?: unknown; close?: unknown; shutdown?: unknown };
  if (typeof made.on === 'function')
    (made.on as (name: string, f: () => void) => void).call(made, 'error', () => undefined);
  for (const name of ['destroy', 'close', 'shutdown'] as const) {
    if (typeof made[name] === 'function' && !(result instanceof main.Future)) {
      (made[name] as () => void).call(made);
      return;
    }
  }
}

export function problemOf(error: unknown): string | null {
  if (error === null || error === throwing) return null;
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  if (/revoked/.test(error.message)) return null;
  if (OURS.test(error.message)) return error.message;
  const isDocumented = 'code' in error || error.name !== 'Error';
  return isDocumented ? null : `${error.name}: ${error.message}`;
}
