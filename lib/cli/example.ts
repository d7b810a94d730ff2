/**
 * `selectloop example`: runs the programs of `examples/`, which the package contains as JavaScript.
 *
 * The code that finds and starts them is part of the examples (`examples/support`), where `npm run example` uses it on the sources.
 */

import { UsageError } from './command-line.js';

/** The lines of `--help`. */
export const exampleUsage = `selectloop example [NAME [ARGUMENTS]]: runs an example program; without NAME, lists them`;

/** The compiled examples/support, as far as the command uses it. */
interface Support {
  readonly listing: (heading: (folder: string) => string) => string[];
  readonly startProgram: (name: string, args: readonly string[]) => Promise<void>;
}

/** Lists the programs, or runs one of them. */
export async function exampleCommand([name, ...args]: readonly string[]): Promise<void> {
  const { listing, startProgram } = await support();
  if (name === undefined) {
    const lines = [...listing((folder) => folder), '', 'selectloop example NAME [ARGUMENTS] runs one'];
    process.stdout.write(`${lines.join('\n')}\n`);
    return;
  }
  try {
    await startProgram(name, args);
  } catch (error) {
    const mistake = mistakeOf(error as Error & { code?: unknown }, name);
    if (mistake !== null) throw mistake;
    void Promise.reject(error); // the program has failed: ends as it would by itself, with its stack trace, or by SIGINT after Ctrl-C
  }
}

async function support(): Promise<Support> {
  const files = ['listing', 'start-program'].map((name) => new URL(`../examples/support/${name}.js`, import.meta.url));
  const [list, start] = (await Promise.all(files.map((file) => import(file.href)))) as [Support, Support];
  return { ...list, ...start };
}

/** Returns the error to report if the program could not be started; null if it was. */
function mistakeOf(error: Error & { code?: unknown }, name: string): Error | null {
  if (error.name === 'UnknownProgram') return new UsageError(error.message);
  const missing = /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || missing === undefined) return null;
  return new Error(`the example ${name} needs the package ${missing}: npm install ${missing}`);
}
