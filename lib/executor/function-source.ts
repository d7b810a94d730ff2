/**
 * Converts functions to source text for another thread.
 *
 * JavaScript threads share no objects, so a function cannot be passed to another thread; only its source text can. The other thread
 * compiles it again, without the variables around it. So the function must be *self-contained*: it may use its arguments, globals, and
 * modules that it loads itself with `require` or `await import(...)`.
 */

import { Script } from 'node:vm';

import { wrongType } from '../errors/index.js';
import { isGeneratorFunction, isMarkedCoroutineFunction } from '../loop/callback.js';

const known = new WeakMap<object, string>();

/**
 * Returns the source text of `fn` as an expression.
 *
 * @param caller the function that the error names
 * @throws TypeError for functions whose source cannot run elsewhere: native and bound functions, classes, getters; and for generator
 *   functions, which only a task can run
 */
export function functionSource(fn: unknown, caller: string): string {
  if (typeof fn !== 'function') throw wrongType(caller, 'a self-contained function', fn);
  let source = known.get(fn);
  if (source === undefined) {
    if (isGeneratorFunction(fn) || isMarkedCoroutineFunction(fn))
      throw wrongType(caller, 'a plain or async function (a thread has no loop to run a coroutine)', fn);
    source = expressionOf(fn);
    if (source === undefined)
      throw wrongType(caller, 'a self-contained function (not a class, a native or a bound function)', fn);
    known.set(fn, source);
  }
  return source;
}

function expressionOf(fn: unknown): string | undefined {
  const text = Function.prototype.toString.call(fn);
  if (text.endsWith('{ [native code] }') || /^class\b/.test(text)) return undefined;
  // The text of a method becomes an expression only with the keyword `function`.
  const method = text.replace(/^async\s+/, '');
  return [`(${text})`, `(function ${text})`, `(async function ${method})`].find(isExpression);
}

function isExpression(text: string): boolean {
  try {
    return new Script(`'use strict';${text}`) instanceof Script; // compiled, not run
  } catch {
    return false;
  }
}
