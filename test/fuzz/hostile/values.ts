/** Hostile values: wrong types and ranges, buffers that change, getters with side effects, objects of other realms. */

import vm from 'node:vm';

import type { Random } from '../random.js';
import { GuardedMemory } from './guards.js';

/** An argument in a program: plain JSON, or a reference that is resolved when the program runs. */
export type Argument =
  | number
  | string
  | boolean
  | null
  | { readonly hostile: string }
  /** One of the descriptors of the program. */
  | { readonly fd: number }
  /** One of the objects of the program that have this class. */
  | { readonly object: string; readonly index: number }
  | { readonly bytes: number }
  | { readonly ints: readonly Argument[] }
  | { readonly list: readonly Argument[] }
  | { readonly record: Readonly<Record<string, Argument>> };

/** Thrown by getters and functions of the fuzzer itself, and so never a fault. */
export class Planned extends Error {
  override readonly name = 'Planned';
}

/** Does something harmful that a program could do: closes, detaches, resizes, collects garbage, or throws. */
export type SideEffect = () => void;

/** Buffers that a side effect changes during a call. */
export class LiveBuffers {
  /** Every second buffer has guards. The others end where their allocation ends, as a sanitizer needs it. */
  readonly guarded = new GuardedMemory();
  private count = 0;
  private readonly detachable: ArrayBuffer[] = [];
  private readonly resizable: ArrayBuffer[] = [];

  bytes(size: number): Uint8Array {
    this.count += 1;
    const made = this.count % 2 === 0 ? this.guarded.bytes(size) : new Uint8Array(size);
    this.detachable.push(made.buffer);
    return made;
  }

  ints(values: readonly number[]): Int32Array {
    this.count += 1;
    return this.count % 2 === 0 ? this.guarded.ints(values) : Int32Array.from(values);
  }

  /** A view that a side effect can make shorter. */
  shrinking(): Uint8Array {
    const buffer = resizable(64);
    this.resizable.push(buffer);
    return new Uint8Array(buffer);
  }

  change(): void {
    for (const buffer of this.detachable.splice(0)) structuredClone(buffer, { transfer: [buffer] });
    for (const buffer of this.resizable.splice(0)) (buffer as unknown as { resize(size: number): void }).resize(1);
  }
}

/** `maxByteLength` is newer than the types of ES2023. */
const resizable = (size: number): ArrayBuffer =>
  new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer)(size, { maxByteLength: 4096 });

const realm = vm.createContext({});
const foreign = (source: string): unknown => vm.runInContext(source, realm);

function detached<T extends Uint8Array | Int32Array>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}

function outOfBounds<T>(view: (buffer: ArrayBuffer) => T): T {
  const buffer = resizable(64);
  const made = view(buffer);
  (buffer as unknown as { resize(size: number): void }).resize(16);
  return made;
}

class Hostile {
  readonly isHostile = true;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwPlanned(): never {
  throw new Planned('thrown by a function of the fuzzer');
}

/** No number is that of an open descriptor, except for the standard streams. */
const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  2,
  -1,
  100,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e308,
  -1e308,
  5e-324,
  NaN,
  Infinity,
  -Infinity,
  1.5,
];

/** What makes a value of each kind. `effect` is called by its getters and functions. */
type Maker = (effect: SideEffect, live: LiveBuffers) => unknown;

const numbers: ReadonlyArray<readonly [string, Maker]> = NUMBERS.map((each) => [
  Object.is(each, -0) ? '-0' : String(each),
  () => each,
]);

const objects: ReadonlyArray<readonly [string, Maker]> = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['a symbol', () => Symbol('hostile')],
  ['a bigint', () => 10n ** 30n],
  ['a long string', () => 'x'.repeat(5000)],
  ['a zero byte', () => 'a\0b'],
  ['a lone surrogate', () => '\ud800'],
  ['an object', () => ({})],
  ['a frozen object', () => Object.freeze({})],
  ['an object without a prototype', () => Object.create(null) as object],
  ['an object of another realm', () => foreign('({ a: 1 })')],
  ['an array', () => [null]],
  ['a frozen array', () => Object.freeze([1, 2])],
  ['an array of another realm', () => foreign('[1, 2]')],
  ['a date', () => new Date(0)],
  ['a class', () => Hostile],
  ['a revoked proxy', revoked],
  [
    'an object that converts',
    (effect) => {
      const convert = (): number => {
        effect();
        return 100_000;
      };
      return { valueOf: convert, toString: () => String(convert()), [Symbol.toPrimitive]: convert };
    },
  ],
  [
    'a proxy',
    (effect) =>
      new Proxy(
        {},
        {
          get(_, name) {
            effect();
            return name === 'length' ? 1 : undefined;
          },
          has() {
            effect();
            return true;
          },
          set() {
            effect();
            return false;
          },
          ownKeys() {
            effect();
            return [];
          },
        },
      ),
  ],
  ['a proxy that throws', () => new Proxy({}, { get: throwPlanned, has: throwPlanned, ownKeys: throwPlanned })],
  ['a function', (effect) => () => effect()],
  ['a function that throws', () => throwPlanned],
  ['a generator function', (effect) => generatorFunction(effect)],
  ['an async function', (effect) => async () => effect()],
  ['a generator', (effect) => generatorFunction(effect)()],
  ['a promise', () => Promise.resolve(1)],
  ['a thenable', (effect) => thenable(effect)],
  ['an aborted signal', () => AbortSignal.abort()],
];

