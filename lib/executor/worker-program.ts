/**
 * The program of a pool's threads, as text. A worker can also be started from a file, but then every bundler and loader would have to
 * find that file.
 *
 * The program takes one job at a time, answers on a message port, and writes a byte to a pipe (the bell), which wakes a loop in either
 * mode. It does not load the addon, because terminating a thread while it loads an addon can abort the whole process. `__name` is the
 * helper with which esbuild, and so tsx, wraps functions to keep their names.
 */
export const workerProgram = `
'use strict';
const { writeSync } = require('node:fs');
const Module = require('node:module');
const { inspect } = require('node:util');
const { parentPort, workerData } = require('node:worker_threads');

const { bell, port } = workerData;

function ring() {
  try {
    writeSync(bell, '!');
  } catch {
    // The pool has closed the other end.
  }
}

const requireFromHere = Module.createRequire(process.cwd() + '/');
const compiled = new Map();

function compile(source, name) {
  let fn = compiled.get(source);
  if (fn === undefined) {
    // The loader of modules compiles the text. Node can forbid eval (--disallow-code-generation-from-strings), and functions from node:vm
    // cannot import(). The module has no path, so import() finds packages where the process was started.
    const module = new Module('selectloop-thread');
    const text = "module.exports = function (require, __name) { 'use strict'; return " + source + '; };';
    module._compile(text, module.id, 'commonjs');
    fn = module.exports(requireFromHere, (named) => named);
    if (compiled.size >= 1000) compiled.clear(); // the caller makes a new function for every call
    compiled.set(source, fn);
  }
  // Names the function in stacks. A name is data: in the text above, one with a line break would run as code.
  Reflect.defineProperty(fn, 'name', { value: name });
  return fn;
}

const types = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

function copied(value) {
  try {
    return { value: structuredClone(value) };
  } catch {
    return null;
  }
}

function describe(thrown, depth = 0) {
  try {
    return examine(thrown, depth);
  } catch {
    return examine(new Error('thrown: a value that cannot be examined'), depth);
  }
}

function examine(thrown, depth) {
  if (!(thrown instanceof Error)) return copied(thrown) ?? describe(new Error('thrown: ' + inspect(thrown)));
  const { message, stack, name } = thrown;
  const type = types.find((type) => thrown instanceof type)?.name ?? 'Error';
  const properties = {};
  for (const key of Object.keys(thrown)) {
    const copy = copied(thrown[key]);
    if (copy !== null && key !== 'cause') properties[key] = copy.value;
  }
  const error = { type, name: String(name), message: String(message), stack: String(stack), properties };
  if ('cause' in thrown && depth < 8) error.cause = describe(thrown.cause, depth + 1);
  return { error };
}

let current = null;

function answer(outcome) {
  current = null;
  try {
    port.postMessage(outcome);
  } catch (error) {
    outcome.value = undefined;
    const problem = 'the result cannot be copied to another thread (structured clone): ' + error.message;
    port.postMessage({ thrown: describe(new TypeError(problem)) });
  }
  ring();
}

function fail(error, name, last) {
  const thrown = describe(error);
  if (thrown.error?.type === 'ReferenceError' && / is not defined$/.test(thrown.error.message)) {
    thrown.error.message += ' (' + name + ' runs in a worker thread: it must be self-contained, without the variables around it)';
  }
  answer(last ? { thrown, last } : { thrown });
}

process.on('uncaughtException', (error) => {
  if (current !== null) fail(error, current, true);
  process.exit(1);
});

parentPort.on('message', async ({ source, name, args }) => {
  current = name;
  try {
    answer({ value: await compile(source, name)(...args) });
  } catch (error) {
    fail(error, name);
  }
});

process.on('exit', () => {
  port.postMessage({ ended: true });
  ring();
});
`;
