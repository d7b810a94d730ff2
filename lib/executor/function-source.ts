/**
 * Functions on their way to another thread.
 *
 * A JavaScript thread has objects of its own, and a function cannot be handed to another one: only its text can. There it is
 * compiled anew, without the variables around it. So what is sent must be *self-contained*: it may use its arguments, globals, and
 * modules that it gets itself, with `require` or `await import(...)`.
 */

import { Script } from 'node:vm';

import { wrongType } from '../errors/index.js';
import { isGeneratorFunction, isMarkedCoroutineFunction } from '../loop/callback.js';

const known = new WeakMap<object, string>();

/**
 * The text of `fn` as an expression.
 *
 * @param caller what the error names
 * @throws TypeError for what has no text of its own to run elsewhere: native and bound functions, classes, getters; and for
 *   generator functions, which only a task could drive
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
  // The text of a method is not an expression until it says that it is a function.
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
