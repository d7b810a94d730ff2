/** What every example program ends with: run `main` if this file was started, and not when a test imports it. */

import { fileURLToPath } from 'node:url';

/**
 * Runs `main` with the command line's arguments if the file of `meta` is the program that was started.
 *
 *     await program(import.meta, () => run(main));
 *
 * A mistake in the arguments (as `parseArgs` of node:util reports them) is one line on stderr and the exit code 2.
 */
export async function program(meta: ImportMeta, main: (args: string[]) => unknown): Promise<void> {
  if (!isStarted(meta)) return;
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!isUsageError(error)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

/** `npx tsx examples/tiny/flow` works without the extension too. */
function isStarted(meta: ImportMeta): boolean {
  const [, started = ''] = process.argv;
  return fileURLToPath(meta.url).replace(/\.ts$/, '') === started.replace(/\.ts$/, '');
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
}
