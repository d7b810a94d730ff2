/** What is to be run: the caller's words made into what execve takes. */

import { outOfRange, wrongType } from '../errors/index.js';

/** Where a program runs, and with what. */
export interface CommandOptions {
  /** The directory it starts in. Default: this process's. */
  cwd?: string;
  /** Its whole environment. Default: a copy of `process.env`. Names whose value is undefined are left out. */
  env?: Readonly<Record<string, string | undefined>>;
  /**
   * true: `command` is a line for /bin/sh; a string: for the shell at this path. The line gets `args` as `$1`, `$2`, ...: words of
   * others belong there and never into the line itself, where the shell would run what they contain.
   */
  shell?: boolean | string;
}

/** A command as the addon takes it. */
export interface Command {
  /** What an error names. */
  readonly name: string;
  readonly executables: readonly string[];
  readonly args: readonly string[];
  readonly environment: readonly string[];
  readonly directory: string | null;
}

/** Where a program is looked for if the environment has no PATH, as the C library does. */
const DEFAULT_PATH = '/bin:/usr/bin';

/** Checks everything and decides what to run. TypeError, RangeError for what cannot be passed to a program. */
export function commandOf(command: string, args: readonly string[], options: CommandOptions): Command {
  checkText('createSubprocess: command', command);
  if (command === '') throw outOfRange('createSubprocess: command', 'a program or a command line', command);
  checkArguments(args);
  const { cwd, env = process.env, shell = false } = options;
  if (cwd !== undefined) checkText('createSubprocess: cwd', cwd);
  const rest = { environment: environmentOf(env), directory: cwd ?? null };
  const line = shellOf(shell);
  if (line === null) {
    return { name: command, executables: pathsOf(command, env['PATH']), args: [command, ...args], ...rest };
  }
  return { name: line, executables: pathsOf(line, env['PATH']), args: [line, '-c', command, line, ...args], ...rest };
}

function shellOf(shell: unknown): string | null {
  if (shell === false) return null;
  if (shell === true) return '/bin/sh';
  if (typeof shell !== 'string') throw wrongType('createSubprocess: shell', 'a boolean or the path of a shell', shell);
  if (shell === '') throw outOfRange('createSubprocess: shell', 'a boolean or the path of a shell', shell);
  return checkText('createSubprocess: shell', shell);
}

/** A name without a slash is looked for along PATH: the child's, as a shell started with that environment would. */
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

/** C strings end at a zero byte: '/bin/rm\0...' would silently be '/bin/rm'. */
function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(name, 'a string', value);
  if (value.includes('\0')) throw outOfRange(name, 'no zero byte inside', value);
  return value;
}
