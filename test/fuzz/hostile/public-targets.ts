/** The public functions, classes and methods, from the exports of the package and the declarations in `dist/`. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as main from 'selectloop';
import * as inspect from 'selectloop/inspect';
import * as node from 'selectloop/node';
import * as selectors from 'selectloop/selectors';
import * as sockets from 'selectloop/sockets';
import * as simulation from 'selectloop/simulation';
import * as testing from 'selectloop/testing';
import * as trace from 'selectloop/trace';

/** Everything that the package exports, by name. */
export const exported: Readonly<Record<string, unknown>> = {
  ...main,
  ...inspect,
  ...selectors,
  ...sockets,
  ...node,
  ...simulation,
  ...testing,
  ...trace,
};

/** What can be called: `name()`, `new Name()`, `Name.static()`, `Name#method()`. */
export interface Target {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'static' | 'method';
  /** The class of a method. */
  readonly type: string;
  readonly method: string;
}

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

/** Not called, with the reason. A name that no longer exists fails the test. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  defaultTaskFactory: 'a loop calls it',
  eagerTaskFactory: 'a loop calls it',
  'Future#setException': 'any value may be thrown, also one that is no error',
  'Socket#detach': 'the descriptor would have no owner; the programs against CPython detach',
  'EventLoop#stop': 'ends the program',
  'EventLoop#close': 'refused while the loop runs; a loop that has run is closed by every program',
  'EventLoop#setExceptionHandler': 'the fuzzer has its own',
  'EventLoop#setTaskFactory': 'the factory would make the tasks of the fuzzer',
  'EventLoop#addSignalHandler': 'a signal that is handled no longer ends the process',
  'Process#killGroup': 'a group that has ended may have been given to another process',
};

/** Methods that only the library calls. */
const CALLED_BY_THE_LIBRARY = /^(Recorder#(?!to)|StreamReaderProtocol#)/;

/** Programs do not call these constructors: the library makes the objects, or a class is to be extended. */
const MADE_BY_THE_LIBRARY: ReadonlySet<string> = new Set([
  'AsCompleted',
  'BaseTransport',
  'Coroutine',
  'DatagramTransport',
  'Handle',
  'Process',
  'Selector',
  'Server',
  'StreamReaderProtocol',
  'StreamWriter',
  'Task',
  'TaskGroup',
  'TimedHandle',
  'Timeout',
  'Token',
  'Transport',
]);

const isClass = (value: unknown): boolean => /^class\b/.test(Function.prototype.toString.call(value));

/** Errors are made with a message, which may be anything that `Error` accepts. */
export const isError = (value: unknown): boolean => typeof value === 'function' && value.prototype instanceof Error;

/** Lists the targets; with `all` also those left out. Members that are private, protected or internal are not declared in `dist/`. */
export function publicTargets(all = false): Target[] {
  const declared = declaredMembers();
  const targets: Target[] = [];
  const add = (kind: Target['kind'], type: string, method: string, name: string): void => {
    const leftOut = Object.hasOwn(LEFT_OUT, name) || CALLED_BY_THE_LIBRARY.test(name);
    if (all || !leftOut) targets.push({ kind, type, method, name });
  };
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value === 'object' && value !== null) {
      for (const method of Object.keys(value)) add('static', name, method, `${name}.${method}`);
    } else if (typeof value === 'function' && !isClass(value)) add('function', '', '', name);
    else if (typeof value === 'function') {
      if (!MADE_BY_THE_LIBRARY.has(name) && !isError(value)) add('class', name, '', name);
      for (const { method, isStatic } of declared.get(name) ?? []) {
        add(isStatic ? 'static' : 'method', name, method, isStatic ? `${name}.${method}` : `${name}#${method}`);
      }
    }
  }
  return targets;
}

interface Member {
  readonly method: string;
  readonly isStatic: boolean;
}

/** Returns the methods and accessors of every class, with those that it inherits. */
function declaredMembers(): Map<string, Member[]> {
  const own = new Map<string, Member[]>();
  const bases = new Map<string, string>();
  for (const text of declarations()) collectMembers(text, own, bases);
  const all = (type: string): Member[] => {
    const base = bases.get(type);
    const inherited = base === undefined ? [] : all(base);
    const mine = own.get(type) ?? [];
    return [...mine, ...inherited.filter(({ method }) => !mine.some((each) => each.method === method))];
  };
  return new Map([...own.keys()].map((type) => [type, all(type)]));
}

/** Yields the declaration files that the entry points import: `dist/` may have older ones too. */
function* declarations(): Generator<string> {
  const entries = ['.', 'selectors', 'sockets', 'node', 'testing', 'trace', 'inspect', 'simulation'].map((folder) =>
    join(DIST, folder, 'index.d.ts'),
  );
  const files = new Set(entries);
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    yield text;
    for (const [, path] of text.matchAll(/(?:from|import\() ?'(\.[^']+)\.js'/g))
      files.add(join(dirname(file), `${path}.d.ts`));
  }
}

const CLASS =
  /^export declare (?:abstract )?class (\w+)(?:<.*?>(?= extends \w| implements | \{))?(?: extends ([\w.]+))?.*?\{$([\s\S]*?)^\}/gm;
const MEMBER = /^ {4}((?:static |abstract |get |set |async )*)\*?(\w+|\[Symbol\.\w+\])(?:<[^\n]*?>)?\(/gm;

function collectMembers(text: string, own: Map<string, Member[]>, bases: Map<string, string>): void {
  for (const [, type, base, body] of text.matchAll(CLASS)) {
    const members = new Map<string, Member>();
    for (const [, modifiers, method] of body!.matchAll(MEMBER)) {
      if (method !== 'constructor') members.set(method!, { method: method!, isStatic: modifiers!.includes('static') });
    }
    own.set(type!, [...members.values()]);
    if (base !== undefined) bases.set(type!, base);
  }
}
