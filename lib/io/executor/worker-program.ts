/**
 * What a thread of the pool runs, as text: a worker is started from text or from a file, and the file would have to be found by
 * every bundler and loader that this library is used with.
 *
 * It takes one job at a time, answers on a port of its own, and writes a byte to a pipe, the bell, so that a loop in either mode
 * wakes up. The write end of the bell is its own (`adopt`): however the thread ends, the addon closes it, and the other side
 * reads the end. `__name` is what esbuild, and so tsx, wraps around functions that it keeps the names of.
 */
export const workerProgram = `
'use strict';
const { createRequire } = require('node:module');
const { inspect } = require('node:util');
const { Script, constants } = require('node:vm');
const { parentPort, workerData } = require('node:worker_threads');

const native = require(workerData.loader)(workerData.packageRoot);
const { port } = workerData;
const bell = native.dup(workerData.bell);
native.adopt(bell);
const ring = () => native.write(bell, new Uint8Array(1), 0, 1);

const importModuleDynamically = constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
const requireFromHere = createRequire(process.cwd() + '/');
const compiled = new Map();

function compile(source, name) {
  let fn = compiled.get(source);
  if (fn === undefined) {
    const text = "(function (require, __name) { 'use strict'; return " + source + '; })';
    fn = new Script(text, { filename: 'selectloop-thread:' + name, importModuleDynamically })
      .runInThisContext()(requireFromHere, (named) => named);
    if (compiled.size >= 1000) compiled.clear(); // functions made anew for every call
    compiled.set(source, fn);
  }
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
  if (error instanceof ReferenceError && / is not defined$/.test(error.message)) {
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

ring(); // this thread has its own end of the bell now
`;
