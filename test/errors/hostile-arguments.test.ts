/** Wrong arguments of public functions: a clear error, never a crash, a hang, or an error of the engine about our own variables. */

import * as main from 'selectloop';
import * as node from 'selectloop/node';
import * as selectors from 'selectloop/selectors';
import * as sockets from 'selectloop/sockets';
import * as simulation from 'selectloop/simulation';
import * as testing from 'selectloop/testing';
import * as inspect from 'selectloop/inspect';
import * as trace from 'selectloop/trace';
import { describe, expect, it } from 'vitest';

import { HOSTILE, problemOf, release } from './hostile.js';

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
const LEFT_OUT = new Set(['fatal', 'defaultTaskFactory', 'eagerTaskFactory', ...MADE_BY_THE_LIBRARY]);

/** Errors are made with a message, which may be anything that `Error` accepts. */
const isErrorClass = (value: unknown): boolean => typeof value === 'function' && value.prototype instanceof Error;

const modules = { main, inspect, node, selectors, simulation, sockets, testing, trace } as unknown as Record<
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
