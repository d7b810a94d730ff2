/** Turns a command and its options into the arguments of execve. */

import { outOfRange, wrongType } from '../errors/index.js';

/** The working directory, environment and shell of a program. */
export interface CommandOptions {
  /** The working directory. Default: that of this process. */
  cwd?: string;
  /** The complete environment. Default: a copy of `process.env`. Names with the value undefined are left out. */
  env?: Readonly<Record<string, string | undefined>>;
  /**
   * true: `command` is a command line for /bin/sh; a string: for the shell at this path. The line gets `args` as `$1`, `$2`, ... Pass
   * untrusted text there and never in the line itself, where the shell would execute it.
   */
  shell?: boolean | string;
}

/** A command in the form that the addon takes. */
export interface Command {
  /** The program's name in error messages. */
  readonly name: string;
  readonly executables: readonly string[];
  readonly args: readonly string[];
  readonly environment: readonly string[];
  readonly directory: string | null;
}

/** The search path if the environment has no PATH, as in the C library. */
const DEFAULT_PATH = '/bin:/usr/bin';

/** Checks all arguments and returns the command to run. TypeError or RangeError for values that cannot be passed to a program. */
export function commandOf(command: string, args: readonly string[], options: CommandOptions): Command {
  checkText('createSubprocess: command', command);
  if (command === '') throw outOfRange('createSubprocess: command', 'a program or a command line', command);
  checkArguments(args);
  const { cwd, env = process.env, shell = false } = options;
  if (cwd !== undefined) checkText('createSubprocess: cwd', cwd);
  const rest = { environment: environmentOf(env), directory: cwd ?? null };
  const line = shellOf(shell);
  if (line === null) {
    return { name: command, executables: pathsOf(command, searchPathOf(env)), args: [command, ...args], ...rest };
  }
  return {
    name: line,
    executables: pathsOf(line, searchPathOf(env)),
    args: [line, '-c', command, line, ...args],
    ...rest,
  };
}

function shellOf(shell: unknown): string | null {
  if (shell === false) return null;
  if (shell === true) return '/bin/sh';
  if (typeof shell !== 'string') throw wrongType('createSubprocess: shell', 'a boolean or the path of a shell', shell);
  if (shell === '') throw outOfRange('createSubprocess: shell', 'a boolean or the path of a shell', shell);
  return checkText('createSubprocess: shell', shell);
}

function searchPathOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return Object.hasOwn(env, 'PATH') ? env['PATH'] : undefined;
}

/** Returns the paths to try. A name without a slash is searched for in the child's PATH, as a shell with that environment would do. */
function pathsOf(program: string, searchPath = DEFAULT_PATH): string[] {
  if (program.includes('/')) return [program];
  return searchPath.split(':').map((directory) => `${directory === '' ? '.' : directory}/${program}`);
}

function environmentOf(env: unknown): string[] {
  if (typeof env !== 'object' || env === null) throw wrongType('createSubprocess: env', 'an object of strings', env);
  const entries: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    checkText(`createSubprocess: env.${name}`, value);
    if (name === '' || /[=\0]/.test(name)) throw outOfRange('createSubprocess: env', "names without '='", name);
    entries.push(`${name}=${value}`);
  }
  return entries;
}

function checkArguments(args: unknown): void {
  if (!Array.isArray(args)) throw wrongType('createSubprocess: args', 'an array of strings', args);
  for (const [i, arg] of args.entries()) checkText(`createSubprocess: args[${i}]`, arg);
}

/** Refuses zero bytes, which end C strings: '/bin/rm\0...' would silently become '/bin/rm'. */
function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  if (value.includes('\0')) throw outOfRange(name, 'no zero byte inside', value);
  return value;
}
