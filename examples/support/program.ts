/** The last line of every example program: runs its `main` when the file is started, but not when a test imports it. */

import { fileURLToPath } from 'node:url';

import { playing } from './show.js';

/**
 * Runs `main` with the command-line arguments if the file of `meta` is the program that was started.
 *
 *     await program(import.meta, () => run(main));
 *
 * A usage error (as `parseArgs` of node:util reports it) is printed as one line on stderr; the exit code is 2.
 */
export async function program(meta: ImportMeta, main: (args: string[]) => unknown): Promise<void> {
  if (!isStarted(meta)) return;
  if (playing) await import('./show-loops.js');
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!isUsageError(error)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

/** Compares without the extension, because `npx tsx examples/tiny/flow` also works. */
function isStarted(meta: ImportMeta): boolean {
  const [, started = ''] = process.argv;
  const withoutExtension = (path: string): string => path.replace(/\.[jt]s$/, '');
  return withoutExtension(fileURLToPath(meta.url)) === withoutExtension(started);
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
}