function generatorFunction(effect: SideEffect): () => Generator<undefined, number> {
  return function* () {
    yield;
    effect();
    return 1;
  };
}

const thenable = (effect: SideEffect): object => ({
  then(resolve: (value: number) => void) {
    effect();
    resolve(1);
  },
});

const buffers: ReadonlyArray<readonly [string, Maker]> = [
  ['no bytes', () => new Uint8Array(0)],
  ['bytes that may be detached', (_, live) => live.bytes(200)],
  ['bytes that may shrink', (_, live) => live.shrinking()],
  ['detached bytes', () => detached(new Uint8Array(64))],
  ['shared bytes', () => new Uint8Array(new SharedArrayBuffer(64))],
  ['bytes out of bounds', () => outOfBounds((buffer) => new Uint8Array(buffer, 32, 32))],
  ['bytes of another realm', () => foreign('new Uint8Array(33)')],
  ['bytes with a wrong length', (effect) => new (lyingBytes(effect))(8)],
  ['a Uint16Array', () => new Uint16Array(8)],
  ['a Float64Array', () => new Float64Array(2)],
  ['a DataView', () => new DataView(new ArrayBuffer(8))],
  ['an ArrayBuffer', () => new ArrayBuffer(8)],
  ['no ints', () => new Int32Array(0)],
  ['detached ints', () => detached(new Int32Array(8))],
  ['shared ints', () => new Int32Array(new SharedArrayBuffer(64))],
  ['ints out of bounds', () => outOfBounds((buffer) => new Int32Array(buffer, 32))],
];

function lyingBytes(effect: SideEffect): typeof Uint8Array {
  return class extends Uint8Array {
    override get length(): number {
      effect();
      return 1e9;
    }

    override get byteLength(): number {
      return 1e9;
    }
  };
}

const makers = new Map<string, Maker>([...numbers, ...objects, ...buffers]);
const numberNames = numbers.map(([name]) => name);
const names = [...makers.keys()];
/** Values that are no numbers: for durations, where a large number would be a long wait. */
const otherNames = [...objects, ...buffers].map(([name]) => name);

/** Makes the value of a name. */
export function hostileValue(name: string, effect: SideEffect, live: LiveBuffers): unknown {
  const maker = makers.get(name);
  if (maker === undefined) throw new Error(`no hostile value has the name ${name}`);
  return maker(effect, live);
}

export const anyHostile = (random: Random): Argument => ({ hostile: random.pick(names) });
export const hostileNumber = (random: Random): Argument => ({ hostile: random.pick(numberNames) });
export const notANumber = (random: Random): Argument => ({ hostile: random.pick(otherNames) });

/** What the engine says when code of the library uses a value that it has not checked. */
const ENGINE =
  /Cannot (read|set|destructure|convert|use|create|mix)|is not (a function|a constructor|iterable|defined|an object)|reading '|must be callable/;

/** Returns what is wrong with what a call has thrown, or null. `native`: every TypeError and RangeError says what was expected. */
export function faultOfError(error: unknown, native: boolean): string | null {
  if (!(error instanceof Error)) return `threw ${describe(error)}, which is no Error`;
  if (error instanceof Planned || /revoked/.test(error.message)) return null;
  if (/Node-API call failed|Assertion|unreachable/i.test(error.message))
    return `threw an internal error: ${error.message}`;
  const isMisuse = error instanceof TypeError || error instanceof RangeError;
  if (native)
    return isMisuse && /expected .*, got |^Illegal invocation$/s.test(error.message)
      ? null
      : `threw ${error.name}: ${error.message}`;
  const { code } = error as { code?: unknown };
  const engine = (isMisuse || error instanceof ReferenceError) && code === undefined && ENGINE.test(error.message);
  return engine ? `threw an error of the engine: ${error.message}` : null;
}

function describe(value: unknown): string {
  try {
    return `${typeof value} ${String(value)}`;
  } catch {
    return typeof value;
  }
}
