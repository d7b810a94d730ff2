/** The program of the workers: which command to run, in which environment. */

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { outOfRange, wrongType } from '../errors/index.js';
import type { WorkerProgram } from './worker.js';

/** The arguments and the surroundings of the workers. */
export interface WorkerProgramOptions {
  /** The arguments of the module. Default: none. */
  args?: readonly string[];
  /** The options of Node. Default: those of this process (`process.execArgv`). */
  execArgv?: readonly string[];
  /** The environment. Default: a copy of `process.env` when `serveWorkers` is called. The worker's sockets are added to it. */
  env?: Readonly<Record<string, string | undefined>>;
  /** The working directory. Default: that of this process. */
  cwd?: string;
}

/** Checks the module and its options, and returns what to run. */
export function programOf(module: unknown, options: WorkerProgramOptions): WorkerProgram {
  const { args = [], execArgv = withoutSource(process.execArgv), env = process.env, cwd } = options;
  for (const [name, list] of Object.entries({ args, execArgv }))
    if (!Array.isArray(list)) throw wrongType(`serveWorkers: ${name}`, 'an array of strings', list);
  const path = pathOf(module);
  checkFound(path, cwd);
  return { command: [process.execPath, ...execArgv, path, ...args], env: { ...env }, cwd };
}

/** Returns the error for a function in place of a module. */
export function functionAsModule(name: string, given: unknown): Error {
  const expected =
    "a module, such as new URL('worker.js', import.meta.url), because a worker is a process of its own, in which no function of this one exists";
  return wrongType(name, expected, given);
}

function pathOf(module: unknown): string {
  const expected = 'the path or the file: URL of a module';
  if (module instanceof URL) {
    if (module.protocol !== 'file:') throw outOfRange('serveWorkers: module', expected, module.href);
    return fileURLToPath(module);
  }
  if (typeof module === 'function') throw functionAsModule('serveWorkers: module', module);
  if (typeof module !== 'string') throw wrongType('serveWorkers: module', expected, module);
  if (module === '') throw outOfRange('serveWorkers: module', expected, module);
  return module.startsWith('file:') ? fileURLToPath(module) : module;
}

/** Throws if Node would not find the module: every worker would fail, again and again. */
function checkFound(path: string, cwd = process.cwd()): void {
  const folder = resolve(cwd);
  try {
    createRequire(join(folder, '/')).resolve(resolve(folder, path));
  } catch {
    throw outOfRange('serveWorkers: module', 'a module that exists', path);
  }
}

/** Removes the options with which `node --eval` has got its source: a worker runs a module. */
function withoutSource(execArgv: readonly string[]): string[] {
  const isSource = (option: string | undefined): boolean => /^(-[ep]|-pe|--eval|--print)$/.test(option ?? '');
  return execArgv.filter(
    (option, i) => !isSource(option) && !isSource(execArgv[i - 1]) && !/^--(input-type|eval|print)\b/.test(option),
  );
}
