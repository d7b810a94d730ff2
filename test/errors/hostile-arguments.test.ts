/** Wrong arguments of public functions: a clear error, never a crash, a hang, or an error of the engine about our own variables. */

import * as main from 'selectloop';
import * as node from 'selectloop/node';
import * as selectors from 'selectloop/selectors';
import * as sockets from 'selectloop/sockets';
import * as testing from 'selectloop/testing';
import * as trace from 'selectloop/trace';
import { describe, expect, it } from 'vitest';

const throwing = new Error('thrown by a getter');

function hostileProxy(): object {
  const refuse = (): never => {
    throw throwing;
  };
  return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse });
}

/** No number is that of an open descriptor. */
const HOSTILE: ReadonlyArray<readonly [string, () => unknown]> = [
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

/** Valid first arguments, so that hostile values are also passed in later positions. */
const LEADING: Record<string, unknown[]> = {
  createSubprocess: ['true', []],
  createConnection: [() => ({}), '127.0.0.1', 1],
  createUnixConnection: [() => ({}), '/nonexistent'],
  createServer: [() => ({}), '127.0.0.1', 0],
  createUnixServer: [() => ({}), '/nonexistent'],
  createDatagramEndpoint: [() => ({})],
  openConnection: ['127.0.0.1', 1],
  openUnixConnection: ['/nonexistent'],
  startServer: [() => undefined, '127.0.0.1', 0],
  startUnixServer: [() => undefined, '/nonexistent'],
  getaddrinfo: ['127.0.0.1', 80],
  getnameinfo: [{ host: '127.0.0.1', port: 80 }],
  gather: [[]],
  wait: [[]],
  asCompleted: [[]],
  waitFor: [[]],
  PriorityQueue: [0],
  run: [() => undefined],
  runSync: [() => undefined],
  traceRun: [() => undefined],
  traceRunSync: [() => undefined],
};

/** Made by the library and exported as types, or to be extended: programs do not call these constructors. */
const MADE_BY_THE_LIBRARY = [
  'Coroutine',
  'DatagramTransport',
  'Handle',
  'Process',
  'Selector',
  'Server',
  'Task',
  'TimedHandle',
  'Token',
];

/** `fatal` takes any value. The others are of lib/tasks, and take a loop. */
const LEFT_OUT = new Set(['fatal', 'defaultTaskFactory', 'eagerTaskFactory', 'Future', ...MADE_BY_THE_LIBRARY]);

/** Errors are made with a message, which may be anything that `Error` accepts. */
const isErrorClass = (value: unknown): boolean => typeof value === 'function' && value.prototype instanceof Error;

const modules = { main, node, selectors, sockets, testing, trace } as unknown as Record<
  string,
  Record<string, unknown>
>;

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

async function call(target: (...args: unknown[]) => unknown, args: unknown[]): Promise<unknown> {
  let result: unknown;
  try {
    result = isClass(target) ? new (target as unknown as new (...all: unknown[]) => unknown)(...args) : target(...args);
    if (result instanceof Promise) await result;
    return null;
  } catch (error) {
    return error;
  } finally {
    release(result);
  }
}

/** Closes what a call has made, for a hostile argument may be a right one. */
function release(result: unknown): void {
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

function problemOf(error: unknown): string | null {
  if (error === null || error === throwing) return null;
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  if (/revoked/.test(error.message)) return null;
  if (OURS.test(error.message)) return error.message;
  const isDocumented = 'code' in error || error.name !== 'Error';
  return isDocumented ? null : `${error.name}: ${error.message}`;
}

describe.each(Object.keys(modules))('%s', (name) => {
  const functions = Object.entries(modules[name]!).filter(
    ([exported, value]) => typeof value === 'function' && !LEFT_OUT.has(exported) && !isErrorClass(value),
  ) as Array<[string, (...args: unknown[]) => unknown]>;

  it.each(functions)('%s reports what was expected', async (exported, target) => {
    const problems: string[] = [];
    const leading = LEADING[exported] ?? [];
    for (const [what, make] of HOSTILE) {
      for (let position = 0; position <= Math.max(leading.length, target.length, 1); position += 1) {
        const args = [...leading.slice(0, position)];
        while (args.length < position) args.push(undefined);
        args.push(make());
        const problem = problemOf(await call(target, args));
        if (problem !== null) problems.push(`${exported}, argument ${position} is ${what}: ${problem}`);
      }
    }
    expect(problems).toEqual([]);
  });
});
