/** The text of a program: how it gets its variables, and where it fails. */

import { describeError, isError } from '../errors/index.js';
import type { Problem } from './recording.js';

/** Its name in recordings. */
export const PROGRAM_FILE = '/program.js';

/** The name of the function that the compiled program assigns to. */
export const PROGRAM = '__program';

const IMPORT = /^import\s*(?:\{([^}]*)\}|\*\s*as\s+(\w+))\s*from\s*(['"])([^'"]*)\3;?/gm;
const MODULES = /^selectloop(\/(selectors|sockets))?$/;

/**
 * Returns a script that makes `globalThis.__program` a function of `selectloop` and `console`, with the program as its body. Each statement stays
 * on its line. An import becomes a declaration.
 *
 * @throws Error for an import of anything else than `selectloop`, `selectloop/selectors` and `selectloop/sockets`
 */
export function compile(text: string): string {
  const body = text.replaceAll(IMPORT, (_, list: string | undefined, all: string | undefined, __, module: string) => {
    if (!MODULES.test(module))
      throw new Error(`expected an import of selectloop, selectloop/selectors or selectloop/sockets, got '${module}'`);
    if (list === undefined) return `const ${all ?? '_'} = selectloop;`;
    return `const {${list.replaceAll(/\s+as\s+/g, ': ')}} = selectloop;`;
  });
  return `globalThis.${PROGRAM} = function (selectloop, console) { 'use strict'; ${body}\n};\n`;
}

/**
 * Returns what an error says to the reader of the program, with the innermost line of the program on its stack.
 *
 * @param file the name that the engine has for the program
 */
export function problemOf(error: unknown, file: string): Problem {
  const stack = isError(error) && typeof error.stack === 'string' ? error.stack : '';
  const [, after = ''] = stack.split(`${file}:`);
  const line = Number.parseInt(after, 10);
  return { message: describeError(error), line: Number.isNaN(line) ? null : line };
}
