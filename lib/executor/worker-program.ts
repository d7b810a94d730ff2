/**
 * What a thread of the pool runs, as text: a worker is started from text or from a file, and the file would have to be found by
 * every bundler and loader that this library is used with.
 *
 * It takes one job at a time, answers on a port of its own, and writes a byte to a pipe, the bell, so that a loop in either mode
 * wakes up. It does without our addon: a thread that is ended while it loads one takes the whole process with it. `__name` is
 * what esbuild, and so tsx, wraps around functions that it keeps the names of.
 */
export const workerProgram = `
'use strict';
const { writeSync } = require('node:fs');
const { createRequire } = require('node:module');
const { inspect } = require('node:util');
const { parentPort, workerData } = require('node:worker_threads');

const { bell, port } = workerData;

function ring() {
  try {
    writeSync(bell, '!');
  } catch {
    // Nobody listens any more.
  }
}

const requireFromHere = createRequire(process.cwd() + '/');
const compiled = new Map();

function compile(source, name) {
  let fn = compiled.get(source);
  if (fn === undefined) {
    // eval, and not node:vm: import() in it is this program's own, which looks for packages where the process was started.
    const text = "(function (require, __name) { 'use strict'; return " + source + '; })';
    fn = (0, eval)(text + '\\n//# sourceURL=selectloop-thread:' + name)(requireFromHere, (named) => named);
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

process.on('exit', () => {
  port.postMessage({ ended: true });
  ring();
});
`;
