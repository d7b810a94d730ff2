/** Checks of callbacks. */

import { outOfRange, wrongType } from '../errors/index.js';

/** Marks the functions that `coroutine()` makes. */
export const coroutineFunctionMark: unique symbol = Symbol.for('selectloop.coroutineFunction');

/** Any function the loop can call later. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a callback takes whatever arguments it was scheduled with
export type Callback<A extends any[] = any[]> = (...args: A) => unknown;

/** The tag that functions of one kind inherit. (Asking `toString` for it takes ten times as long.) */
const tagOf = (fn: unknown): unknown => (typeof fn === 'function' ? Reflect.get(fn, Symbol.toStringTag) : undefined);

/** True for `function*`. */
export function isGeneratorFunction(fn: unknown): boolean {
  return tagOf(fn) === 'GeneratorFunction';
}

/** True for a native `async function`. */
export function isAsyncFunction(fn: unknown): boolean {
  return tagOf(fn) === 'AsyncFunction';
}

/** True for a function made by `coroutine()`. */
export function isMarkedCoroutineFunction(fn: unknown): boolean {
  return typeof fn === 'function' && coroutineFunctionMark in fn;
}

/**
 * Throws a TypeError unless `callback` is a function that does its work when called.
 *
 * Passing a coroutine function to `callSoon` is always a mistake, and a silent one: its body would not run, or its error would be lost.
 * The caller meant `createTask`.
 *
 * @param thorough also refuse coroutine functions. The loop does this in debug mode only, because it costs a few look-ups
 */
export function checkCallback(callback: unknown, method: string, thorough: boolean): asserts callback is Callback {
  if (typeof callback !== 'function') throw wrongType(method, 'a function', callback);
  if (thorough && (isGeneratorFunction(callback) || isAsyncFunction(callback) || isMarkedCoroutineFunction(callback))) {
    throw wrongType(method, 'a plain function (use createTask for coroutines)', callback);
  }
}

/** Returns `value`. Throws a TypeError or RangeError unless it is a number of milliseconds. */
export function checkedTime(value: number, method: string, name: string): number {
  if (typeof value !== 'number') throw wrongType(`${method}: ${name}`, 'a number of milliseconds', value);
  if (Number.isNaN(value)) throw outOfRange(`${method}: ${name}`, 'a number of milliseconds', value);
  return value;
}
